/** `<race-line>`: the place in the line, the honest wait, and the door. */

import { html, nothing, svg, type PropertyDeclarations, type TemplateResult } from "lit";

import type { LineStatus } from "../engine/shapes.ts";
import { countdown, aloud } from "../look/countdown.ts";
import { RaceElement } from "../look/element.ts";
import { tokens } from "../look/tokens.ts";
import type { Key, Texts } from "../text/catalogue.ts";
import { estimate, spoken } from "./estimate.ts";
import { LineFlow } from "./flow.ts";
import { look } from "./race-line.css.ts";
import type { View } from "./view.ts";

const SAY_EVERY_MS = 60_000;

export class RaceLine extends RaceElement {
  static override styles = [tokens, look];
  static override properties: PropertyDeclarations = { ...RaceElement.properties, grant: { type: String } };

  declare grant: string | undefined;
  private flow: LineFlow | null = null;
  private shown: View | "" = "";
  private saidAt = 0;
  private leftMs = 0;
  private admittedWith: string | null = null;
  private accessForm: typeof import("./access.ts").accessForm | null = null;

  /** Where this browser stands: the view's name, how many are ahead, and the pass it was let in with. */
  get state(): { view: View; ahead: number | null; pass: string | null } {
    return { view: this.flow?.view ?? "loading", ahead: this.flow?.ahead ?? null, pass: this.flow?.pass?.token ?? null };
  }

  protected start(): void {
    this.flow = new LineFlow(this.engine, this.drop, this.keep, () => this.changed());
    this.flow.grant = grantInAddress() ?? this.grant ?? undefined;
    if (this.flow.grant !== undefined || this.flow.lane !== null) void this.speak(["access"]);
    this.flow.start();
  }

  protected stop(): void {
    this.flow?.stop();
    this.flow = null;
  }

  protected override woken(): void {
    this.flow?.wake();
  }

  protected override second(): void {
    const { flow, texts } = this;
    if (flow === null || texts === null) return;
    if (flow.view !== this.shown) this.changed();
    const until = this.untilMs(flow.view);
    if (until !== null) {
      const said = aloud(this.leftMs, until, texts);
      if (said !== null) this.tell(said);
      if (this.leftMs > 0 && until <= 0) flow.wake();
      this.leftMs = until;
    }
    this.requestUpdate();
  }

  private changed(): void {
    const { flow, texts } = this;
    this.requestUpdate();
    if (flow === null || texts === null) return;
    const view = flow.view;
    if (view === "admitted") this.admit();
    else this.admittedWith = null;
    if (view === this.shown) return this.sayPlace(texts);
    const before = this.shown;
    this.shown = view;
    if (flow.asked !== null) void this.needCheck().then(() => this.tell(this.headline(flow.view)));
    this.leftMs = this.untilMs(view) ?? 0;
    this.happened("race-line-view", { view });
    if (view === "sold_out") this.happened("race-sold-out");
    if (before !== "" && before !== "loading") this.tell(this.headline(view));
  }

  private admit(): void {
    const pass = this.flow?.pass ?? null;
    const name = pass?.token ?? "";
    if (this.admittedWith === name) return;
    this.admittedWith = name;
    this.happened("race-admitted", { pass: pass?.token ?? null, expires_at: pass?.expiresAt ?? null });
  }

  /** The place is said at most once a minute, however often it is looked up. */
  private sayPlace(texts: Texts): void {
    const ahead = this.flow?.ahead;
    if (this.shown !== "waiting" || ahead == null || Date.now() - this.saidAt < SAY_EVERY_MS) return;
    this.saidAt = Date.now();
    this.tell(ahead <= 0 ? texts.say("nextUp") : `${texts.number(ahead)} ${texts.say("ahead", { n: ahead })}`);
  }

  private untilMs(view: View): number | null {
    const { status, drop, pass } = this.flow!;
    const moment =
      view === "plain_announced" ? drop?.opens_at
      : view === "announced" ? status?.registration_opens_at
      : view === "registration" || view === "registered" ? status?.registration_closes_at
      : view === "drawn" || view === "granted" ? status?.opens_at
      : view === "admitted" ? pass?.expiresAt
      : undefined;
    return moment === undefined ? null : this.engine.clock.until(moment);
  }

  protected view(texts: Texts): TemplateResult {
    const flow = this.flow!;
    const view = flow?.view ?? "loading";
    if (view === "loading") {
      return flow?.problem == null ? this.waiting(texts) : html`<div class="stack view">${this.trouble(flow.problem)}</div>`;
    }
    return html`<section class="stack view" aria-labelledby="title" data-view=${view}>
      ${this.mark(view)}
      <div class="tight">
        <h2 id="title">${this.headline(view)}</h2>
        <p class="lead">${this.subline(view)}</p>
      </div>
      ${this.middle(view, texts)} ${this.action(view, texts)}
      ${flow.problem === null ? nothing : this.trouble(flow.problem)} ${this.foot(view, texts)}
    </section>`;
  }

  private waiting(texts: Texts): TemplateResult {
    return html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${texts.say("loading")}</p>`;
  }

  private headline(view: View): string {
    if (view === "loading") return this.say("loading");
    return this.say(this.flow?.busy === "checking" && view !== "code" ? "checkTitle" : `${view}.title`);
  }

  private subline(view: View): string {
    if (this.flow?.busy === "checking" && view !== "code") return this.say("checkBody");
    if (view === "code" && this.flow?.asked?.answer != null) return this.say("codeSent", { email: this.flow.asked.email });
    return view === "loading" || view === "widget" || (view === "admitted" && this.flow?.pass == null) ? "" : this.say(`${view}.body`);
  }

  private mark(view: View): TemplateResult | typeof nothing {
    const drawn = MARKS[view];
    if (drawn === undefined) return nothing;
    if (drawn === "moving") return html`<span class="mark moving" aria-hidden="true"><i></i><i></i><i></i></span>`;
    return html`<span class="mark" aria-hidden="true">${svg`<svg viewBox="0 0 24 24"><path d=${drawn}/></svg>`}</span>`;
  }

  private middle(view: View, texts: Texts): TemplateResult | typeof nothing {
    if (this.flow?.busy === "checking") return this.checking();
    if (view === "waiting" || (view === "drawn" && this.flow?.ahead != null)) return this.place(view, texts);
    const label = COUNTED[view];
    const until = this.untilMs(view);
    if (label === undefined || until === null) return nothing;
    return html`<div class="clock"><span class="small">${texts.say(label)}</span>${countdown(until, texts, "big")}</div>`;
  }

  private checking(): TemplateResult {
    const share = this.flow!.checked;
    return html`<div class="track" role="progressbar" aria-label=${this.say("checkTitle")} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${Math.round(share * 100)}><i class="bar" .style=${`transform:scaleX(${Math.max(0.03, share)})`}></i></div>`;
  }

  private place(view: View, texts: Texts): TemplateResult {
    const flow = this.flow!;
    const ahead = Math.max(0, flow.ahead ?? 0);
    const done = flow.aheadAtFirst > 0 ? 1 - ahead / flow.aheadAtFirst : 1;
    return html`
      <p class="place">
        ${flow.ahead! <= 0
          ? html`<span class="next">${texts.say("nextUp")}</span>`
          : html`<span class="digits number">${texts.number(ahead)}</span> <span class="whose">${texts.say("ahead", { n: ahead })}</span>`}
      </p>
      ${view === "drawn"
        ? html`<div class="clock"><span class="small">${texts.say("opensIn")}</span>${countdown(this.untilMs(view) ?? 0, texts)}</div>`
        : html`<div class="track" aria-hidden="true"><i class="bar" .style=${`transform:scaleX(${Math.max(0.02, Math.min(1, done))})`}></i></div>
            ${this.wait(ahead, texts)}`}
    `;
  }

  private wait(ahead: number, texts: Texts): TemplateResult {
    const { status, sightings } = this.flow!;
    // Nobody is called while everything is spoken for.
    const range = status!.stock === "none" ? null : estimate(ahead, status!.rate_per_s, sightings);
    const warning = warningOf(status!, ahead);
    return html`<dl class="wait">
      <dt class="small">${texts.say("waitLabel")}</dt>
      <dd>${range === null ? texts.say("waitUnknown") : inWords(range, texts)}</dd>
      <dd class="small">${range === null ? nothing : texts.say("waitHonest")}</dd>
    </dl>
    ${warning === null ? nothing : html`<p class="warn">${texts.say(warning)}</p>`}`;
  }

  private action(view: View, texts: Texts): TemplateResult | typeof nothing {
    const flow = this.flow!;
    if (flow.asked !== null) return this.checkForm?.(this, flow, texts) ?? nothing;
    if (flow.busy === "checking") return nothing;
    if (view === "lapsed") {
      return html`<button @click=${() => flow.again()}>${texts.say("retry")}</button>`;
    }
    if (view !== "registration" && view !== "join") return nothing;
    const label = flow.busy === null ? texts.say(view === "join" ? "join" : "register") : texts.say("joining");
    return html`<button class="wide" aria-disabled=${flow.busy !== null} @click=${() => void flow.join()}>
      ${flow.busy === null ? nothing : html`<span class="spinner" aria-hidden="true"></span>`}${label}
    </button>`;
  }

  /** By which lane this buyer comes in, or a field for the code that gives one. */
  private access(view: View, texts: Texts): TemplateResult | typeof nothing {
    const { lane, busy } = this.flow!;
    if (lane !== null) return html`<p class="small">${texts.say("lane", { lane })}</p>`;
    if (!ASKABLE.has(view) || busy === "checking") return nothing;
    return this.accessForm?.(texts, busy !== null, (grant) => void this.flow!.redeem(grant))
      ?? html`<button type="button" class="plain" @click=${() => void this.ask()}>${texts.say("accessAsk")}</button>`;
  }

  private async ask(): Promise<void> {
    const [{ accessForm }] = await Promise.all([import("./access.ts"), this.speak(["access"])]);
    this.accessForm = accessForm;
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("#access")?.focus();
  }

  private foot(view: View, texts: Texts): TemplateResult | typeof nothing {
    const message = this.flow!.status?.message;
    const kept = ["registered", "drawn", "waiting", "paused", "room", "granted"].includes(view);
    return html`${this.access(view, texts)} ${message == null ? nothing : html`<div class="note"><strong>${texts.say("shopNote")}</strong><p>${message}</p></div>`}
    ${kept ? html`<p class="small">${texts.say("placeKept")}</p>` : nothing}`;
  }
}

/** The grant of an invitation's link, which is taken out of the address: nobody shall pass it on unawares. */
function grantInAddress(): string | undefined {
  const parts = new URLSearchParams(location.hash.slice(1));
  const grant = parts.get("grant");
  if (grant === null) return undefined;
  parts.delete("grant");
  const left = parts.toString();
  history.replaceState(history.state, "", location.pathname + location.search + (left === "" ? "" : `#${left}`));
  return grant;
}

/** What is plainly so, the worst first: hope that there is none for is not kept up. */
function warningOf(status: LineStatus, ahead: number): "slim" | "noneFree" | "fewLeft" | null {
  if (status.slim_from !== null && status.cursor + ahead >= status.slim_from) return "slim";
  return status.stock === "none" ? "noneFree" : status.stock === "few" ? "fewLeft" : null;
}

function inWords(range: { fromS: number; toS: number }, texts: Texts): string {
  const wait = spoken(range);
  if (wait.unit === "soon") return texts.say("waitSoon");
  const one = wait.unit === "minutes" ? "waitMinutes" : "waitHours";
  return wait.from === wait.to ? texts.say(`${one}Same`, { n: wait.to }) : texts.say(one, { n: wait.to, from: wait.from, to: wait.to });
}

const ASKABLE = new Set<View>(["registration", "registered", "drawn", "join", "waiting"]);

const TICK = "M5 12.5l4.5 4.5L19 7.5";

/** A sign before the title: what is drawn, or three points that move while something is under way. */
const MARKS: { readonly [view in View]?: string } = {
  registered: TICK, drawn: TICK, granted: TICK, admitted: TICK, draw: "moving", opening: "moving", called: "moving", room: "moving",
  paused: "M9 7v10M15 7v10", lapsed: "M12 7v5.5l3.5 2", used: "M7 12h10", closed: "M7 12h10", sold_out: "M7 12h10",
};

const COUNTED: { readonly [view in View]?: Key } = {
  announced: "registrationIn", plain_announced: "opensIn", registration: "registrationCloses", registered: "drawIn",
  drawn: "opensIn", granted: "opensIn", admitted: "turnLasts",
};
