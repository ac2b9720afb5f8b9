/** The first page of a checkout: which one, how many, and where the receipt goes. */

import { html, nothing, type TemplateResult } from "lit";

import type { Keep } from "../engine/keep.ts";
import type { Drop, Item } from "../engine/shapes.ts";
import type { Texts } from "../text/catalogue.ts";
import type { Basket } from "./basket.ts";
import { most, pieces, rows, STOCK, sum } from "./rows.ts";

export interface Form {
  item: string;
  quantity: number;
  email: string;
  promo: string;
  promoOpen: boolean;
  /** What was wrong when it was last sent. */
  wrong: "item" | "email" | null;
}

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

export function emptyForm(drop: Drop | null, email: string): Form {
  const left = drop?.items.filter((item) => item.stock !== "sold_out") ?? [];
  return { item: left.length === 1 ? left[0]!.id : "", quantity: 1, email, promo: "", promoOpen: false, wrong: null };
}

/** What is wrong with the form; null where it can be sent. */
export function wrongWith(form: Form, drop: Drop, basket: Basket | null): Form["wrong"] {
  const chosen = basket === null ? drop.items.some((item) => item.id === form.item) : pieces(drop, basket) > 0;
  if (!chosen) return "item";
  return EMAIL.test(form.email.trim()) ? null : "email";
}

export interface Acts {
  readonly change: (changes: Partial<Form>) => void;
  readonly put: (item: Item, quantity: number) => void;
  readonly send: () => void;
}

/** With a `basket` several items can be chosen, without one a single one. `note` is shown before the sum. */
export function chooseForm(
  drop: Drop, form: Form, basket: Basket | null, note: unknown, busy: boolean, texts: Texts, acts: Acts,
): TemplateResult {
  const item = drop.items.find((one) => one.id === form.item);
  const total = basket !== null ? sum(drop, basket) : (item?.price ?? 0) * form.quantity;
  const submit = (event: Event): void => {
    event.preventDefault();
    acts.send();
  };
  return html`<form class="stack" novalidate @submit=${submit}>
    <fieldset class="items" aria-describedby=${form.wrong === "item" ? "item-wrong" : nothing}>
      <legend>${texts.say(basket === null ? "itemLabel" : "quantityLabel")}</legend>
      ${basket !== null ? rows(drop, basket, texts, acts.put)
        : html`<div class="grid">${drop.items.map((one) => itemCard(one, drop, form, texts, acts))}</div>`}
      ${form.wrong === "item" ? html`<p class="wrong" id="item-wrong" role="alert">${texts.say("chooseFirst")}</p>` : nothing}
    </fieldset>
    ${basket === null && most(drop) > 1 ? quantity(drop, form, texts, acts) : limit(drop, texts)}
    ${email(form, texts, acts)} ${drop.promos === false ? nothing : promo(form, texts, acts)}
    ${note}
    ${item === undefined && total === 0 ? nothing : html`<p class="sum"><span>${texts.say("total")}</span>
      <strong class="digits">${texts.money(total, drop.currency)}</strong></p>`}
    <button class="wide" aria-disabled=${busy}>
      ${busy ? html`<span class="spinner" aria-hidden="true"></span>${texts.say("reserving")}` : sendLabel(drop, texts)}
    </button>
  </form>`;
}

function limit(drop: Drop, texts: Texts): TemplateResult | typeof nothing {
  return drop.limit_per_buyer === null ? nothing : html`<p class="small">${texts.say("limitNote", { n: drop.limit_per_buyer })}</p>`;
}

function sendLabel(drop: Drop, texts: Texts): string {
  if (drop.flow === "payment_first") return texts.say("startCheckout");
  const seconds = drop.reservation_seconds;
  const [value, unit] = seconds % 60 === 0 ? [seconds / 60, "minute"] : [seconds, "second"];
  const time = new Intl.NumberFormat(texts.tag, { style: "unit", unit, unitDisplay: "long" }).format(value);
  return texts.say("reserve", { time });
}

function itemCard(item: Item, drop: Drop, form: Form, texts: Texts, acts: Acts): TemplateResult {
  const gone = item.stock === "sold_out";
  return html`<label class="card ${item.stock}">
    <input type="radio" name="item" class="quiet" .value=${item.id} .checked=${form.item === item.id} ?disabled=${gone}
      aria-invalid=${form.wrong === "item"} @change=${() => acts.change({ item: item.id, wrong: null })}>
    <span class="name">${item.title}</span>
    <span class="digits price">${texts.money(item.price, drop.currency)}</span>
    <span class="band">${texts.say(STOCK[item.stock])}</span>
  </label>`;
}

function quantity(drop: Drop, form: Form, texts: Texts, acts: Acts): TemplateResult {
  const to = (n: number): void => acts.change({ quantity: Math.max(1, Math.min(most(drop), n)) });
  return html`<div class="row" role="group" aria-labelledby="quantity-label">
    <span class="tight"><span class="label" id="quantity-label">${texts.say("quantityLabel")}</span>
      ${limit(drop, texts)}
    </span>
    <span class="stepper">
      <button type="button" class="second" aria-label=${texts.say("fewer")} aria-disabled=${form.quantity <= 1} @click=${() => to(form.quantity - 1)}>−</button>
      <output class="digits" aria-live="polite">${form.quantity}</output>
      <button type="button" class="second" aria-label=${texts.say("more")} aria-disabled=${form.quantity >= most(drop)} @click=${() => to(form.quantity + 1)}>+</button>
    </span>
  </div>`;
}

function email(form: Form, texts: Texts, acts: Acts): TemplateResult {
  const wrong = form.wrong === "email";
  return html`<div class="tight">
    <label for="email">${texts.say("emailLabel")}</label>
    <input id="email" type="email" autocomplete="email" inputmode="email" autocapitalize="off" spellcheck="false" required
      aria-invalid=${wrong} aria-describedby=${wrong ? "email-wrong email-hint" : "email-hint"} .value=${form.email}
      @input=${(event: InputEvent) => acts.change({ email: (event.target as HTMLInputElement).value, wrong: wrong ? null : form.wrong })}>
    ${wrong ? html`<p class="wrong" id="email-wrong" role="alert">${texts.say("emailWrong")}</p>` : nothing}
    <p class="small" id="email-hint">${texts.say("emailHint")}</p>
  </div>`;
}

function promo(form: Form, texts: Texts, acts: Acts): TemplateResult {
  if (!form.promoOpen) {
    return html`<button type="button" class="plain" @click=${() => acts.change({ promoOpen: true })}>${texts.say("promoAsk")}</button>`;
  }
  return html`<div class="tight">
    <label for="promo">${texts.say("promoLabel")}</label>
    <input id="promo" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" .value=${form.promo}
      @input=${(event: InputEvent) => acts.change({ promo: (event.target as HTMLInputElement).value.trim() })}>
  </div>`;
}

/** A wish that was sent and never answered, as after a reload: chosen again, it goes out under the same key. */
export function unanswered(keep: Keep, form: Form): Partial<Form> {
  const body = keep.read().wish?.body ?? "";
  if (!body.startsWith("{")) return {};
  const wish = JSON.parse(body) as { lines?: { item: string; quantity: number }[]; promo?: string };
  const { item, quantity } = wish.lines?.[0] ?? form;
  return { item, quantity, promo: wish.promo ?? "", promoOpen: wish.promo !== undefined };
}
