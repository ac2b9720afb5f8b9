/** Time that runs out, for the eye each second, and for the ear only where it matters. */

import { html, type TemplateResult } from "lit";

import type { Texts } from "../text/catalogue.ts";

/** Moments at which the time left is said aloud, in seconds. */
const SAID_AT = [300, 120, 60, 30, 10];

/** `4:07`, `1:02:30`, or days and hours where there are days. */
function digits(ms: number, tag: string): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [d, h, m, s] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d > 0) return `${unit(d, "day", tag)} ${unit(h, "hour", tag)}`;
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The time left as a page shows it; a screen reader finds it, and is not told each second. */
export function countdown(ms: number, texts: Texts, kind = ""): TemplateResult {
  const calm = ms > 60_000 ? "" : ms > 15_000 ? "soon" : "last";
  return html`<span role="timer" aria-live="off" class="digits countdown ${kind} ${calm}">${digits(ms, texts.tag)}</span>`;
}

/** What to say aloud when the time left goes from `beforeMs` to `nowMs`; null where nothing is due. */
export function aloud(beforeMs: number, nowMs: number, texts: Texts): string | null {
  const passed = SAID_AT.find((at) => beforeMs > at * 1000 && nowMs <= at * 1000);
  if (passed === undefined || nowMs <= 0) return null;
  return passed >= 60 ? texts.say("minutesLeft", { n: passed / 60 }) : texts.say("secondsLeft", { n: passed });
}

function unit(n: number, name: "day" | "hour", tag: string): string {
  return new Intl.NumberFormat(tag, { style: "unit", unit: name, unitDisplay: "short" }).format(n);
}
