/**
 * The way through the line, without any page: look, join, solve what is asked, wait, claim.
 *
 * A buyer's place is a signed ticket in this browser's storage; everything else is looked up again after a reload.
 */

import { notice } from "../bus.ts";
import type { Engine } from "../engine/engine.ts";
import type { Keep } from "../engine/keep.ts";
import { asProblem, type Problem } from "../engine/problem.ts";
import type { Drop, LineStatus } from "../engine/shapes.ts";
import { pause } from "../engine/wait.ts";
import type { Asked } from "./asked.ts";
import { type Sighting, sighted } from "./estimate.ts";
import { placeOf } from "./place.ts";
import { pollMs } from "./poll.ts";
import { solve } from "./solve.ts";
import { readTicket } from "./ticket.ts";
import { earlyView, plainView, type View } from "./view.ts";

export interface Pass {
  readonly token: string;
  readonly expiresAt: string;
}

/** The drop has no door, and an engine that is older does not say so in its answer. */
const NO_LINE = new Set(["unknown_line", "not_found"]);
const NO_LINE_MS = 10_000;
const TRIES_AT_THE_DOOR = 3;
const DRAWING_TRIES = 20;

export class LineFlow {
  status: LineStatus | null = null;
  drop: Drop | null = null;
  problem: Problem | null = null;
  busy: "joining" | "checking" | "sending" | null = null;
  /** How much of the check is done, from 0 to 1. */
  checked = 0;
  /** More is asked than a browser can do by itself: a third party's widget, or a code by e-mail. */
  asked: Asked | null = null;
  ahead: number | null = null;
  sightings: readonly Sighting[] = [];
  grant: string | undefined;

  private lapsed = false;
  /** Why the door did not open for somebody who is called. */
  private held = "";
  private claiming = false;
  private stopped: AbortController | null = null;
  private awake = new AbortController();
  private readonly engine: Engine;
  readonly id: string;
  readonly changed: () => void;
  private readonly keep: Keep;

  constructor(engine: Engine, id: string, keep: Keep, changed: () => void) {
    this.engine = engine;
    this.id = id;
    this.keep = keep;
    this.changed = changed;
  }

  start(): void {
    if (this.stopped !== null) return;
    this.stopped = new AbortController();
    void this.watch(this.stopped.signal);
  }

  stop(): void {
    this.stopped?.abort();
    this.stopped = null;
    this.wake();
  }

  /** Look again now: the network is back, or the page is looked at again. */
  wake(): void {
    this.awake.abort();
  }

  get pass(): Pass | null {
    const { pass } = this.keep.read();
    return pass !== undefined && this.engine.clock.until(pass.expiresAt) > 0 ? pass : null;
  }

  get joined(): boolean {
    return this.keep.read().ticket !== undefined;
  }

  /** The lane by which this browser comes in; null for whoever stands in the line. */
  get lane(): string | null {
    return this.keep.read().lane ?? null;
  }

  /** How many were ahead when the place was first known. */
  get aheadAtFirst(): number {
    return this.keep.read().aheadAtFirst ?? this.ahead ?? 0;
  }

  get view(): View {
    if (this.asked !== null) return this.asked.keys === undefined ? "code" : "widget";
    if (this.drop !== null) return plainView(this.drop);
    const { status } = this;
    if (status === null) return "loading";
    if (status.phase === "closed" || status.phase === "announced") return status.phase;
    if (this.pass !== null) return "admitted";
    if (status.phase === "sold_out" || status.phase === "paused") return status.phase;
    if (status.phase === "registration" || status.phase === "draw") {
      return earlyView(status, this.joined, this.lane, this.engine.clock.until(status.opens_at));
    }
    return this.openView();
  }

  private openView(): View {
    if (!this.joined) return "join";
    if (this.ahead === null || this.ahead >= 0) return "waiting";
    if (this.lapsed || this.keep.read().pass !== undefined) return "lapsed";
    return this.held === "pass_used" ? "used" : this.held === "no_pass_free" ? "room" : "called";
  }

  /** Take a place. Doing so again is harmless: the same visitor has the same place. */
  async join(answer?: string): Promise<void> {
    if (this.busy !== null) return;
    this.busy = "joining";
    this.problem = null;
    this.changed();
    try {
      await this.knock(answer);
      this.asked = null;
    } catch (thrown) {
      this.refused(asProblem(thrown));
    }
    this.busy = null;
    this.changed();
    this.wake();
  }

  /** Come in by a grant instead of standing in the line. */
  redeem(grant: string): Promise<void> {
    this.grant = grant;
    return this.join();
  }

  /** Have a code sent to an address, the way for whoever cannot compute. */
  async sendCode(email: string): Promise<void> {
    if (this.busy !== null) return;
    this.busy = "sending";
    this.problem = null;
    this.changed();
    try {
      const { answer } = await this.engine.sendCode(this.id, email, "line");
      this.asked = { answer, email };
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.busy = null;
    this.changed();
  }

  /** A code is wanted instead, or sent to another address. */
  byMail(email = ""): void {
    this.asked = { answer: null, email };
    this.changed();
  }

  /** Come in again after a turn that was not used. */
  again(): void {
    this.lapsed = false;
    this.wake();
  }

  private async knock(answer: string | undefined): Promise<void> {
    let shown = answer;
    for (let n = 1; ; n += 1) {
      try {
        const place = await this.engine.join(this.id, {
          ...(shown === undefined ? {} : { challenge: shown }),
          ...(this.grant === undefined ? {} : { grant: this.grant }),
        });
        this.grant = undefined;
        this.keep.change({ ticket: place.ticket, lane: place.lane ?? undefined, aheadAtFirst: undefined });
        this.lapsed = false;
        notice("race-joined", this.id, { late: place.late });
        return;
      } catch (thrown) {
        const problem = asProblem(thrown);
        const { challenge } = problem.told;
        if (problem.code === "draw_under_way" && n < DRAWING_TRIES) {
          // A moment of a second or two, which nobody should have to press a button through.
          await pause(problem.retryAfterMs ?? 2_000);
          continue;
        }
        if (challenge === undefined || n >= TRIES_AT_THE_DOOR || this.asked !== null) throw thrown;
        this.busy = "checking";
        this.checked = 0;
        this.changed();
        shown = (await solve(challenge, (share) => this.tried(share))) ?? undefined;
      }
    }
  }

  private tried(share: number): void {
    this.checked = share;
    this.changed();
  }

  private refused(problem: Problem): void {
    // What is wished for next is a place in the line, like everybody's.
    if (!problem.passing) this.grant = undefined;
    const { challenge, ways, site_keys: keys } = problem.told;
    if (ways !== undefined && challenge === undefined && this.asked === null) {
      this.asked = { answer: null, email: this.keep.read().email ?? "", mail: ways.includes("email_code"), keys };
    } else this.problem = problem;
  }

  private async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const ms = await this.look(signal);
      if (signal.aborted) return;
      this.changed();
      this.awake = new AbortController();
      await pause(ms, this.awake.signal);
    }
  }

  /** One look; milliseconds until the next one. */
  private async look(signal: AbortSignal): Promise<number> {
    try {
      const open = this.drop !== null || (this.status === null && !(await this.engine.hasDoor(this.id, signal)));
      if (open) return await this.lookWithoutLine(signal);
      const status = await this.engine.status(this.id, signal);
      this.adopt(status);
      if (this.grant !== undefined && this.problem === null) await this.join();
      if (this.problem !== null && this.problem.passing) this.problem = null;
      await this.claim();
      return pollMs(status, this.ahead, this.engine.clock.now());
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (NO_LINE.has(problem.code)) return this.lookWithoutLine(signal).catch((other) => this.missed(asProblem(other)));
      return this.missed(problem);
    }
  }

  private missed(problem: Problem): number {
    this.problem = problem;
    return problem.retryAfterMs ?? 5_000 * (1 + Math.random());
  }

  /** A drop without a door: whoever is there may buy as soon as it opens. */
  private async lookWithoutLine(signal: AbortSignal): Promise<number> {
    this.drop = await this.engine.drop(this.id, signal);
    this.problem = null;
    const opensMs = this.engine.clock.until(this.drop.opens_at);
    // Not all in the same instant: the first second after the opening is everybody's.
    return opensMs > 0 ? Math.min(30_000, opensMs + Math.random() * 700) : NO_LINE_MS * (1 + Math.random());
  }

  private adopt(status: LineStatus): void {
    this.status = status;
    this.ahead = this.aheadIn(status);
    if (this.ahead === null) return;
    this.sightings = sighted(this.sightings, this.engine.clock.now(), status.cursor);
    if (this.keep.read().aheadAtFirst === undefined) this.keep.change({ aheadAtFirst: Math.max(0, this.ahead) });
  }

  private aheadIn(status: LineStatus): number | null {
    const { ticket: token } = this.keep.read();
    if (token === undefined || status.seed === null || status.registered === null) return null;
    const ticket = readTicket(token);
    return ticket === null ? null : placeOf(ticket, status.seed, status.registered) - status.cursor;
  }

  private async claim(): Promise<void> {
    const { ticket, pass, checkout } = this.keep.read();
    if (pass !== undefined && this.pass === null) {
      this.keep.change({ pass: undefined });
      this.lapsed = true;
    }
    const called = this.status?.phase === "open" && this.ahead !== null && this.ahead < 0;
    // Nobody's time shall run while they look elsewhere, and a checkout under way needs no further pass.
    if (!called || ticket === undefined || checkout !== undefined || this.claiming) return;
    if (this.pass !== null || this.lapsed || document.visibilityState === "hidden") return;
    this.claiming = true;
    try {
      const given = await this.engine.claim(this.id, ticket);
      this.held = "";
      this.keep.change({ pass: { token: given.pass, expiresAt: given.expires_at } });
      notice("race-called", this.id, {});
    } catch (thrown) {
      this.notLetIn(asProblem(thrown));
    } finally {
      this.claiming = false;
    }
  }

  private notLetIn(problem: Problem): void {
    this.held = problem.code;
    if (problem.code === "ticket_invalid") this.keep.change({ ticket: undefined, lane: undefined, aheadAtFirst: undefined });
    if (!["no_pass_free", "pass_used", "not_called", "line_paused", "sold_out"].includes(problem.code)) throw problem;
  }
}
