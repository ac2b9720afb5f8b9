/** The lines of a price, as the checkout and the receipt both show them. */

import { html, nothing, type TemplateResult } from "lit";

import type { Told } from "../engine/problem.ts";
import type { Quote } from "../engine/shapes.ts";
import type { Key, Texts } from "../text/catalogue.ts";

/** What a piece costs now, and what its buyer had seen, where a problem tells of both. */
export function priceNews(
  { item = "", was, price }: Told, names: ReadonlyMap<string, string>, currency: string, texts: Texts,
): TemplateResult | typeof nothing {
  if (was === undefined || price === undefined) return nothing;
  const now = texts.money(price, currency);
  return html`<p class="digits">${names.get(item) ?? item}: <strong>${now}</strong>, ${texts.say("priceWas", { price: texts.money(was, currency) })}</p>`;
}

/** `names` gives the title of an item; what has none is shown by its id. */
export function quoteTable(quote: Quote, names: ReadonlyMap<string, string>, total: Key, texts: Texts): TemplateResult {
  const money = (minor: number): string => texts.money(minor, quote.currency);
  const row = (key: Key, minor: number): TemplateResult =>
    html`<div class="small"><dt>${texts.say(key)}</dt><dd class="digits">${money(minor)}</dd></div>`;
  return html`<dl class="quote">
    ${quote.lines.map((line) => html`<div>
      <dt>${names.get(line.item) ?? line.item}${line.quantity > 1 ? html` <span class="small">× ${texts.number(line.quantity)}</span>` : nothing}</dt>
      <dd class="digits">${money(line.unit_price * line.quantity)}</dd>
    </div>`)}
    ${quote.discount > 0 ? html`${row("subtotal", quote.subtotal)} ${row("discount", -quote.discount)}` : nothing}
    <div class="all"><dt>${texts.say(total)}</dt><dd class="digits">${money(quote.total)}</dd></div>
    ${quote.tax > 0 ? row("taxIncluded", quote.tax) : nothing}
  </dl>`;
}
