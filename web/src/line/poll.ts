/** When to look at the line again: soon for those who are next, seldom for those far behind, and never all at once. */

import type { LineStatus } from "../engine/shapes.ts";

const JITTER = 0.2;

/** Milliseconds until the next look, `ahead` people before one's own place; null where that is not known yet. */
export function pollMs(status: LineStatus, ahead: number | null, nowMs: number, random: () => number = Math.random): number {
  const [least, most] = status.poll_s.map((seconds) => seconds * 1000) as [number, number];
  const wanted = ahead === null ? untilChange(status, nowMs) : (ahead / Math.max(status.rate_per_s, 0.01)) * 250;
  const bounded = Math.min(most, Math.max(least, wanted));
  // Later rather than earlier, so that nobody looks more often than the engine asks for.
  return bounded * (1 + JITTER * random());
}

/** Milliseconds until what the status says is over; a small number where it should be already, or may be at any time. */
function untilChange(status: LineStatus, nowMs: number): number {
  const ends =
    status.phase === "announced" ? status.registration_opens_at
    : status.phase === "registration" ? status.registration_closes_at
    : status.phase === "draw" && status.seed !== null ? status.opens_at
    : null;
  return ends === null ? 0 : Date.parse(ends) - nowMs;
}
