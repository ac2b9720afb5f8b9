/**
 * Parts of the page on which a buyer pays. In the demo, the ways to pay are the sandbox's, each standing for one thing that a bank does. A real shop puts its
 * gateway's own fields into the slot `payment`, and only the token that they give reaches the component.
 */

import { html, nothing, type TemplateResult } from "lit";

import type { Problem } from "../engine/problem.ts";
import type { Key, Texts } from "../text/catalogue.ts";

export interface Method {
  readonly token: string;
  readonly label: Key;
}

export const SANDBOX: readonly Method[] = [
  { token: "pm_approved", label: "methodApproved" },
  { token: "pm_insufficient_funds", label: "methodInsufficient" },
  { token: "pm_declined", label: "methodDeclined" },
  { token: "pm_action_required", label: "methodAction" },
  { token: "pm_action_fails", label: "methodActionFails" },
  { token: "pm_slow", label: "methodSlow" },
];

/** The sandbox's methods, to choose one. */
export function methods(chosen: string, busy: boolean, texts: Texts, choose: (token: string) => void): TemplateResult {
  return html`<fieldset class="methods">
    <legend>${texts.say("payTitle")}</legend>
    ${SANDBOX.map(({ token, label }) => html`<label class="method">
      <input type="radio" name="method" .value=${token} .checked=${chosen === token} ?disabled=${busy} @change=${() => choose(token)}>
      <span>${texts.say(label)}</span>
    </label>`)}
    <p class="small">${texts.say("sandboxNote")}</p>
  </fieldset>`;
}

/** Why the last payment was declined, and that nothing is lost. */
export function declined(problem: Problem | null, texts: Texts): TemplateResult | typeof nothing {
  if (problem === null || problem.code !== "payment_declined") return nothing;
  return html`<div class="note bad" role="alert">
    <strong>${texts.say("declinedTitle")}</strong>
    <p>${texts.decline(problem.told.decline_code)} ${texts.say("declinedKept")}</p>
  </div>`;
}

/** A payment is being decided; `queued` is its place where it waits for its turn. */
export function underWay(queued: number | null, texts: Texts): TemplateResult {
  return html`<div class="note">
    ${queued === null ? nothing : html`<strong class="digits">${texts.say("queued", { n: queued })}</strong>`}
    <p>${texts.say("payingBody")}</p>
  </div>`;
}

/** A bank's address, never a script: what a gateway gives is put into a link. The sandbox's bank is told the way back. */
export function bankHref(address: string, api: string, back: string): string {
  const url = new URL(address, api || location.href);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "about:blank";
  if (url.pathname.startsWith("/sandbox/actions/")) url.searchParams.set("return", back);
  return url.href;
}
