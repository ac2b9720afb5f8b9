/** For whoever was woken: is it bad, what is it, what did others do already, and where to act. */

import { html, nothing, type TemplateResult } from "lit";

import { budget, count, measured, ms, rate, share, span, target as within, words } from "../format.ts";
import { OverTime } from "../over-time.ts";
import { empty, happened, panel } from "../parts.ts";
import type { Gateway, Measure, Overview } from "../shapes.ts";

const OVERDUE_MS = 10_000;

export class RaceOnCall extends OverTime {
  private dueSince: number | null = null;
  private overdue = 0;

  protected override render(): TemplateResult {
    const { seen } = this;
    return html`<div class="grid on-call">
      ${this.verdict(seen)}
      <div class="stack aside">
        ${panel("Objectives", this.measures(seen.measures), { note: "last 5 minutes", class: "slis" })}
        ${panel("What happened", happened(seen.actions, seen.noticed, 30), { class: "happened" })}
      </div>
      <div class="stack main">
        <div class="pair">
          ${panel("Admission", this.admission(seen), { class: "admission" })}
          ${panel("Gateways", this.gateways(seen), { note: "last 5 minutes", class: "gates" })}
        </div>
        <div class="pair drawn">
          ${panel("Purchases a second", html`${this.chart("Purchases a second", rate, [
            { label: "Reserved", name: "reserved", colour: "--held" },
            { label: "Ordered", name: "orders", colour: "--accent", filled: true },
            { label: "Failed", name: "failed", colour: "--bad" },
          ])}`, { note: this.ranges(), class: "purchases" })}
          ${panel("Latency, 95th percentile", html`${this.chart("Latency", ms, [
            { label: "Checkout", name: "checkout_ms", colour: "--accent" },
            { label: "Gateway", name: "authorize_ms", colour: "--held" },
            { label: "Event loop", name: "lag_ms", colour: "--warn" },
          ])}`, { class: "latency" })}
        </div>
        <div class="pair">
          ${panel("Owed and held", this.queues(seen), { class: "queues" })}
          ${panel("Saturation", this.saturation(seen), { class: "saturation" })}
        </div>
      </div>
    </div>`;
  }

  /** Each reservation is due a moment before it is ended: only where that lasts is it a trouble. */
  protected override willUpdate(): void {
    const now = Date.parse(this.seen.now);
    this.dueSince = this.seen.overdue > 0 ? (this.dueSince ?? now) : null;
    this.overdue = this.dueSince !== null && now - this.dueSince >= OVERDUE_MS ? this.seen.overdue : 0;
  }

  /** The one sentence that somebody reads at three in the morning. */
  private verdict(seen: Overview): TemplateResult {
    const missed = seen.measures.filter((measure) => measure.met === false);
    const open = seen.gateways.filter(isOpen);
    const { burn, left, window_s: window } = seen.budget;
    const tone = (burn ?? 0) >= 4 || open.length > 0 ? "bad" : missed.length > 0 || this.overdue > 0 ? "warn" : "good";
    const text = open.length > 0
      ? `The circuit of ${open.map((gateway) => gateway.name).join(", ")} is not closed.`
      : missed.length > 0
        ? `${words(listed(missed.map((measure) => measure.name.replace(/,.*/, ""))))} ${missed.length === 1 ? "misses its target" : "miss their targets"}.`
        : this.overdue > 0 ? `${count(this.overdue)} ${this.overdue === 1 ? "reservation" : "reservations"} should have ended.` : "All objectives are met.";
    return html`<section class="panel verdict ${tone}">
      <p class="lead"><i aria-hidden="true"></i>${text}</p>
      <dl>
        <div><dt>Burn, ${span(window)}</dt><dd>${burn === null ? "–" : `${burn.toFixed(1)}×`}</dd></div>
        <div><dt>Budget left</dt><dd>${budget(left)}</dd></div>
        <div><dt>Orders now</dt><dd>${rate(seen.orders_per_s)}/s</dd></div>
        <div><dt>Failed</dt><dd>${count(seen.budget.bad)}</dd></div>
      </dl>
    </section>`;
  }

  private measures(measures: readonly Measure[]): TemplateResult {
    return html`<ul class="measures">${measures.map((measure) => {
      const tone = measure.met === null ? "" : measure.met ? "good" : "bad";
      const target = html`<small>${measure.target.length > 9 ? "" : within(measure.target)}</small>`;
      return html`<li class=${tone}><i aria-hidden="true"></i><small class="nr">${measure.id}</small><span>${words(measure.name)}</span><b>${measured(measure.value, measure.unit)}</b>${target}<span class="quiet">${tone === "bad" ? "missed" : tone === "good" ? "met" : ""}</span></li>`;
    })}</ul>`;
  }

  private admission(seen: Overview): TemplateResult {
    const { line } = seen;
    if (line === null) return html`${empty("This drop has no line: everybody comes at once.")}${this.reserving(seen)}`;
    return html`<dl class="pairs">
      <div><dt>Waiting</dt><dd>${count(line.waiting)}</dd></div>
      <div><dt>Called</dt><dd>${count(line.cursor)}</dd></div>
      <div><dt>Rate</dt><dd>${line.paused_at === null ? `${rate(line.rate_now_per_s)} of ${rate(line.rate_per_s)}/s` : html`<em class="tag warn">paused</em>`}</dd></div>
      <div><dt>Passes out</dt><dd>${count(line.passes_out)} of ${count(line.passes_max)}</dd></div>
      <div><dt>Bound by</dt><dd>${line.bound === "" ? "–" : words(line.bound)}</dd></div>
      <div><dt>No-shows</dt><dd>${share(line.no_shows)}</dd></div>
    </dl><a class="more" href="#/${encodeURIComponent(seen.drop.id)}/control">Steer the line</a>`;
  }

  private reserving(seen: Overview): TemplateResult {
    return html`<dl class="pairs"><div><dt>Reserved now</dt><dd>${count(seen.held)}</dd></div><div><dt>Free</dt><dd>${count(Math.max(0, seen.capacity - seen.sold - seen.held))}</dd></div></dl>`;
  }

  private gateways({ gateways, saturation: { processes } }: Overview): TemplateResult {
    return html`<ul class="gateways">${gateways.map((gateway) => {
      const probing = gateway.breaker === "half_open" ? "probing" : "circuit open";
      const state = gateway.drained ? "drained" : !isOpen(gateway) ? "in use" : processes > 1 ? `${probing}, ${gateway.open_in} of ${processes}` : probing;
      const tone = gateway.drained ? "off" : isOpen(gateway) ? "bad" : "good";
      return html`<li>
        <span class="pill ${tone}"><i aria-hidden="true"></i>${state}</span><b>${gateway.name}</b>
        <span class="split"><span>${count(gateway.authorized)} <small>authorized</small></span><span>${count(gateway.declined)} <small>declined</small></span><span class=${gateway.unanswered > 0 ? "bad" : ""}>${count(gateway.unanswered)} <small>unanswered</small></span><span>${ms(gateway.p95_ms)} <small>p95</small></span><span>${count(gateway.waiting)} <small>queued</small></span></span>
        ${gateway.drained ? html`<small class="note">by ${gateway.by}${gateway.why === "" ? "" : `: ${gateway.why}`}</small>` : nothing}
      </li>`;
    })}</ul>`;
  }

  private queues(seen: Overview): TemplateResult {
    return html`<dl class="pairs">
      <div><dt>Holds ending in a minute</dt><dd>${count(seen.expiring)}</dd></div>
      <div class=${this.overdue > 0 ? "bad" : ""}><dt>Holds overdue</dt><dd>${count(seen.overdue)}</dd></div>
      ${seen.owed.map((owed) => html`<div class=${owed.oldest_s > 60 ? "bad" : ""}><dt>${words(owed.name)}</dt><dd>${count(owed.due)} <small>oldest ${span(owed.oldest_s)}</small></dd></div>`)}
    </dl>${seen.owed.length === 0 ? html`<p class="note">No step is overdue, and no message waits.</p>` : nothing}`;
  }

  private saturation(seen: Overview): TemplateResult {
    const { saturation: s } = seen;
    return html`<dl class="pairs">
      <div><dt>Processes</dt><dd>${count(s.processes)}</dd></div>
      <div class=${(s.lag_p99_ms ?? 0) > 200 ? "bad" : ""}><dt>Event loop, p99</dt><dd>${ms(s.lag_p99_ms)}</dd></div>
      <div><dt>Commands waiting</dt><dd>${count(s.commands_waiting)}</dd></div>
      <div><dt>Database connections</dt><dd>${count(s.connections_used)} of ${count(s.connections)}</dd></div>
      <div><dt>Payments under way</dt><dd>${count(s.payments_under_way)}</dd></div>
    </dl>`;
  }
}

/** As one says it: a, b and c. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** In any process: each has circuit breakers of its own. */
function isOpen(gateway: Gateway): boolean {
  return gateway.breaker !== "closed" || gateway.open_in > 0;
}

customElements.define("race-on-call", RaceOnCall);
