/** The door of the console: an admin key, shown once. */

import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { type Api, said } from "./api.ts";

export class RaceSignIn extends LitElement {
  static override properties: PropertyDeclarations = { api: { attribute: false }, over: { type: Boolean } };
  declare api: Api;
  declare over: boolean;
  private wrong = "";
  private busy = false;

  constructor() {
    super();
    this.over = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override firstUpdated(): void {
    this.querySelector("input")!.focus();
  }

  protected override render(): TemplateResult {
    return html`<main class="door">
      <form @submit=${this.enter} novalidate>
        <p class="brand"><i aria-hidden="true"></i>Race to Purchase</p>
        <h1>${this.over ? "Sign in again" : "Console"}</h1>
        <p class="lead">
          ${this.over
            ? "Your session is over. What you were about to do was not done, and nothing is repeated by itself."
            : "Watch a sale, follow a purchase, and keep a hand on the line."}
        </p>
        <label for="key">Admin key</label>
        <input id="key" type="password" autocomplete="current-password" spellcheck="false" aria-invalid=${this.wrong === "" ? "false" : "true"} aria-describedby="key-note">
        <p id="key-note" class=${this.wrong === "" ? "quiet" : "wrong"} role=${this.wrong === "" ? nothing : "alert"}>
          ${this.wrong === "" ? html`It stands in <code>RACE_ADMIN_KEYS</code>, or was printed by <code>race serve</code>.` : this.wrong}
        </p>
        <button type="submit" aria-disabled=${this.busy ? "true" : "false"}>Sign in</button>
      </form>
    </main>`;
  }

  private readonly enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>("#key")!;
    if (this.busy) return;
    if (input.value.trim() === "") return this.refuse("Give a key.");
    this.busy = true;
    this.requestUpdate();
    try {
      await this.api.signIn(input.value.trim());
      input.value = "";
      this.dispatchEvent(new CustomEvent("race-signed-in", { bubbles: true }));
    } catch (thrown) {
      this.refuse(said(thrown));
    }
    this.busy = false;
    this.requestUpdate();
  };

  private refuse(why: string): void {
    this.wrong = why;
    this.requestUpdate();
    this.querySelector<HTMLInputElement>("#key")!.focus();
  }
}

customElements.define("race-sign-in", RaceSignIn);
