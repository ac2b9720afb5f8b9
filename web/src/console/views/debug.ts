/** For the question of one buyer: find the purchase, and see everything that happened to it. */

import { html, nothing, type TemplateResult } from "lit";

import { said } from "../api.ts";
import { View } from "../element.ts";
import { count, moment, money, ms, words } from "../format.ts";
import { empty, panel, tone } from "../parts.ts";
import type { Found, Purchase, StepTime, Tally } from "../shapes.ts";
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
      ${panel("Latency by step", times(seen.steps), { note: "last 5 minutes", class: "wide" })}
      ${panel("Sent again", tallies(seen.repeated, "No request was sent twice."), { note: "had no second effect" })}
      ${panel("Challenges", tallies(seen.challenges, "Nobody was asked for anything."), { note: "purpose, tier, enforced" })}
      ${panel("Over a limit", tallies(seen.limited, "Nobody came too often."), { note: "last 5 minutes" })}
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

function tallies(rows: readonly Tally[], nobody: string): TemplateResult {
  if (rows.length === 0) return empty(nobody);
  return html`<ul class="rows two">${rows.map((row) => html`<li><span class="what">${words(row.what)}</span><span class="digits">${count(row.count)}</span></li>`)}</ul>`;
}

customElements.define("race-debug", RaceDebug);
