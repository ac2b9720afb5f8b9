/** The console: who is signed in, which drop is looked at, and in which of the four views. */

import { html, LitElement, nothing, type TemplateResult } from "lit";

import { Api, said } from "./api.ts";
import "./dialog.ts";
import type { Asked } from "./element.ts";
import { Live, type Link } from "./live.ts";
import { phase } from "./parts.ts";
import type { StoredDrop } from "./shapes.ts";
import "./sign-in.ts";

const VIEWS = ["executive", "on-call", "debug", "control"] as const;
type ViewName = (typeof VIEWS)[number];
const TITLES: Record<ViewName, string> = { executive: "Executive", "on-call": "On call", debug: "Debug", control: "Drop control" };
/** Views that open with charts. */
const CHARTED = new Set<ViewName>(["executive", "on-call"]);
const KEEPS_MS = 5 * 60_000;
/** The view that is opened is drawn by then; the others need not delay it. */
const SETTLED_MS = 1500;
const THEME = "race-console-theme";

const LINKS: Record<Link, readonly [string, string]> = {
  connecting: ["Connecting", "wait"],
  live: ["Live", "good"],
  lost: ["Disconnected", "bad"],
  database: ["No database", "bad"],
  gone: ["No such drop", "off"],
};

export class RaceConsole extends LitElement {
  private readonly api = new Api();
  private state: "opening" | "out" | "over" | "in" | "failed" = "opening";
  private failure = "";
  private drops: readonly StoredDrop[] = [];
  private live: Live | null = null;
  private view: ViewName = "executive";
  private asked: Asked | null = null;
  private keeping: ReturnType<typeof setInterval> | undefined;
  /** The page brings the first one after this script: what charts need is made ready while the engine is asked. */
  private loaded = new Set<ViewName>(["executive"]);

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dress(localStorage.getItem(THEME) ?? "dark");
    this.api.onSignedOut = () => this.state === "in" && this.leave("over");
    addEventListener("hashchange", this.moved);
    addEventListener("keydown", this.pressed);
    this.keeping = setInterval(() => {
      if (this.state === "in") void this.api.resume().catch((thrown: { status?: number }) => thrown.status === 401 && this.leave("over"));
    }, KEEPS_MS);
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.moved);
    removeEventListener("keydown", this.pressed);
    clearInterval(this.keeping);
    this.live?.end();
  }

  /** Who is signed in, which drops there are, how the one in the address stands, and its charts are asked for all at once. */
  private async open(): Promise<void> {
    this.state = "opening";
    this.moved();
    try {
      [, this.drops] = await Promise.all([this.api.resume(), this.api.drops()]);
      this.state = "in";
      this.moved();
      setTimeout(() => this.loadAll(), SETTLED_MS);
    } catch (thrown) {
      const { status } = thrown as { status?: number };
      this.failure = said(thrown);
      this.leave(status === 401 ? "out" : "failed");
    }
  }

  private leave(state: "out" | "over" | "failed"): void {
    if (this.state === state) return;
    this.live?.end();
    this.live = null;
    this.asked = null;
    this.state = state;
    this.requestUpdate();
  }

  /** The address says which drop and which view: it can be kept, sent, and gone back to. */
  private readonly moved = (): void => {
    const [, drop = "", view = ""] = location.hash.split("/").map(decoded);
    this.view = VIEWS.find((name) => name === view) ?? "executive";
    const wanted = drop === "" ? (this.drops[0]?.definition.id ?? "") : drop;
    document.title = `${TITLES[this.view]} · Console`;
    if ((this.state === "in" || this.state === "opening") && wanted !== "" && this.live?.drop !== wanted) {
      this.live?.end();
      this.live = new Live(this.api, wanted, () => this.requestUpdate());
      this.live.start();
      if (CHARTED.has(this.view)) this.api.ahead(wanted);
    }
    void this.load(this.view);
    this.requestUpdate();
  };

  private async load(view: ViewName): Promise<void> {
    if (this.loaded.has(view)) return;
    if (view === "on-call") await import("./views/on-call.ts");
    if (view === "debug") await import("./views/debug.ts");
    if (view === "control") await import("./views/control.ts");
    this.loaded.add(view);
    this.requestUpdate();
  }

  /** Whoever is cut off later still turns to the view that they need. One that cannot be had now is asked for again then. */
  private loadAll(): void {
    for (const view of VIEWS) void this.load(view).catch(() => undefined);
  }

  private go(drop: string, view: ViewName): void {
    location.hash = `/${encodeURIComponent(drop)}/${view}`;
  }

  /** 1 to 4 choose a view, t the light; not while somebody writes. */
  private readonly pressed = (event: KeyboardEvent): void => {
    const writes = (event.target as Element).closest("input, textarea, select, dialog") !== null;
    if (writes || event.ctrlKey || event.metaKey || event.altKey || this.state !== "in") return;
    const view = VIEWS[Number(event.key) - 1];
    if (view !== undefined) this.go(this.live?.drop ?? "", view);
    if (event.key === "t") this.turnLight();
  };

  private turnLight(): void {
    const theme = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
    localStorage.setItem(THEME, theme);
    this.dress(theme);
    this.requestUpdate();
  }

  private dress(theme: string): void {
    document.documentElement.dataset["theme"] = theme === "light" ? "light" : "dark";
  }

  protected override render(): TemplateResult {
    if (this.state === "opening") return html`<main class="opening"><p class="loading" role="status">Opening the console …</p></main>`;
    if (this.state === "failed") {
      return html`<main class="door"><div class="trouble" role="alert"><strong>The console cannot be opened.</strong><p>${this.failure}</p></div>
        <button @click=${() => void this.open()}>Try again</button></main>`;
    }
    if (this.state !== "in") {
      return html`<race-sign-in .api=${this.api} .over=${this.state === "over"} @race-signed-in=${() => void this.open()}></race-sign-in>`;
    }
    return html`${this.top()} ${this.notice()}
      <main id="view" tabindex="-1" @race-ask=${this.ask} @race-stored=${this.stored}>${this.content()}</main>
      <race-confirm .asked=${this.asked} @race-asked=${() => this.answered()}></race-confirm>`;
  }

  private top(): TemplateResult {
    const [text, tone] = LINKS[this.live?.link ?? "connecting"];
    const drop = this.live?.drop ?? "";
    const dark = document.documentElement.dataset["theme"] === "dark";
    return html`<a class="skip" href="#view" @click=${this.skip}>To the content</a>
    <header class="top">
      <p class="brand"><i aria-hidden="true"></i><span>Race to Purchase</span></p>
      ${this.drops.length === 0 ? nothing : html`<select aria-label="Drop" @change=${(event: Event) => this.go((event.target as HTMLSelectElement).value, this.view)}>
        ${this.drops.map(({ definition }) => html`<option value=${definition.id} ?selected=${definition.id === drop}>${definition.title} · ${definition.id}</option>`)}
      </select>`}
      <nav aria-label="Views">
        ${VIEWS.map((name, place) => html`<a href="#/${encodeURIComponent(drop)}/${name}" aria-current=${name === this.view ? "page" : nothing} title="Key ${place + 1}">${TITLES[name]}</a>`)}
      </nav>
      <div class="who">
        ${this.live === null ? nothing : html`<span class="link ${tone}" role="status"><i aria-hidden="true"></i>${text}</span>`}
        <button class="bare" @click=${() => this.turnLight()} aria-label=${dark ? "Switch to light" : "Switch to dark"}>${dark ? "☀" : "☾"}</button>
        <span class="name">${this.api.operator?.name} <small>${this.api.operator?.role}</small></span>
        <button class="bare" @click=${() => void this.api.signOut().then(() => this.leave("out"))}>Sign out</button>
      </div>
    </header>`;
  }

  private notice(): TemplateResult | typeof nothing {
    const { live } = this;
    if (live === null || live.overview === null || live.link === "live" || live.link === "connecting") return nothing;
    const at = new Date(live.heardAt).toLocaleTimeString(undefined, { hourCycle: "h23" });
    return html`<div class="strip" role="alert"><b>${LINKS[live.link][0]}.</b> This is how it was at ${at}. Trying again by itself.</div>`;
  }

  private content(): TemplateResult {
    const { live } = this;
    if (this.view === "control" && this.drops.length === 0 && this.loaded.has("control")) return html`<race-control .api=${this.api} .seen=${null}></race-control>`;
    if (this.drops.length === 0) {
      return html`<div class="nothing"><h1>No drop yet</h1><p>Make the first one, from a form or from a drop file.</p><a class="button" href="#//control">Make a drop</a></div>`;
    }
    if (live?.link === "gone") return html`<div class="nothing"><h1>There is no drop “${live.drop}”</h1><p>Choose another one above.</p></div>`;
    if (live?.overview == null || !this.loaded.has(this.view)) {
      return live?.link === "lost" || live?.link === "database"
        ? html`<div class="nothing" role="alert"><h1>${LINKS[live.link][0]}</h1><p>The engine does not tell how the sale is going. Trying again by itself.</p></div>`
        : html`<div class="skeleton" role="status" aria-label="Loading"><i></i><i></i><i></i><i></i><i></i></div>`;
    }
    return html`<div class="title"><h1>${live.overview.drop.title}</h1>${phase(live.overview.drop.phase)}</div>${this.shown(live)}`;
  }

  private shown(live: Live): TemplateResult {
    const seen = live.overview!;
    switch (this.view) {
      case "executive":
        return html`<race-executive .api=${this.api} .seen=${seen}></race-executive>`;
      case "on-call":
        return html`<race-on-call .api=${this.api} .seen=${seen}></race-on-call>`;
      case "debug":
        return html`<race-debug .api=${this.api} .seen=${seen}></race-debug>`;
      case "control":
        return html`<race-control .api=${this.api} .seen=${seen}></race-control>`;
    }
  }

  private readonly skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>("#view")?.focus();
  };

  private readonly ask = (event: Event): void => {
    const asked = (event as CustomEvent<Asked>).detail;
    this.asked = { ...asked, act: async (why) => this.took(await asked.act(why)) };
    this.requestUpdate();
  };

  /** An action answers with the state after it: it is seen at once, and not a second later. */
  private took(answer: unknown): void {
    if (typeof answer === "object" && answer !== null && "drop" in answer) this.live?.take(answer as never);
  }

  private answered(): void {
    this.asked = null;
    this.requestUpdate();
  }

  private readonly stored = async (event: Event): Promise<void> => {
    this.drops = await this.api.drops();
    this.go((event as CustomEvent<string>).detail, "control");
    this.requestUpdate();
  };
}

/** A part of the address, which anybody may have written. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

customElements.define("race-console", RaceConsole);
