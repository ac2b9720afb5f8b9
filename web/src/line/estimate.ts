/**
 * How long it may still take, honestly: a range from what the line was seen to do, or nothing where it cannot be known.
 *
 * The lower end is the quicker of what was announced and what was seen; the upper end is the slower one with a third
 * added, since people who pay take their time. A line that stands still gives no estimate.
 */

export interface Sighting {
  readonly atMs: number;
  readonly cursor: number;
}

export interface Range {
  readonly fromS: number;
  readonly toS: number;
}

const SEEN_MS = 5 * 60_000;
const ENOUGH_MS = 20_000;
const SLOWER = 4 / 3;
const TOO_LONG_S = 24 * 3600;

/** The sightings that still count, with a new one; several at the same cursor say that it stands still. */
export function sighted(before: readonly Sighting[], atMs: number, cursor: number): readonly Sighting[] {
  const kept = before.filter((one) => atMs - one.atMs <= SEEN_MS && one.cursor <= cursor);
  return [...kept, { atMs, cursor }];
}

/** People a second, as seen; null where it was not watched for long enough. */
export function speedSeen(sightings: readonly Sighting[]): number | null {
  const first = sightings[0];
  const last = sightings.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < ENOUGH_MS) return null;
  return ((last.cursor - first.cursor) / (last.atMs - first.atMs)) * 1000;
}

/** Seconds until `ahead` people are called; null where nobody can know. */
export function estimate(ahead: number, announced: number, sightings: readonly Sighting[]): Range | null {
  const seen = speedSeen(sightings);
  if (seen === 0 || (seen === null && announced <= 0)) return null;
  const quick = Math.max(announced, seen ?? 0);
  const slow = Math.min(announced > 0 ? announced : Number.POSITIVE_INFINITY, seen ?? announced);
  const range = { fromS: ahead / quick, toS: (ahead / slow) * SLOWER };
  return range.fromS > TOO_LONG_S || !Number.isFinite(range.toS) ? null : range;
}

export type Spoken =
  | { readonly unit: "soon" }
  | { readonly unit: "minutes" | "hours"; readonly from: number; readonly to: number };

/** The range in the words that people use: below a minute, minutes, or hours in halves; never more exact than known. */
export function spoken(range: Range): Spoken {
  if (range.toS <= 60) return { unit: "soon" };
  if (range.toS <= 90 * 60) {
    const from = Math.max(1, Math.floor(range.fromS / 60));
    const to = Math.max(from, Math.ceil(range.toS / 60));
    // Above ten minutes, fives are exact enough.
    return to <= 10 ? { unit: "minutes", from, to } : { unit: "minutes", from: fives(from, Math.floor), to: fives(to, Math.ceil) };
  }
  const halves = (seconds: number, round: (n: number) => number): number => round(seconds / 1800) / 2;
  return { unit: "hours", from: Math.max(0.5, halves(range.fromS, Math.floor)), to: halves(range.toS, Math.ceil) };
}

function fives(minutes: number, round: (n: number) => number): number {
  return minutes < 5 ? minutes : round(minutes / 5) * 5;
}
