/** Asks once more, and why: nothing is done to a sale by one slip of a finger. */

import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { asProblem, type Problem } from "../engine/problem.ts";
import { said } from "./api.ts";
import type { Asked } from "./element.ts";
import { time } from "./format.ts";
import { deed } from "./parts.ts";
import type { Acted } from "./shapes.ts";

export class RaceConfirm extends LitElement {
  static override properties: PropertyDeclarations = { asked: { attribute: false } };
  declare asked: Asked | null;
  private problem: Problem | null = null;
  private busy = false;
  private short = false;

  constructor() {
    super();
    this.asked = null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  private get dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (!changed.has("asked")) return;
    if (this.asked !== null) {
      this.problem = null;
      this.busy = this.short = false;
      this.requestUpdate();
      this.dialog?.showModal();
      this.querySelector<HTMLInputElement>("#why")!.value = "";
    } else this.dialog?.close();
  }

  protected override render(): TemplateResult {
    const { asked } = this;
    return html`<dialog aria-labelledby="asked" @close=${() => this.done("race-asked")}>
      ${asked === null ? nothing : html`<form method="dialog" novalidate @submit=${this.confirm}>
        <h2 id="asked">${asked.title}</h2>
        <p>${asked.detail}</p>
        <label for="why">Why?</label>
        <input id="why" type="text" maxlength="200" autocomplete="off" aria-invalid=${this.short ? "true" : "false"} aria-describedby="why-note" placeholder="For whoever reads the trail later">
        <p id="why-note" class=${this.short ? "wrong" : "quiet"}>${this.short ? "Three letters at least." : ""}</p>
        ${this.problem === null ? nothing : this.trouble(this.problem)}
        <div class="actions">
          <button type="button" class="second" @click=${() => this.dialog?.close()}>${this.refused ? "Look again" : "Cancel"}</button>
          ${this.refused ? nothing : html`<button type="submit" class=${asked.danger === true ? "danger" : ""} aria-disabled=${this.busy ? "true" : "false"}>${asked.confirm}</button>`}
        </div>
      </form>`}
    </dialog>`;
  }

  /** What was wanted was wanted of a state that is gone: it has to be wanted anew. */
  private get refused(): boolean {
    return this.problem?.code === "stale_view";
  }

  private trouble(problem: Problem): TemplateResult {
    const latest = problem.told["latest"] as Acted | undefined;
    return html`<div class="trouble" role="alert">
      <strong>${this.refused ? "Somebody was faster. Nothing was done." : "Nothing was done."}</strong>
      <p>${latest === undefined ? said(problem) : html`${String(latest.data["by"] ?? "The engine")} ${deed(latest)} at ${time(latest.at)}.`}</p>
    </div>`;
  }

  private readonly confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy || this.asked === null) return;
    const why = this.querySelector<HTMLInputElement>("#why")!.value.trim();
    this.short = why.length < 3;
    if (this.short) {
      this.querySelector<HTMLInputElement>("#why")!.focus();
      return this.requestUpdate();
    }
    this.busy = true;
    this.problem = null;
    this.requestUpdate();
    try {
      await this.asked.act(why);
      this.dialog?.close();
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.status === 401) this.dialog?.close();
      this.problem = problem;
    }
    this.busy = false;
    this.requestUpdate();
  };

  private done(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
}

customElements.define("race-confirm", RaceConfirm);
