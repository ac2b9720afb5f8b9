/** `<race-order>`: the receipt. */

import { css, html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { quoteTable } from "../checkout/quote.ts";
import { prices } from "../checkout/race-checkout.css.ts";
import { asProblem, type Problem } from "../engine/problem.ts";
import { Purchases } from "../engine/purchases.ts";
import type { Order } from "../engine/shapes.ts";
import { RaceElement } from "../look/element.ts";
import { tokens } from "../look/tokens.ts";
import type { Key, Part, Texts } from "../text/catalogue.ts";

const NEWS: { readonly [state: string]: Key } = {
  refunded: "orderRefunded", returned: "orderReturned", fulfilled: "orderOnItsWay",
};

export class RaceOrder extends RaceElement {
  static override parts: readonly Part[] = ["line", "checkout"];
  static override styles = [
    tokens,
    prices,
    css`
      .facts { display: grid; gap: 0.4rem 1.5rem; grid-template-columns: auto minmax(0, 1fr); font-size: 0.95rem; }
      .facts dt { color: var(--_muted); }
      .facts dd { font-variant-numeric: tabular-nums; }
      .code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.85em; }
      .mark { display: grid; place-items: center; width: 3.5rem; height: 3.5rem; border-radius: 50%; background: var(--_glow); color: var(--_surface); }
      .mark svg { width: 1.75rem; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
      .mark path { stroke-dasharray: 24; animation: draw 0.7s 0.2s ease-out both; }
      @keyframes draw { from { stroke-dashoffset: 24; } }
      .loading { display: flex; gap: 0.75em; align-items: center; color: var(--_muted); min-height: 12rem; }
      @media print { button, .mark { display: none; } }
    `,
  ];
  static override properties: PropertyDeclarations = { ...RaceElement.properties, order: { type: String } };

  declare order: string;
  private found: Order | null = null;
  private problem: Problem | null = null;
  private titles: ReadonlyMap<string, string> = new Map();
  private stopping = new AbortController();

  protected override ready(): boolean {
    return Boolean(this.order);
  }

  protected start(): void {
    this.stopping = new AbortController();
    void this.load();
  }

  protected stop(): void {
    this.stopping.abort();
  }

  protected override woken(): void {
    if (this.found === null) void this.load();
  }

  private async load(): Promise<void> {
    this.problem = null;
    try {
      this.found = await new Purchases(this.engine).order(this.order, this.stopping.signal);
      const drop = await this.engine.drop(this.found.drop, this.stopping.signal);
      this.titles = new Map(drop.items.map((item) => [item.id, item.title]));
      this.happened("race-order", { order: this.found.id, state: this.found.state });
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.requestUpdate();
  }

  protected view(texts: Texts): TemplateResult {
    const { found, problem } = this;
    if (found === null) {
      return problem === null
        ? html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${texts.say("loading")}</p>`
        : html`<div class="stack view">${this.trouble(problem)}<button class="second" @click=${() => void this.load()}>${texts.say("retry")}</button></div>`;
    }
    const news = NEWS[found.state];
    return html`<section class="stack view" data-state=${found.state}>
      <span class="mark" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="M5 12.5l4.5 4.5L19 7.5"/></svg></span>
      <div class="tight"><h2>${texts.say("receiptTitle")}</h2><p class="lead">${texts.say("receiptBody")}</p></div>
      ${news === undefined ? nothing : html`<p class="note">${texts.say(news)}</p>`}
      ${quoteTable(found.quote, this.titles, "paidTotal", texts)}
      <dl class="facts">
        <dt>${texts.say("placedAt")}</dt><dd>${texts.moment(found.placed_at)}</dd>
        <dt>${texts.say("orderNumber")}</dt><dd class="code">${found.id}</dd>
      </dl>
      <button class="second" @click=${() => print()}>${texts.say("print")}</button>
    </section>`;
  }
}
