/** The field for an access code; few need it, so it is fetched when somebody asks for it. */

import { html, type TemplateResult } from "lit";

import type { Texts } from "../text/catalogue.ts";

export function accessForm(texts: Texts, busy: boolean, redeem: (grant: string) => void): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = String(new FormData(event.target as HTMLFormElement).get("access") ?? "").trim();
    if (given !== "") redeem(given);
  };
  return html`<form class="stack" @submit=${submit}>
    <div class="tight">
      <label for="access">${texts.say("accessLabel")}</label>
      <input id="access" name="access" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" required>
    </div>
    <button class="second wide" aria-disabled=${busy}>${texts.say("accessUse")}</button>
  </form>`;
}
