/** The hand on the sale: each act asks once more and why, and stands in the trail. */

import { html, nothing, type TemplateResult } from "lit";

import { View } from "../element.ts";
import { count, money, rate, span } from "../format.ts";
import "../make-drop.ts";
import { bar, panel, trail } from "../parts.ts";
import type { Acted, Gateway, LineSeen, Overview, Stock } from "../shapes.ts";

export class RaceControl extends View {
  private actions: readonly Acted[] | null = null;
  private latest = -1;

  protected override render(): TemplateResult {
    const seen = this.seen as Overview | null;
    if (seen === null) return html`<div class="grid control">${this.making()}</div>`;
    return html`<div class="grid control">
      <div class="stack aside">
        ${panel("Sale", this.sale(seen))}
        ${panel("Gateways", this.gateways(seen.gateways))}
        ${panel("Audit trail", trail(this.actions ?? seen.actions, 200), { note: "of this drop and all gateways", class: "audit" })}
      </div>
      <div class="stack main">
        ${panel("Line", seen.line === null ? html`<p class="empty">This drop has no line. It is made with a door, and keeps or lacks it for good.</p>` : this.line(seen.line))}
        ${panel("Stock", this.stock(seen), { note: this.may("admin") ? undefined : "is set by admins" })}
        ${this.making()}
      </div>
    </div>`;
  }

  protected override updated(): void {
    const latest = this.seen?.actions[0]?.seq ?? 0;
    if (this.seen === null || latest === this.latest) return;
    this.latest = latest;
    void this.api.trail(this.seen.drop.id).then(
      (actions) => {
        this.actions = actions;
        this.requestUpdate();
      },
      () => undefined, // The latest ones come with the live view.
    );
  }

  private making(): TemplateResult | typeof nothing {
    return this.may("admin") ? html`<race-make-drop .api=${this.api}></race-make-drop>` : nothing;
  }

  private do(title: string, detail: string, confirm: string, act: Record<string, unknown>, danger = false): void {
    const drop = this.seen.drop.id;
    this.ask({ title, detail, confirm, danger, act: (why) => this.api.act(drop, { ...act, why }) });
  }

  private button(text: string, press: () => void, needs: "operator" | "admin" = "operator", style = "second"): TemplateResult {
    return this.may(needs) ? html`<button class=${style} @click=${press}>${text}</button>` : html``;
  }

  private sale(seen: Overview): TemplateResult {
    const { drop } = seen;
    const until = (Date.parse(drop.opens_at) - Date.parse(seen.now)) / 1000;
    const over = drop.phase === "closed";
    return html`<p class="state">${over ? "No new checkout begins." : until > 0 ? html`Opens in <b>${span(until)}</b>` : html`On sale for <b>${span(-until)}</b>`}</p>
      <div class="buttons">
        ${until > 0 && !over ? this.button("Open now", () => this.do(`Open ${drop.title} now?`, "Buyers can reserve at once, whatever was announced.", "Open now", { do: "open", seen: drop.version })) : nothing}
        ${over ? nothing : this.button("Close the sale", () => this.do(`Close ${drop.title}?`, "No new checkout begins. Those that are under way may finish. This cannot be undone.", "Close the sale", { do: "close", seen: drop.version }, true), "operator", "danger")}
        <a class="button second" href="/shop/${encodeURIComponent(drop.id)}" target="_blank" rel="noopener">See the shop</a>
      </div>`;
  }

  private line(line: LineSeen): TemplateResult {
    const paused = line.paused_at !== null;
    return html`<p class="state">${paused ? html`<em class="tag warn">Paused</em> Nobody is called.` : html`Calls <b>${rate(line.rate_now_per_s)}</b> of at most <b>${rate(line.rate_per_s)}</b> a second`}<br><small>${count(line.waiting)} wait${line.message === null ? "" : ` and are told: “${line.message}”`}</small></p>
      ${this.may("operator") ? html`<div class="buttons">
        ${paused
          ? this.button("Resume the line", () => this.do("Resume the line?", "People are called again, at the rate that was set.", "Resume", { do: "resume", seen: line.hand }), "operator", "")
          : this.button("Pause the line", () => this.do("Pause the line?", "Nobody further is called. Whoever has a pass may go on.", "Pause", { do: "pause", seen: line.hand }))}
      </div>
      <form class="inline" @submit=${(event: Event) => this.release(event, line)}>
        <label for="rate">Release rate, a second</label>
        <div class="field"><input id="rate" type="number" min="0" max="1000000" step="any" inputmode="decimal" placeholder=${String(line.rate_per_s)}><button type="submit" class="second">Change</button></div>
        <small>0 gives the door its own rate back: ${rate(line.door_rate_per_s)}</small>
      </form>
      <form class="inline" @submit=${(event: Event) => this.announce(event, line)}>
        <label for="message">Message to all who wait</label>
        <div class="field"><input id="message" type="text" maxlength="300" autocomplete="off"><button type="submit" class="second">Show</button></div>
        <small>Leave it empty to show none.</small>
      </form>` : nothing}`;
  }

  private readonly release = (event: Event, line: LineSeen): void => {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>("#rate")!;
    if (input.value === "" || !input.reportValidity()) return;
    const wanted = Number(input.value);
    const detail = wanted === 0 ? `The door's own ${rate(line.door_rate_per_s)} a second applies again.` : `From ${rate(line.rate_per_s)} to ${rate(wanted)} a second, at most.`;
    this.do("Change the release rate?", detail, "Change it", { do: "release", seen: line.hand, rate_per_s: wanted });
  };

  private readonly announce = (event: Event, line: LineSeen): void => {
    event.preventDefault();
    const message = this.querySelector<HTMLInputElement>("#message")!.value.trim();
    this.do(message === "" ? "Take the message away?" : "Show this message?", message === "" ? "Nobody is told anything any more." : `All who wait read: “${message}”`, message === "" ? "Take it away" : "Show it", { do: "announce", seen: line.hand, message });
  };

  private stock(seen: Overview): TemplateResult {
    const { currency, exponent, version } = seen.drop;
    return html`<ul class="rows four">${seen.stock.map((item) => html`<li>
      <span class="what">${item.title}<small>${money(item.price, currency, exponent, true)}</small></span>
      ${bar(item.stock, [{ value: item.sold, class: "sold" }, { value: item.held, class: "held" }])}
      <span class="digits">${count(item.sold)}<small> / ${count(item.stock)}</small></span>
      ${this.may("admin") ? html`<form class="field" @submit=${(event: Event) => this.restock(event, item, version)}>
        <input type="number" min=${item.sold + item.held} max="1000000000" step="1" required inputmode="numeric" aria-label="New stock of ${item.title}" placeholder=${String(item.stock)}>
        <button type="submit" class="second">Set</button>
      </form>` : nothing}
    </li>`)}</ul>`;
  }

  private readonly restock = (event: Event, item: Stock, version: number): void => {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).querySelector("input")!;
    if (!input.reportValidity()) return;
    const stock = Number(input.value);
    const by = stock - item.stock;
    this.do(`Set ${item.title} to ${count(stock)}?`, `${by >= 0 ? `${count(by)} more than now` : `${count(-by)} fewer than now`}; ${count(item.sold)} are sold and ${count(item.held)} reserved.`, "Set the stock", { do: "restock", item: item.id, stock, seen: version });
  };

  private gateways(gateways: readonly Gateway[]): TemplateResult {
    return html`<ul class="gateways">${gateways.map((gateway) => html`<li>
      <span class="pill ${gateway.drained ? "off" : gateway.breaker === "closed" ? "good" : "bad"}"><i aria-hidden="true"></i>${gateway.drained ? "drained" : gateway.breaker === "closed" ? "in use" : "circuit open"}</span>
      <b>${gateway.name}</b>
      ${gateway.drained
        ? this.button("Use it again", () => this.do(`Use ${gateway.name} again?`, "New payments go there again.", "Use it again", { do: "drain", gateway: gateway.name, drained: false, seen: true }))
        : this.button("Drain", () => this.do(`Drain ${gateway.name}?`, "No new payment begins there; what was begun is finished. If it is the only one, nobody can pay.", "Drain it", { do: "drain", gateway: gateway.name, drained: true, seen: false }, true))}
      ${gateway.drained ? html`<small class="note">by ${gateway.by}${gateway.why === "" ? "" : `: ${gateway.why}`}</small>` : nothing}
    </li>`)}</ul>`;
  }
}

customElements.define("race-control", RaceControl);
