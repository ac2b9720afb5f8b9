/** `<race-checkout>`: choose, reserve, pay. */

import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";

import { bus, type Happened } from "../bus.ts";
import { aloud, countdown } from "../look/countdown.ts";
import { RaceElement } from "../look/element.ts";
import { tokens } from "../look/tokens.ts";
import type { Item } from "../engine/shapes.ts";
import type { Asked } from "../line/asked.ts";
import type { Part, Texts } from "../text/catalogue.ts";
import { chooseForm, emptyForm, type Form, unanswered, wrongWith } from "./choose.ts";
import { CheckoutFlow } from "./flow.ts";
import { bankHref, declined, methods, SANDBOX, underWay } from "./paying.ts";
import { priceNews, quoteTable } from "./quote.ts";
import { addressOfReturn, cameBackTo } from "./returning.ts";
import { names, priceNote } from "./rows.ts";
import { look } from "./race-checkout.css.ts";
import type { Step } from "./step.ts";

const REFRESH_S = 10;

export class RaceCheckout extends RaceElement {
  static override parts: readonly Part[] = ["line", "checkout"];
  static override styles = [tokens, look];
  static override properties: PropertyDeclarations = {
    ...RaceElement.properties,
    checkout: { type: String },
    email: { type: String },
    sandbox: { type: Boolean },
    returnUrl: { type: String, attribute: "return-url" },
  };

  /** A checkout to take up, as in the address of a page that a bank sends back to. */
  declare checkout: string | undefined;
  declare email: string | undefined;
  /** Offer the sandbox's payment methods; for demos. */
  declare sandbox: boolean;
  declare returnUrl: string | undefined;
  private flow: CheckoutFlow | null = null;
  private form: Form = emptyForm(null, "");
  private method = SANDBOX[0]!.token;
  private shown: Step | "" = "";
  private asked: Asked | null = null;
  private leftMs = 0;
  private seconds = 0;
  private supplying = false;

  protected start(): void {
    const flow = this.flow = new CheckoutFlow(this.engine, this.drop, this.keep, () => this.changed());
    bus.addEventListener("race", this.heard);
    void flow.start(this.checkout ?? null).then(() => this.started(flow));
  }

  protected stop(): void {
    bus.removeEventListener("race", this.heard);
    this.flow?.stop();
    this.flow = null;
  }

  /** Whoever signs in brings what they have chosen to what they had chosen elsewhere. */
  private readonly heard = (event: Event): void => {
    if ((event as CustomEvent<Happened>).detail.name === "race-signed-in") void this.flow?.refresh(true);
  };

  protected override woken(): void {
    const kept = this.keep.read().checkout;
    // Another tab has begun a checkout: this one shows the same instead of a second one.
    if (this.flow?.step === "choose" && kept !== undefined) void this.flow.start(kept);
    else void this.flow?.refresh(true);
  }

  protected override second(): void {
    const { flow, texts } = this;
    if (flow === null || texts === null) return;
    this.seconds += 1;
    if (this.seconds % REFRESH_S === 0 && document.visibilityState === "visible") void flow.refresh();
    const left = this.left();
    if (left !== null) {
      const said = aloud(this.leftMs, left, texts);
      if (said !== null) this.tell(said);
      this.leftMs = left;
      if (left <= -1_000 && (flow.step === "reserved" || flow.step === "bank")) void flow.lapse();
    }
    this.requestUpdate();
  }

  private left(): number | null {
    const until = this.flow?.checkout?.reserved_until;
    return until === undefined ? null : this.engine.clock.until(until);
  }

  private started(flow: CheckoutFlow): void {
    const back = cameBackTo(flow.checkout?.id);
    if (this.flow !== flow) return; // It was paid by then, and the receipt has taken this place.
    this.form = { ...emptyForm(flow.drop, this.email ?? this.keep.read().email ?? ""), ...unanswered(this.keep, this.form) };
    if (back && (flow.step === "paying" || flow.step === "bank")) void flow.returned();
    this.requestUpdate();
  }

  private changed(): void {
    const { flow } = this;
    this.requestUpdate();
    if (flow?.asked != null && this.checkForm === null) void this.needCheck();
    if (flow === null || (flow.step === this.shown && flow.asked === this.asked)) return;
    const before = this.shown;
    [this.shown, this.asked] = [flow.step, flow.asked];
    if (before !== "" && before !== "loading") void this.headTo(flow.step);
    if (flow.step === before) return;
    this.leftMs = this.left() ?? 0;
    this.happened("race-checkout-step", { step: flow.step, checkout: flow.checkout?.id ?? null });
    if (flow.step === "reserved" && before === "reserving") this.happened("race-reserved", { checkout: flow.checkout!.id });
    if (flow.step === "expired") this.happened("race-expired");
    if (flow.step === "paid") this.happened("race-paid", { order: flow.checkout!.order ?? flow.checkout!.id });
  }

  /** A new page of the same component: whoever cannot see it is taken to its heading. */
  private async headTo(step: Step): Promise<void> {
    if (step === "reserving" || step === "paying") return this.tell(this.say(step));
    this.tell("");
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
    if (this.getBoundingClientRect().top < 0) this.scrollIntoView({ block: "start" });
  }

  protected view(texts: Texts): TemplateResult | typeof nothing {
    const flow = this.flow;
    if (flow === null) return nothing;
    const trouble = flow.problem === null || flow.problem.code === "payment_declined" ? nothing
      : this.trouble(flow.problem, priceNews(flow.problem.told, names(flow.drop), flow.drop?.currency ?? "", texts));
    switch (flow.step) {
      case "loading":
        return flow.problem === null ? this.loading(texts) : html`<div class="stack">${trouble}${this.reload(texts)}</div>`;
      case "choose":
      case "reserving":
        return flow.asked === null ? this.choose(texts, trouble) : this.check(texts, trouble);
      case "reserved":
      case "paying":
        return this.pay(texts, trouble);
      case "bank":
        return this.bank(texts);
      case "expired":
        return this.over(texts, "expiredTitle", "expiredBody", trouble);
      case "ended":
        return this.over(texts, "givenBack", null, trouble);
      case "paid":
        return html`<section class="stack view"><h2 tabindex="-1">${texts.say("paidTitle")}</h2><slot name="paid"></slot></section>`;
    }
  }

  private loading(texts: Texts): TemplateResult {
    return html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${texts.say("loading")}</p>`;
  }

  private reload(texts: Texts): TemplateResult {
    return html`<button class="second" @click=${() => void this.flow!.start(this.checkout ?? null)}>${texts.say("retry")}</button>`;
  }

  private choose(texts: Texts, trouble: unknown): TemplateResult {
    const flow = this.flow!;
    const acts = {
      change: (changes: Partial<Form>) => this.changeForm(changes),
      put: (item: Item, quantity: number) => void this.flow!.put(item, quantity).then(() => this.changeForm({ wrong: null })),
      send: () => void this.send(),
    };
    const note = flow.problem === null ? priceNote(flow.drop!, flow.basket, texts) : nothing;
    return html`<section class="stack view" data-step="choose">
      <div class="tight">
        <h2 tabindex="-1">${texts.say("chooseTitle")}</h2>
        ${this.turn(texts)}
      </div>
      ${chooseForm(flow.drop!, this.form, flow.basket, note, flow.step === "reserving", texts, acts)} ${trouble}
    </section>`;
  }

  private check(texts: Texts, trouble: unknown): TemplateResult {
    const flow = this.flow!;
    const { answer, email, keys } = flow.asked!;
    const lead = keys !== undefined ? "" : answer === null ? texts.say("code.body") : texts.say("codeSent", { email });
    return html`<section class="stack view" data-step="check">
      <div class="tight">
        <h2 tabindex="-1">${texts.say(keys === undefined ? "code.title" : "widget.title")}</h2>
        ${lead === "" ? nothing : html`<p class="lead">${lead}</p>`}
      </div>
      ${this.checkForm?.(this, flow, texts) ?? this.loading(texts)} ${trouble}
    </section>`;
  }

  /** How long the pass of a line lasts, where there is one. */
  private turn(texts: Texts): TemplateResult | typeof nothing {
    const { pass } = this.keep.read();
    if (pass === undefined) return nothing;
    const left = this.engine.clock.until(pass.expiresAt);
    return html`<p class="held"><span class="small">${texts.say("turnLasts")}</span> ${countdown(left, texts)}</p>`;
  }

  private changeForm(changes: Partial<Form>): void {
    this.form = { ...this.form, ...changes };
    this.requestUpdate();
  }

  private async send(): Promise<void> {
    const flow = this.flow!;
    if (flow.step === "reserving") return;
    const wrong = wrongWith(this.form, flow.drop!, flow.basket);
    this.changeForm({ wrong });
    if (wrong === null) return flow.reserve({ ...this.form, email: this.form.email.trim() });
    await this.updateComplete;
    const field = wrong === "email" ? "#email" : ".items input:not(:disabled), .items button";
    this.renderRoot.querySelector<HTMLElement>(field)?.focus();
  }

  private pay(texts: Texts, trouble: unknown): TemplateResult {
    const flow = this.flow!;
    const busy = flow.step === "paying" || this.supplying;
    const left = this.left();
    return html`<section class="stack view" data-step=${flow.step}>
      <div class="tight">
        <h2 tabindex="-1">${texts.say("reservedTitle")}</h2>
        ${left === null ? nothing : html`<p class="held"><span class="small">${texts.say("reservedFor")}</span> ${countdown(left, texts, "big")}</p>`}
      </div>
      ${quoteTable(flow.checkout!.quote, names(flow.drop), "total", texts)} ${declined(flow.problem, texts)} ${trouble}
      <form class="stack" @submit=${this.submitPayment}>
        <slot name="payment">${this.sandbox ? methods(this.method, busy, texts, (token) => this.choosePayment(token)) : nothing}</slot>
        <button class="wide" aria-disabled=${busy}>
          ${busy ? html`<span class="spinner" aria-hidden="true"></span>${texts.say("paying")}` : texts.say("pay", { amount: texts.money(flow.checkout!.quote.total, flow.checkout!.quote.currency) })}
        </button>
      </form>
      ${busy ? underWay(flow.queued, texts) : html`<button class="plain" @click=${() => void flow.giveBack()}>${texts.say("giveBack")}</button>`}
    </section>`;
  }

  private choosePayment(token: string): void {
    this.method = token;
    this.requestUpdate();
  }

  private readonly submitPayment = (event: Event): void => {
    event.preventDefault();
    const flow = this.flow!;
    if (flow.step !== "reserved" || this.supplying) return;
    void this.supplied().then((method) => (method === null ? undefined : flow.pay(method, this.returnAddress())));
  };

  /** The payment method: the shop's own where it answers `race-payment-method`, else the sandbox's. */
  private async supplied(): Promise<string | null> {
    const { checkout } = this.flow!;
    let supply: Promise<string> | string | null = this.sandbox ? this.method : null;
    const { id, quote } = checkout!;
    this.happened("race-payment-method", {
      checkout: id, amount: quote.total, currency: quote.currency, supply: (given: Promise<string> | string) => { supply = given; },
    });
    if (supply === null || typeof supply === "string") return supply;
    this.supplying = true;
    this.requestUpdate();
    try {
      return await supply;
    } catch {
      // The shop's own fields say what is wrong with them; there is nothing to pay with.
      return null;
    } finally {
      this.supplying = false;
      this.requestUpdate();
    }
  }

  private returnAddress(): string {
    return addressOfReturn(this.returnUrl ?? location.href, this.flow!.checkout!.id);
  }

  private bank(texts: Texts): TemplateResult {
    const flow = this.flow!;
    const left = this.left();
    return html`<section class="stack view" data-step="bank">
      <div class="tight">
        <h2 tabindex="-1">${texts.say("bankTitle")}</h2>
        <p class="lead">${texts.say("bankBody")}</p>
        ${left === null ? nothing : html`<p class="held"><span class="small">${texts.say("reservedFor")}</span> ${countdown(left, texts)}</p>`}
      </div>
      <a class="button wide" href=${bankHref(flow.nextAction!, this.engine.api, this.returnAddress())}>${texts.say("bankGo")}</a>
      ${flow.problem === null ? nothing : this.trouble(flow.problem)}
    </section>`;
  }

  private over(texts: Texts, title: "expiredTitle" | "givenBack", body: "expiredBody" | null, trouble: unknown): TemplateResult {
    const told = this.flow!.problem?.code;
    return html`<section class="stack view" data-step=${this.flow!.step}>
      <div class="tight"><h2 tabindex="-1">${texts.say(told === "sold_out" ? "sold_out.title" : title)}</h2>
        ${body === null || told !== undefined ? nothing : html`<p class="lead">${texts.say(body)}</p>`}</div>
      ${trouble}
      <button @click=${() => void this.flow!.again().then(() => this.happened("race-again"))}>${texts.say("startAgain")}</button>
    </section>`;
  }
}
