/** What the three components have in common: attributes, language, network, a second hand, and one quiet voice. */

import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { announce } from "../bus.ts";
import { Engine, engineAt } from "../engine/engine.ts";
import { Keep } from "../engine/keep.ts";
import type { Problem } from "../engine/problem.ts";
import { pause } from "../engine/wait.ts";
import { languagesAround, type Key, type Params, type Part, Texts, textsFor } from "../text/catalogue.ts";

/** Where the script came from is where the engine is, unless a page says otherwise. */
export const HOME = new URL(import.meta.url).origin;

const CHECK_AGAIN_MS = 2_000;

export abstract class RaceElement extends LitElement {
  static override properties: PropertyDeclarations = {
    drop: { type: String },
    api: { type: String },
    lang: { type: String },
  };

  /** Which words the component needs. */
  static parts: readonly Part[] = ["line"];

  declare drop: string;
  declare api: string;
  protected texts: Texts | null = null;
  protected online = navigator.onLine;
  private spoken = "";
  private timer: ReturnType<typeof setInterval> | undefined;
  private begun = false;
  private more: readonly Part[] = [];
  protected checkForm: typeof import("../line/check.ts").checkForm | null = null;

  constructor() {
    super();
    this.drop = "";
    this.api = HOME;
  }

  protected get engine(): Engine {
    return engineAt(this.address);
  }

  protected get keep(): Keep {
    return new Keep(this.address, this.drop);
  }

  private get address(): string {
    return this.api.replace(/\/+$/, "");
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("online", this.networkChanged);
    addEventListener("offline", this.networkChanged);
    addEventListener("storage", this.elsewhere);
    document.addEventListener("visibilitychange", this.lookedAt);
    this.timer = setInterval(() => this.second(), 1000);
    this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("online", this.networkChanged);
    removeEventListener("offline", this.networkChanged);
    removeEventListener("storage", this.elsewhere);
    document.removeEventListener("visibilitychange", this.lookedAt);
    clearInterval(this.timer);
    this.begun = false;
    this.stop();
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("lang")) void this.speak();
    this.begin();
  }

  protected abstract start(): void;
  protected abstract stop(): void;
  protected abstract view(texts: Texts): TemplateResult | typeof nothing;
  /** Once a second, while the component is on a page. */
  protected second(): void {}
  /** The network is back, the page is looked at again, or another tab has done something. */
  protected woken(): void {}
  protected ready(): boolean {
    return this.drop !== "";
  }

  protected override render(): TemplateResult | typeof nothing {
    const { texts } = this;
    // What the page says inside of the element stays until there are words.
    if (texts === null) return html`<slot><p class="small" aria-hidden="true">…</p></slot>`;
    return html`
      ${this.online ? nothing : this.offline(texts)} ${this.view(texts)}
      <div class="quiet" role="status" aria-live="polite">${this.spoken}</div>
    `;
  }

  protected say(key: Key, params?: Params): string {
    return this.texts?.say(key, params) ?? "";
  }

  /** Say something to those who listen instead of looking; the same thing is not said twice in a row. */
  protected tell(text: string): void {
    if (text === this.spoken) return;
    this.spoken = text;
    this.requestUpdate();
  }

  protected happened(name: string, detail: Record<string, unknown> = {}): boolean {
    return announce(this, name, this.drop, detail);
  }

  /** What went wrong, in plain words, and what to do next; `more` is put below. */
  protected trouble(problem: Problem, more: unknown = nothing): TemplateResult {
    const { what, next } = this.texts!.trouble(problem.topic);
    return html`<div class="note bad" role="alert">
      <strong>${what}</strong>
      <p>${next}</p>
      ${problem.told.request_id === undefined ? nothing : html`<p class="small">${problem.told.request_id}</p>`} ${more}
    </div>`;
  }

  private offline(texts: Texts): TemplateResult {
    return html`<div class="note bad offline" role="alert">
      <strong>${texts.say("offlineTitle")}</strong>
      <p>${texts.say("offlineBody")}</p>
    </div>`;
  }

  private begin(): void {
    if (this.begun || !this.isConnected || !this.ready()) return;
    this.begun = true;
    void this.speak();
    this.start();
  }

  /** Fetch the words that it needs, `more` of them from now on. */
  protected async speak(more: readonly Part[] = []): Promise<void> {
    this.more = [...new Set([...this.more, ...more])];
    const parts = [...(this.constructor as typeof RaceElement).parts, ...this.more];
    this.texts = await textsFor(languagesAround(this), parts);
    this.requestUpdate();
  }

  /** Few are asked for more than their browser can do by itself; where the network is bad, it is fetched again. */
  protected async needCheck(): Promise<void> {
    try {
      const [{ checkForm }] = await Promise.all([import("../line/check.ts"), this.speak(["check"])]);
      this.checkForm = checkForm;
      this.requestUpdate();
    } catch {
      await pause(CHECK_AGAIN_MS);
      return this.needCheck();
    }
  }

  private readonly networkChanged = (): void => {
    this.online = navigator.onLine;
    if (this.online) this.woken();
    this.requestUpdate();
  };

  private readonly lookedAt = (): void => {
    if (document.visibilityState === "visible") this.woken();
  };

  private readonly elsewhere = (): void => {
    this.woken();
    this.requestUpdate();
  };
}
