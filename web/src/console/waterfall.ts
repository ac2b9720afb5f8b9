/** One purchase from end to end: every event, operation, posting and message, where it lies in time. */

import { html, nothing, type TemplateResult } from "lit";

import { money, ms, time, words } from "./format.ts";
import { tone } from "./parts.ts";
import type { Purchase } from "./shapes.ts";

interface Happening {
  readonly at: number;
  readonly iso: string;
  readonly kind: "event" | "operation" | "posting" | "message" | "owed";
  readonly what: string;
  readonly detail: string;
}

const LANES: Record<Happening["kind"], string> = { event: "Checkout", operation: "Payment", posting: "Books", message: "Message", owed: "Owed" };

export function waterfall(purchase: Purchase, close: () => void): TemplateResult {
  const { checkout, attempts, order } = purchase;
  const currency = checkout.quote.currency;
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const all = happenings(purchase, digits);
  const first = all[0]?.at ?? 0;
  const length = Math.max(1, (all.at(-1)?.at ?? 0) - first);
  return html`<section class="panel purchase" aria-labelledby="purchase">
    <header>
      <h2 id="purchase" tabindex="-1">${order === null ? "Checkout" : "Order"} <span class="id">${checkout.id}</span></h2>
      <span class="pill ${tone(checkout.state)}"><i aria-hidden="true"></i>${words(checkout.state)}</span>
      <button class="bare" @click=${close}>Close</button>
    </header>
    <dl class="pairs">
      <div><dt>Buyer</dt><dd class="id">${checkout.buyer}</dd></div>
      <div><dt>Amount</dt><dd>${money(checkout.quote.total, currency, digits, true)}</dd></div>
      <div><dt>Drop</dt><dd>${checkout.drop_id}</dd></div>
      <div><dt>Wanted</dt><dd>${checkout.quote.lines.map((line) => `${line.quantity} × ${line.item}`).join(", ")}</dd></div>
      ${attempts.map((attempt) => html`<div><dt>Payment ${attempt.n} at ${attempt.gateway}</dt><dd>${words(attempt.state)}${attempt.decline_code === null ? nothing : html` <em class="tag warn">${attempt.decline_code}</em>`}<small class="id">${attempt.gateway_ref ?? "no reference"}</small></dd></div>`)}
    </dl>
    <ol class="waterfall" aria-label="What happened, ${all.length} steps in ${ms(length)}">
      ${all.map((one) => html`<li class=${one.kind}>
        <time datetime=${one.iso} title=${one.iso}>${time(one.iso)}</time>
        <span class="offset">+${ms(one.at - first)}</span>
        <span class="lane">${LANES[one.kind]}</span>
        <span class="what">${one.what}${one.detail === "" ? nothing : html`<small>${one.detail}</small>`}</span>
        <span class="track" aria-hidden="true"><i .style=${`left:${Math.min(100, ((one.at - first) / length) * 100)}%`}></i></span>
      </li>`)}
    </ol>
  </section>`;
}

function happenings(purchase: Purchase, digits: number): Happening[] {
  const found: Happening[] = purchase.history.map((line) => ({
    at: precise(line.at), iso: line.at,
    kind: line.subject.includes("/") ? "operation" : "event",
    what: words(line.what),
    detail: [line.subject.includes("/") ? `attempt ${line.subject.split("/").at(-1)}` : "", line.detail ?? ""].filter((part) => part !== "").join(" · "),
  }));
  for (const entry of purchase.entries) {
    const moved = entry.accounts.map((account, place) => `${account} ${money(entry.amounts[place] ?? 0, entry.currency, digits, true)}`);
    found.push({ at: precise(entry.at), iso: entry.at, kind: "posting", what: words(entry.kind), detail: moved.join(" · ") });
  }
  for (const message of purchase.messages) {
    const outcome = message.outcome === "" ? message.state : `${message.state}: ${message.outcome}`;
    found.push({ at: precise(message.received_at), iso: message.received_at, kind: "message", what: `${message.gateway} says: ${message.kind}`, detail: outcome });
  }
  for (const task of purchase.tasks) {
    found.push({ at: precise(task.due_at), iso: task.due_at, kind: "owed", what: `${words(task.kind)} is due`, detail: task.tries === 0 ? "" : `tried ${task.tries} times` });
  }
  return found.sort((one, other) => one.at - other.at);
}

/** Milliseconds, with the parts of one that Date leaves away. */
function precise(iso: string): number {
  const micro = /\.(\d{3})(\d{1,3})/.exec(iso)?.[2] ?? "0";
  return Date.parse(iso) + Number(micro.padEnd(3, "0")) / 1000;
}
