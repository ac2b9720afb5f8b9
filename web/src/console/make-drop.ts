/** A new drop: from a form with what every sale needs, or from a drop file with all that there is. */

import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import type { Api } from "./api.ts";
import type { Asked } from "./element.ts";

const EXAMPLE = `[drop]
id = "aurora-2"
title = "Aurora Two"
opens_at = 2026-12-01T18:00:00Z
currency = "EUR"
limit_per_buyer = 2

[[items]]
id = "eu-42"
title = "EU 42"
price = 15900
stock = 200
`;

interface Line {
  readonly number: number;
}

export class RaceMakeDrop extends LitElement {
  static override properties: PropertyDeclarations = { api: { attribute: false } };
  declare api: Api;
  private way: "form" | "file" = "form";
  private items: Line[] = [{ number: 1 }];
  private text = "";
  private wrong = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<section class="panel make">
      <header><h2>Make a drop</h2>
        <span class="ranges" role="group" aria-label="How">
          <button class="bare" aria-pressed=${this.way === "form"} @click=${() => this.turn("form")}>Form</button>
          <button class="bare" aria-pressed=${this.way === "file"} @click=${() => this.turn("file")}>Drop file</button>
        </span>
      </header>
      ${this.wrong === "" ? nothing : html`<div class="trouble" role="alert"><p>${this.wrong}</p></div>`}
      ${this.way === "form" ? this.form() : this.file()}
    </section>`;
  }

  private form(): TemplateResult {
    return html`<form class="make" @submit=${this.fromForm}>
      <div class="fields">
        <label>Title<input name="title" required maxlength="200" placeholder="Aurora Two"></label>
        <label>Id, in addresses<input name="id" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" placeholder="aurora-2" autocapitalize="off"></label>
        <label>Opens<input name="opens_at" type="datetime-local" required></label>
        <label>Closes<input name="closes_at" type="datetime-local"></label>
        <label>Currency<input name="currency" required maxlength="3" pattern="[A-Z]{3}" value="EUR"></label>
        <label>Each buyer may have<input name="limit" type="number" min="1" max="1000000" placeholder="any number" inputmode="numeric"></label>
      </div>
      ${this.items.map(({ number }) => html`<fieldset class="fields">
        <legend>Item ${number}</legend>
        <label>Title<input name="item-title" required maxlength="200" placeholder="EU 42"></label>
        <label>Id<input name="item-id" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" placeholder="eu-42" autocapitalize="off"></label>
        <label>Price<input name="item-price" required inputmode="decimal" pattern="[0-9]+([.,][0-9]{1,3})?" placeholder="159.00"></label>
        <label>Stock<input name="item-stock" type="number" required min="0" max="1000000000" inputmode="numeric" placeholder="200"></label>
      </fieldset>`)}
      <div class="buttons">
        <button type="button" class="second" @click=${() => this.more()}>One more item</button>
        <button type="submit">Make the drop</button>
      </div>
    </form>`;
  }

  private file(): TemplateResult {
    return html`<form class="make" @submit=${this.fromFile}>
      <label>Drop file<input type="file" accept=".toml,text/plain" @change=${this.read}></label>
      <label>Its text, in TOML<textarea name="toml" rows="14" spellcheck="false" required placeholder=${EXAMPLE} .value=${this.text}></textarea></label>
      <div class="buttons"><button type="submit">Make the drop</button></div>
    </form>`;
  }

  private turn(way: "form" | "file"): void {
    this.way = way;
    this.wrong = "";
    this.requestUpdate();
  }

  private more(): void {
    this.items = [...this.items, { number: this.items.length + 1 }];
    this.requestUpdate();
  }

  private readonly read = async (event: Event): Promise<void> => {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (file === undefined) return;
    this.text = await file.text();
    this.requestUpdate();
  };

  private readonly fromFile = (event: Event): void => {
    event.preventDefault();
    this.text = this.querySelector("textarea")!.value;
    this.put("Make the drop of this file?", { toml: this.text });
  };

  private readonly fromForm = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    const currency = text("currency");
    let digits: number;
    try {
      digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      digits = 2;
    }
    const column = (name: string): string[] => form.getAll(name).map((value) => String(value).trim());
    const [titles, ids, prices, stocks] = [column("item-title"), column("item-id"), column("item-price"), column("item-stock")];
    const limit = text("limit");
    this.put(`Make ${text("title")}?`, {
      definition: {
        id: text("id"), title: text("title"), currency, opens_at: instant(text("opens_at")),
        ...(text("closes_at") === "" ? {} : { closes_at: instant(text("closes_at")) }),
        ...(limit === "" ? {} : { limit_per_buyer: Number(limit) }),
        items: ids.map((id, place) => ({ id, title: titles[place], stock: Number(stocks[place]), price: Math.round(Number(prices[place]!.replace(",", ".")) * 10 ** digits) })),
      },
    });
  };

  private put(title: string, body: Record<string, unknown>): void {
    const asked: Asked = {
      title, detail: "Buyers see it at once, and may buy when it opens.", confirm: "Make it",
      act: async (why) => {
        const made = await this.api.put({ ...body, seen: -1, why });
        this.dispatchEvent(new CustomEvent("race-stored", { bubbles: true, detail: made.id }));
      },
    };
    this.dispatchEvent(new CustomEvent("race-ask", { bubbles: true, detail: asked }));
  }
}

/** What stands in the field is the operator's own time. */
function instant(local: string): string {
  return new Date(local).toISOString();
}

customElements.define("race-make-drop", RaceMakeDrop);
