/** Several items, each with its own quantity: what a buyer chooses from where they may have more than one. */

import { html, nothing, type TemplateResult } from "lit";

import type { Drop, Item, Stock } from "../engine/shapes.ts";
import type { Key, Texts } from "../text/catalogue.ts";
import type { Basket } from "./basket.ts";

export const STOCK: { readonly [stock in Stock]: Key } = {
  plenty: "stockPlenty", few: "stockFew", all_reserved: "stockAllReserved", sold_out: "stockSoldOut",
};

const QUANTITY_MAX = 10;

/** How many pieces one buyer may choose, of all items together. */
export function most(drop: Drop): number {
  return Math.min(drop.limit_per_buyer ?? QUANTITY_MAX, QUANTITY_MAX);
}

/** Whether a buyer may have several items of this drop. */
export function several(drop: Drop): boolean {
  return drop.items.length > 1 && most(drop) > 1;
}

export function pieces(drop: Drop, basket: Basket): number {
  return drop.items.reduce((sum, item) => sum + basket.quantity(item.id), 0);
}

/** What all that is chosen costs, at the prices shown. */
export function sum(drop: Drop, basket: Basket): number {
  return drop.items.reduce((total, item) => total + item.price * basket.quantity(item.id), 0);
}

/** Where something in the basket costs something else than when it was put in: whoever goes on has seen it. */
export function priceNote(drop: Drop, basket: Basket | null, texts: Texts): TemplateResult | typeof nothing {
  if (basket === null || drop.items.every((item) => before(item, basket) === null)) return nothing;
  const { what, next } = texts.trouble("price_changed");
  return html`<div class="note" role="status"><strong>${what}</strong><p>${next}</p></div>`;
}

export function rows(drop: Drop, basket: Basket, texts: Texts, put: (item: Item, quantity: number) => void): TemplateResult {
  const room = most(drop) - pieces(drop, basket);
  return html`<ul class="rows">${drop.items.map((item) => row(item, drop, basket, room, texts, put))}</ul>`;
}

function row(
  item: Item, drop: Drop, basket: Basket, room: number, texts: Texts, put: (item: Item, quantity: number) => void,
): TemplateResult {
  const [quantity, was] = [basket.quantity(item.id), before(item, basket)];
  const gone = item.stock === "sold_out";
  const to = (n: number): void => { if (n >= 0 && (n < quantity || (room > 0 && !gone))) put(item, n); };
  const button = (key: "fewer" | "more", sign: string, off: boolean, n: number): TemplateResult =>
    html`<button type="button" class="second" aria-label=${`${texts.say(key)}: ${item.title}`} aria-disabled=${off} @click=${() => to(n)}>${sign}</button>`;
  return html`<li class="item ${item.stock} ${quantity > 0 ? "chosen" : ""}">
    <span class="tight">
      <span class="name">${item.title}</span>
      <span class="small"><span class="digits price">${texts.money(item.price, drop.currency)}</span>
        ${was === null ? nothing : html`<span class="digits warn">${texts.say("priceWas", { price: texts.money(was, drop.currency) })}</span>`}
        <span class="band">${texts.say(STOCK[item.stock])}</span></span>
    </span>
    <span class="stepper">
      ${button("fewer", "−", quantity === 0, quantity - 1)}
      <output class="digits" aria-live="polite">${quantity}</output>
      ${button("more", "+", room <= 0 || gone, quantity + 1)}
    </span>
  </li>`;
}

/** The price at which it was put in, where that is another one. */
function before(item: Item, basket: Basket): number | null {
  const seen = basket.seen(item.id);
  return seen === null || basket.quantity(item.id) === 0 || seen === item.price ? null : seen;
}

/** Titles of a drop's items, by their ids. */
export function names(drop: Drop | null): ReadonlyMap<string, string> {
  return new Map(drop?.items.map((item) => [item.id, item.title]) ?? []);
}
