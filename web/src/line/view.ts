/** What a line can show; what it shows before it moves, and of a drop that has no door. */

import type { Drop, LineStatus } from "../engine/shapes.ts";

export type View =
  | "loading" | "announced" | "plain_announced" | "registration" | "registered" | "draw" | "drawn" | "opening"
  | "join" | "waiting" | "called" | "room" | "granted" | "admitted" | "lapsed" | "used" | "paused" | "sold_out" | "closed" | "code" | "widget";

export function plainView(drop: Drop): View {
  if (drop.phase === "announced") return "plain_announced";
  return drop.phase === "open" ? "admitted" : drop.phase;
}

/** Before the line moves; `lane` is that of a grant, `opensMs` how long it is until the sale opens. */
export function earlyView(status: LineStatus, joined: boolean, lane: string | null, opensMs: number): View {
  if (lane !== null) return opensMs > 0 ? "granted" : "opening";
  if (status.phase === "registration") return joined ? "registered" : "registration";
  if (status.seed === null) return "draw";
  if (opensMs <= 0) return "opening";
  return joined ? "drawn" : "join";
}
