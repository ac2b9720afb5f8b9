/**
 * The demo shop: one page for a drop, its checkout and its receipts, around the components that any shop can embed.
 *
 * It uses them as docs/embed.md says, and nothing else of them.
 */

import "../embed.ts";
import { engineAt } from "../engine/engine.ts";
import type { Drop } from "../engine/shapes.ts";
import { textsFor } from "../text/catalogue.ts";

const LANGUAGES = ["en", "de"];
const SHOP_PATH = /^\/shop\/([^/]+)(?:\/(checkout|orders)\/([^/]+))?\/?$/;

const [, drop = "", kind, id] = SHOP_PATH.exec(location.pathname) ?? [];
const root = document.documentElement;
const stage = document.querySelector<HTMLElement>("#stage")!;

root.lang = language();
for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a[hreflang]")) {
  if (link.hreflang === root.lang) link.setAttribute("aria-current", "true");
  link.href = `?lang=${link.hreflang}`;
}

void dress();
show(kind === "orders" ? element("race-order", { order: id! }) : kind === "checkout" ? checkout(id!) : line());

stage.addEventListener("race-admitted", () => enter());
stage.addEventListener("race-line-view", (event) => leave((event as CustomEvent<{ view: string }>).detail.view));
stage.addEventListener("race-reserved", (event) => {
  address(`checkout/${(event as CustomEvent<{ checkout: string }>).detail.checkout}`);
  stage.querySelector("race-line")?.remove();
});
stage.addEventListener("race-paid", (event) => {
  const { order } = (event as CustomEvent<{ order: string }>).detail;
  address(`orders/${order}`);
  show(element("race-order", { order }));
});
stage.addEventListener("race-again", () => {
  address("");
  show(line());
});

function line(): HTMLElement {
  return element("race-line", {});
}

function checkout(id?: string): HTMLElement {
  return element("race-checkout", { sandbox: "", ...(id === undefined ? {} : { checkout: id }) });
}

/** The door is open: the checkout takes the place of the line, which goes on watching. */
function enter(): void {
  if (stage.querySelector("race-checkout") !== null) return;
  const waiting = stage.querySelector<HTMLElement>("race-line")!;
  waiting.hidden = true;
  stage.append(checkout());
}

/** The turn has passed, or the sale has ended, before anything was reserved. */
function leave(view: string): void {
  const waiting = stage.querySelector<HTMLElement>("race-line");
  if (view === "admitted" || waiting === null || !waiting.hidden) return;
  waiting.hidden = false;
  stage.querySelector("race-checkout")?.remove();
}

function show(shown: HTMLElement): void {
  stage.replaceChildren(shown);
}

function element(name: string, attributes: Record<string, string>): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries({ drop, ...attributes })) made.setAttribute(key, value);
  return made;
}

function address(below: string): void {
  history.replaceState(null, "", `/shop/${drop}${below === "" ? "" : `/${below}`}${location.search}`);
}

/** What the page says around the components: the name of the drop, its price, and when it opens. */
async function dress(): Promise<void> {
  const texts = await textsFor([root.lang], ["line"]);
  const found = await engineAt(location.origin).drop(drop).catch(() => null);
  if (found === null) return;
  document.title = found.title;
  document.querySelector("h1")!.textContent = found.title;
  document.querySelector("#price")!.textContent = prices(found, (minor) => texts.money(minor, found.currency));
  document.querySelector("#when")!.textContent = texts.moment(found.opens_at);
  root.style.setProperty("--hue", String(hue(found.id)));
  root.classList.add("dressed");
}

function prices(found: Drop, money: (minor: number) => string): string {
  const all = found.items.map((item) => item.price);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? money(least) : `${money(least)} – ${money(most)}`;
}

/** A colour of its own for each drop, between green and violet. */
function hue(text: string): number {
  return 150 + [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 130, 7);
}

function language(): string {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, ...navigator.languages].map((tag) => tag?.split("-")[0]?.toLowerCase());
  return wanted.find((tag) => tag !== undefined && LANGUAGES.includes(tag)) ?? "en";
}
