/** For the question of one buyer: find the purchase, and see everything that happened to it. */

import { html, nothing, type TemplateResult } from "lit";

import { said } from "../api.ts";
import { View } from "../element.ts";
import { count, moment, money, ms, rate, share, words } from "../format.ts";
import { empty, panel, ranked, tone } from "../parts.ts";
import type { Found, NetworkSeen, Overview, Purchase, StepTime, Tally } from "../shapes.ts";
import { waterfall } from "../waterfall.ts";

const HOURS = [
  [1, "the last hour"],
  [24, "the last day"],
  [168, "the last week"],
  [744, "the last month"],
] as const;
const BY: Record<string, string> = { checkout: "by its id", buyer: "by buyer", idempotency_key: "by idempotency key", gateway_reference: "by gateway reference" };

export class RaceDebug extends View {
  private q = "";
  private hours = 24;
  private found: readonly Found[] | null = null;
  private purchase: Purchase | null = null;
  private trouble = "";
  private busy = false;

  protected override render(): TemplateResult {
    const { seen } = this;
    return html`<div class="grid debug">
      <section class="panel find">
        <form role="search" @submit=${this.search}>
          <label for="q">Order, checkout, buyer, idempotency key, or gateway reference</label>
          <div class="field">
            <input id="q" type="search" minlength="3" maxlength="255" autocomplete="off" spellcheck="false" .value=${this.q}>
            <select aria-label="How far back" @change=${(event: Event) => (this.hours = Number((event.target as HTMLSelectElement).value))}>
              ${HOURS.map(([hours, label]) => html`<option value=${hours} ?selected=${hours === this.hours}>${label}</option>`)}
            </select>
            <button type="submit" aria-disabled=${this.busy ? "true" : "false"}>Search</button>
          </div>
        </form>
        <div aria-live="polite">${this.results()}</div>
      </section>
      ${this.purchase === null ? nothing : waterfall(this.purchase, () => this.close())}
      ${panel("Latency by step", times(seen.steps), { note: "last 5 minutes", class: "most" })}
      ${panel("Busiest networks", networks(seen.networks), { note: seen.saturation.processes > 1 ? `last minute, in one process of ${seen.saturation.processes}` : "last minute" })}
      ${panel("Challenges", challenges(seen), { note: "since it began" })}
      ${panel("Sent again", tallies(seen.repeated, repeated, "No request was sent twice."), { note: "none had a second effect" })}
      ${panel("Over a limit", tallies(seen.limited, limited, "Nobody came too often."), { note: "last 5 minutes" })}
    </div>`;
  }

  private results(): TemplateResult {
    if (this.trouble !== "") return html`<div class="trouble" role="alert"><p>${this.trouble}</p></div>`;
    if (this.busy) return html`<p class="empty">Searching …</p>`;
    if (this.found === null) return html`<p class="empty">Whatever the buyer can tell you: the number on their receipt is enough.</p>`;
    if (this.found.length === 0) return html`<p class="empty">Nothing was found. Was it longer ago, or is a letter missing?</p>`;
    return html`<ul class="found">${this.found.map((one) => html`<li><button class="row" @click=${() => void this.open(one.checkout)}>
      <span class="pill ${tone(one.state)}"><i aria-hidden="true"></i>${words(one.state)}</span>
      <span class="id">${one.checkout}</span><span class="buyer">${one.buyer}</span>
      <span class="digits">${money(one.amount, one.currency, this.seen.drop.exponent, true)}</span>
      <small>${moment(one.created_at)} · ${BY[one.by] ?? one.by}</small>
    </button></li>`)}</ul>`;
  }

  private readonly search = async (event: Event): Promise<void> => {
    event.preventDefault();
    this.q = this.querySelector<HTMLInputElement>("#q")!.value.trim();
    this.trouble = this.q.length < 3 ? "Give three letters at least." : "";
    this.purchase = null;
    this.found = null;
    if (this.trouble !== "") return this.requestUpdate();
    await this.doing(async () => {
      this.found = await this.api.search(this.q, this.hours);
      const only = this.found.length === 1 ? this.found[0] : undefined;
      if (only !== undefined) this.purchase = await this.api.purchase(only.checkout);
    });
  };

  private async open(checkout: string): Promise<void> {
    await this.doing(async () => {
      this.purchase = await this.api.purchase(checkout);
    });
    this.querySelector<HTMLElement>(".purchase h2")?.focus();
  }

  private close(): void {
    this.purchase = null;
    this.requestUpdate();
    this.querySelector<HTMLElement>("#q")?.focus();
  }

  private async doing(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.trouble = "";
    this.requestUpdate();
    try {
      await work();
    } catch (thrown) {
      this.trouble = said(thrown);
    }
    this.busy = false;
    this.requestUpdate();
    await this.updateComplete;
  }
}

function times(steps: readonly StepTime[]): TemplateResult {
  return html`<div class="scroll" role="region" aria-label="Latency by step" tabindex="0"><table>
    <thead><tr><th scope="col">Step</th><th scope="col">Times</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">p99</th></tr></thead>
    <tbody>${steps.map((step) => html`<tr><th scope="row">${words(step.step)}</th><td>${count(step.count)}</td><td>${ms(step.p50_ms)}</td><td>${ms(step.p95_ms)}</td><td>${ms(step.p99_ms)}</td></tr>`)}</tbody>
  </table></div>`;
}

function tallies(rows: readonly Tally[], said: (what: readonly string[]) => string, nobody: string): TemplateResult {
  if (rows.length === 0) return empty(nobody);
  return html`<ul class="rows two">${rows.map((row) => html`<li><span class="what">${said(row.what)}</span><span class="digits">${count(row.count)}</span></li>`)}</ul>`;
}

const REPEATED: Record<string, string> = {
  replayed: "the stored answer was given",
  in_flight: "the first one has no answer yet",
  key_reused: "its key belongs to another request",
  second_tab: "a second tab, another key",
};

function repeated([asked = "", repeat = ""]: readonly string[]): string {
  return `${words(asked)}: ${REPEATED[repeat] ?? words(repeat).toLowerCase()}`;
}

function limited([route = "", by = "", enforced = ""]: readonly string[]): string {
  return `${words(route)}, by ${by}${enforced === "false" ? ", let through" : ""}`;
}

const TIERS = ["Nothing", "A proof of work", "A harder proof", "A code, or a third party", "Refused"];

function challenges(seen: Overview): TemplateResult {
  if (seen.challenges.length === 0 && seen.humans.refused === 0) return empty("Nobody was asked for anything.");
  return html`<div class="scroll" role="region" aria-label="Challenges by tier" tabindex="0"><table>
      <thead><tr><th scope="col">Asked for</th><th scope="col">Asked</th><th scope="col">Passed</th><th scope="col">Share</th></tr></thead>
      <tbody>${seen.challenges.map((one) => html`<tr><th scope="row">${TIERS[one.tier] ?? one.tier}<small> ${one.purpose === "line" ? "" : one.purpose}</small></th><td>${count(one.asked)}</td><td>${count(one.passed)}</td><td>${share(one.asked === 0 ? null : one.passed / one.asked)}</td></tr>`)}</tbody>
    </table></div>
    <p class="note">${count(seen.humans.refused)} refused.${seen.unproven.length === 0 ? nothing : html` Not accepted: ${listed(seen.unproven)}.`}${seen.signs.length === 0 ? nothing : html` Noticed: ${listed(seen.signs)}.`}</p>`;
}

function listed(rows: readonly Tally[]): string {
  return rows.map((row) => `${words(row.what.at(-1) ?? "").toLowerCase()} ${count(row.count)}`).join(", ");
}

function networks(rows: readonly NetworkSeen[]): TemplateResult {
  if (rows.length === 0) return empty("No browser has asked for anything. What a storefront’s servers ask says nothing of where buyers are.");
  return ranked(rows.map((one) => ({ what: html`<span class="id">${one.network}</span>`, value: one.per_s, shown: `${rate(one.per_s)}/s` })));
}

customElements.define("race-debug", RaceDebug);
