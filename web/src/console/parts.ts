/** Small pieces that several views are made of. */

import { html, nothing, type TemplateResult } from "lit";

import { count, moment, money, span, time, words } from "./format.ts";
import type { Acted, Noticed, Phase } from "./shapes.ts";

export function panel(title: string, content: unknown, more: { note?: unknown; class?: string } = {}): TemplateResult {
  return html`<section class="panel ${more.class ?? ""}">
    <header><h2>${title}</h2>${more.note === undefined ? nothing : html`<span class="note">${more.note}</span>`}</header>
    ${content}
  </section>`;
}

export function empty(text: string): TemplateResult {
  return html`<p class="empty">${text}</p>`;
}

/** A bar of parts of a whole; the rest is empty. */
export function bar(whole: number, parts: readonly { readonly value: number; readonly class: string }[]): TemplateResult {
  return html`<span class="bar" aria-hidden="true">${parts.filter((part) => part.value > 0).map(
    (part) => html`<i class=${part.class} .style=${`width:${whole > 0 ? Math.min(100, (part.value / whole) * 100) : 0}%`}></i>`,
  )}</span>`;
}

const PHASES: Record<Phase, readonly [string, string]> = {
  announced: ["Not open yet", "wait"],
  registration: ["Registration", "wait"],
  draw: ["Drawing", "wait"],
  open: ["On sale", "good"],
  paused: ["Paused", "warn"],
  sold_out: ["Sold out", "good"],
  closed: ["Closed", "off"],
};

export function phase(name: Phase): TemplateResult {
  const [text, tone] = PHASES[name];
  return html`<span class="pill ${tone}"><i aria-hidden="true"></i>${text}</span>`;
}

/** What a state of a checkout or an attempt is worth. */
export function tone(state: string): string {
  if (["paid", "fulfilled", "captured"].includes(state)) return "good";
  if (["review", "lapsed", "capture_failed"].includes(state)) return "bad";
  return ["reserved", "paying", "open"].includes(state) ? "wait" : "off";
}

const DONE: Record<string, string> = {
  drop_created: "created the drop",
  drop_changed: "changed the drop",
  drop_closed: "closed the drop",
  gateway_drained: "drained a gateway",
  gateway_resumed: "put a gateway back in use",
  grants_issued: "issued grants",
  registration_closed: "closed registration",
  list_published: "published who takes part in the draw",
  drawn: "drew the places",
  pool_recounted: "put a count of the stock right",
  finding_closed: "closed a finding",
};

/** What was done, in words. */
export function deed(acted: Acted): string {
  const { data } = acted;
  if (acted.kind === "line_steered") {
    if (data["paused"] !== undefined) return data["paused"] === true ? "paused the line" : "resumed the line";
    if (data["rate_per_s"] !== undefined) {
      return data["rate_per_s"] === 0 ? "gave the line its own rate back" : `set the line to ${String(data["rate_per_s"])} a second`;
    }
    if (data["message"] !== undefined) return data["message"] === "" ? "took the message away" : `told the line: “${String(data["message"])}”`;
  }
  const gateway = acted.stream.startsWith("gateway/") ? ` ${acted.stream.slice(8)}` : "";
  if (gateway !== "") return acted.kind === "gateway_drained" ? `drained${gateway}` : `put${gateway} back in use`;
  return DONE[acted.kind] ?? words(acted.kind).toLowerCase();
}

export function trail(actions: readonly Acted[], most: number): TemplateResult {
  if (actions.length === 0) return empty("Nothing was done yet.");
  return html`<ol class="trail">
    ${actions.slice(0, most).map((acted) => act(acted, moment(acted.at)))}
  </ol>`;
}

function act(acted: Acted, at: string): TemplateResult {
  const by = String(acted.data["by"] ?? "");
  const why = String(acted.data["why"] ?? "");
  return html`<li>
    <time datetime=${acted.at}>${at}</time>
    <span><b>${by === "" ? "The engine" : by}</b> ${deed(acted)}${why === "" ? nothing : html`<q>${why}</q>`}${changes(acted)}</span>
  </li>`;
}

interface Change {
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Which fields were changed, from what to what; the engine tells the first ones and how many there are. */
function changes({ data }: Acted): unknown {
  const told = (data["changed"] ?? []) as readonly Change[];
  const more = Number(data["changes"] ?? 0) - told.length;
  if (told.length === 0) return nothing;
  return html`<ul class="changes">${told.map((one) => html`<li>${field(one.what)} <s>${value(one, one.from, data)}</s> → ${value(one, one.to, data)}</li>`)}
    ${more > 0 ? html`<li>and ${count(more)} more</li>` : nothing}</ul>`;
}

/** `items.shoe.stock` as “shoe: stock”. */
function field(what: string): string {
  const path = what.split(".");
  const name = words(path.at(-1) ?? "").toLowerCase();
  if (path.length === 1) return name;
  return path[0] === "door" ? `door: ${name}` : `${path.slice(1, -1).join(".")}: ${name}`;
}

function value({ what }: Change, said: unknown, data: Acted["data"]): string {
  if (said === null) return "nothing";
  const name = what.split(".").at(-1) ?? "";
  if (typeof said === "number" && (name === "price" || name === "amount_off")) return price(said, String(data["currency"]));
  if (typeof said === "number") return said.toLocaleString();
  return typeof said === "string" && name.endsWith("_at") ? moment(said) : String(said);
}

/** Minor units, with as many digits as the currency has. */
function price(minor: number, currency: string): string {
  const style = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return money(minor, currency, style.resolvedOptions().maximumFractionDigits ?? 2, true);
}

const NOTICED: Record<string, readonly [string, string]> = {
  failed: ["bad", "{which}: {count} answered with a failure of ours"],
  unanswered: ["bad", "{which}: {count} calls without an answer"],
  not_sent: ["bad", "{which}: {count} calls could not be sent"],
  failed_over: ["warn", "{which}: {count} payments went on elsewhere"],
  capture_failed: ["bad", "{which}: {count} captures failed, their orders were undone"],
  undeliverable: ["bad", "{count} orders could not be told to the merchant"],
  finding: ["bad", "Reconciliation found {count}: {which}"],
  shed: ["warn", "{which}: no room for {count}"],
  no_room: ["warn", "{count} commands found the queue full"],
  no_database: ["bad", "{count} commands found no database"],
  given_up: ["bad", "{count} transactions were given up after conflicts"],
  keys_unanswered: ["warn", "The shop’s login did not give its keys"],
  breaker_open: ["bad", "{which}: the circuit opened"],
  breaker_closed: ["good", "{which}: the circuit closed"],
  process_started: ["", "A process started"],
  process_gone: ["warn", "A process ended"],
};

/** What people did and what the engine noticed by itself, in one line of time, the latest first. */
export function happened(actions: readonly Acted[], noticed: readonly Noticed[], most: number): TemplateResult {
  const all = [
    ...actions.map((acted) => ({ at: acted.at, shown: act(acted, time(acted.at)) })),
    ...noticed.map((one) => ({ at: one.until, shown: notice(one) })),
  ].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return all.length === 0 ? empty("Nothing yet.") : html`<ol class="trail">${all.slice(0, most).map((one) => one.shown)}</ol>`;
}

function notice(one: Noticed): TemplateResult {
  const [tone, text] = NOTICED[one.what] ?? ["", `${words(one.what)} {which} {count}`];
  const lasted = (Date.parse(one.until) - Date.parse(one.at)) / 1000;
  const said = text.replace("{count}", count(one.count)).replace("{which}", words(one.which));
  return html`<li class="noticed ${tone}"><time datetime=${one.until}>${time(one.until)}</time>
    <span><i aria-hidden="true"></i>${said}${lasted < 1 ? nothing : html`<q>for ${span(lasted)}</q>`}</span></li>`;
}

/** A bar of what is the most of it, for lists that are read from the top. */
export function ranked(rows: readonly { readonly what: unknown; readonly value: number; readonly shown: string }[]): TemplateResult {
  const most = Math.max(...rows.map((row) => row.value));
  return html`<ul class="rows">${rows.map((row) => html`<li><span class="what">${row.what}</span>${bar(most, [{ value: row.value, class: "calm" }])}<span class="digits">${row.shown}</span></li>`)}</ul>`;
}
