/** Registers the components that a shop embeds with one script tag. What a page does not show is not fetched. */

import { bus } from "./bus.ts";
import { Engine, engineAt } from "./engine/engine.ts";
import { RaceLine } from "./line/race-line.ts";
import { solve } from "./line/solve.ts";
import { HOME } from "./look/element.ts";
import { sampled } from "./rum/sample.ts";

const LATER: { readonly [name: string]: () => Promise<CustomElementConstructor> } = {
  "race-checkout": () => import("./checkout/race-checkout.ts").then((loaded) => loaded.RaceCheckout),
  "race-order": () => import("./order/race-order.ts").then((loaded) => loaded.RaceOrder),
};

const RETRY_MS = 3_000;

Engine.solve = solve;

function define(name: string): void {
  const load = LATER[name];
  if (load === undefined || customElements.get(name) !== undefined) return;
  load().then(
    (component) => customElements.get(name) ?? customElements.define(name, component),
    // The network is bad: the page goes on asking, as its buyer would.
    () => setTimeout(() => define(name), RETRY_MS),
  );
}

function defineWhatIsThere(): void {
  for (const name of Object.keys(LATER)) if (document.querySelector(name) !== null) define(name);
}

if (customElements.get("race-line") === undefined) {
  customElements.define("race-line", RaceLine);
  new MutationObserver(defineWhatIsThere).observe(document, { childList: true, subtree: true });
  defineWhatIsThere();
  // Whoever waits in a line needs the checkout next: it is fetched before the door opens.
  addEventListener("race-line-view", () => Object.keys(LATER).forEach(define), { once: true });
  // What measures is no part of what buyers wait for, and where it cannot be fetched nothing is missed.
  if (sampled()) import("./rum/rum.ts").then(({ measure }) => measure(HOME, bus), () => undefined);
}

/** Make the guest of this browser the customer that the shop's token names; `api` as on the elements. */
function signIn(token: string, api: string = HOME): Promise<void> {
  return engineAt(api.replace(/\/+$/, "")).signIn(token);
}

declare global {
  interface Window {
    race?: { readonly bus: EventTarget; readonly signIn: typeof signIn };
  }
}

window.race ??= { bus, signIn };
