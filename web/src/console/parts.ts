/** Small pieces that several views are made of. */

import { html, nothing, type TemplateResult } from "lit";

import { moment, span, time, words } from "./format.ts";
import type { Acted, Phase } from "./shapes.ts";

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
  return html`<span class="bar" aria-hidden="true">${parts.map(
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

export function trail(actions: readonly Acted[], most: number, dated = false): TemplateResult {
  if (actions.length === 0) return empty("Nothing was done yet.");
  return html`<ol class="trail">
    ${actions.slice(0, most).map((acted) => {
      const by = String(acted.data["by"] ?? "");
      const why = String(acted.data["why"] ?? "");
      return html`<li>
        <time datetime=${acted.at}>${dated ? moment(acted.at) : time(acted.at)}</time>
        <span><b>${by === "" ? "The engine" : by}</b> ${deed(acted)}${why === "" ? nothing : html`<q>${why}</q>`}</span>
      </li>`;
    })}
  </ol>`;
}

export function ago(iso: string, now: string): string {
  return `${span((Date.parse(now) - Date.parse(iso)) / 1000)} ago`;
}
