/** For the wall: what was sold, what it brought, how it goes, and what stands in its way. */

import { html, nothing, type TemplateResult } from "lit";

import { budget as left, compact, count, money, rate, share, span, time, words } from "../format.ts";
import "../number.ts";
import { OverTime } from "../over-time.ts";
import { bar, empty, panel } from "../parts.ts";
import type { Overview, Reason } from "../shapes.ts";

export class RaceExecutive extends OverTime {
  protected override render(): TemplateResult {
    const { seen } = this;
    return html`<div class="grid executive">
      ${this.sold(seen)} ${this.revenue(seen)} ${this.facts(seen)}
      ${panel("Stock", this.stock(seen), { class: "stock" })} ${panel("Why buyers did not buy", this.reasons(seen), { class: "reasons" })}
    </div>`;
  }

  private sold(seen: Overview): TemplateResult {
    const free = Math.max(0, seen.capacity - seen.sold - seen.held);
    return html`<section class="panel hero sold">
      <header><h2>Sold</h2><span class="note">${this.when(seen)}</span></header>
      <p class="huge"><race-number .value=${seen.sold} .as=${(value: number) => count(Math.round(value))}></race-number><small>of ${count(seen.capacity)}</small></p>
      <div class="of">
        ${bar(seen.capacity, [{ value: seen.sold, class: "sold" }, { value: seen.held, class: "held" }])}
        <p class="keys"><span class="key sold">${count(seen.sold)} sold</span><span class="key held">${count(seen.held)} reserved</span><span class="key free">${count(free)} free</span></p>
      </div>
    </section>`;
  }

  private when(seen: Overview): TemplateResult {
    const now = Date.parse(seen.now);
    const { opens_at: opens, closes_at: closes, closed_at: closed } = seen.drop;
    if (closed !== null) return html`closed ${span((now - Date.parse(closed)) / 1000)} ago`;
    if (Date.parse(opens) > now) return html`opens in <b>${span((Date.parse(opens) - now) / 1000)}</b>`;
    const left = closes === null ? 0 : (Date.parse(closes) - now) / 1000;
    if (closes !== null && left <= 0) return html`over for ${span(-left)}`;
    return html`on sale for ${span((now - Date.parse(opens)) / 1000)}${closes === null ? nothing : html` · closes in <b>${span(left)}</b>`}`;
  }

  private revenue(seen: Overview): TemplateResult {
    const { currency, exponent } = seen.drop;
    return html`<section class="panel hero revenue">
      <header><h2>Revenue</h2>${this.ranges()}</header>
      <p class="huge"><race-number .value=${seen.revenue} .as=${(value: number) => money(value, currency, exponent)}></race-number></p>
      <p class="beside"><b>${money(seen.revenue_per_min, currency, exponent)}</b> in the last minute${seen.counted_at === null ? nothing : html`<small> as of ${time(seen.counted_at)}</small>`}</p>
      ${this.chart("Revenue a minute", (value) => compact(value / 10 ** exponent), [{ label: "Revenue a minute", name: "revenue", colour: "--accent", filled: true }])}
    </section>`;
  }

  private facts(seen: Overview): TemplateResult {
    const { budget, humans } = seen;
    return html`<section class="facts" aria-label="At a glance">
      ${fact("Orders", html`<race-number .value=${seen.orders} .as=${(value: number) => count(Math.round(value))}></race-number>`, `${rate(seen.orders_per_s)} a second${seen.counted_at === null ? "" : `, as of ${time(seen.counted_at)}`}`)}
      ${fact("Conversion", share(seen.conversion), "of reservations became orders")}
      ${fact("Human share", share(humans.share), humans.judged === 0 ? "no door has judged anybody" : `of ${count(humans.judged)} judged, ${count(humans.refused)} refused`)}
      ${fact("Error budget left", left(budget.left), budget.bad === 0 ? "nothing has failed" : `${count(budget.bad)} failed · burning ${(budget.burn ?? 0).toFixed(1)}×`, budget.left === null ? "" : budget.left < 0 ? "bad" : budget.left < 0.25 ? "warn" : "good")}
    </section>`;
  }

  private stock(seen: Overview): TemplateResult {
    return html`<ul class="rows">${seen.stock.map(
      (item) => html`<li><span class="what">${item.title}</span>${bar(item.stock, [{ value: item.sold, class: "sold" }, { value: item.held, class: "held" }])}<span class="digits">${count(item.sold)}<small> / ${count(item.stock)}</small></span></li>`,
    )}</ul>`;
  }

  private reasons(seen: Overview): TemplateResult {
    if (seen.reasons.length === 0) return empty("Nobody has gone away without what they wanted.");
    const most = Math.max(...seen.reasons.map((reason) => reason.count));
    return html`<ul class="rows">${seen.reasons.map(
      (reason) => html`<li><span class="what">${why(reason)}${reason.failure ? html`<em class="tag bad">ours</em>` : nothing}</span>${bar(most, [{ value: reason.count, class: reason.failure ? "fail" : "calm" }])}<span class="digits">${count(reason.count)}</span></li>`,
    )}</ul>`;
  }
}

const WHY: Record<string, string> = {
  "reservation sold_out": "Sold out",
  "reservation all_reserved": "All reserved for a moment",
  "reservation limit_reached": "Buyer’s limit reached",
  "reservation not_open": "Came before it opened",
  "reservation closed": "Came after it closed",
  "reservation no_pass": "Came without a pass",
  "payment declined": "Card declined",
  "payment expired": "Bank answered too late",
  "payment sold_out": "Sold out while paying",
  "checkout expired_reserved": "Reserved, and never paid",
  "checkout expired_declined": "Declined, and time ran out",
  "checkout expired_confirming": "Not confirmed at the bank",
  "checkout expired_paying": "Time ran out while paying",
  "checkout cancelled_reserved": "Given back by the buyer",
  "checkout cancelled_declined": "Given back after a decline",
};

function why(reason: Reason): string {
  return WHY[`${reason.what} ${reason.why}`] ?? `${words(reason.what)}: ${words(reason.why).toLowerCase()}`;
}

function fact(title: string, value: unknown, note: string, tone = ""): TemplateResult {
  return html`<div class="panel fact ${tone}"><h2>${title}</h2><p class="big">${value}</p><p class="note">${note}</p></div>`;
}

customElements.define("race-executive", RaceExecutive);
