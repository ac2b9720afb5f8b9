/** What is asked of somebody at the door beyond what a browser can do by itself: a widget of others, or a code by e-mail. */

import { html, nothing, type TemplateResult } from "lit";

import type { Problem } from "../engine/problem.ts";
import type { Texts } from "../text/catalogue.ts";
import type { Asked } from "./asked.ts";
import { type Shown, show } from "./widget.ts";

/** Whatever cannot go on before it is answered: the line, or a reservation. */
export interface Asking {
  readonly id: string;
  readonly asked: Asked | null;
  readonly busy: unknown;
  problem: Problem | null;
  readonly changed: () => void;
  /** Go on with this answer. */
  join(answer: string): Promise<void>;
  sendCode(email: string): Promise<void>;
  byMail(email?: string): void;
  /** Go back to what was to be done, where there is something else to do. */
  back?(): void;
}

const shown = new WeakMap<HTMLElement, Shown>();
/** How many widgets did not come: where two third parties are set up, the other one is tried next. */
const failures = new WeakMap<HTMLElement, number>();

export function checkForm(host: HTMLElement, flow: Asking, texts: Texts): TemplateResult {
  const back = (): void => {
    leave(host);
    flow.problem = null;
    flow.back!();
  };
  return html`${flow.asked!.keys === undefined ? codeForm(flow, texts) : widget(host, flow, texts)}
  ${flow.back === undefined ? nothing : html`<button type="button" class="plain" @click=${back}>${texts.say("backToChoice")}</button>`}
  ${shown.has(host) ? html`<div class="failure">${shown.get(host)!.state === "failed" ? html`<div class="note bad" role="alert"><p>${texts.say("widgetFailed")}</p></div>` : nothing}</div>` : nothing}`;
}

function leave(host: HTMLElement): void {
  shown.get(host)?.remove();
  shown.delete(host);
}

/**
 * Their widget is a child of the element itself: it does not work within a shadow tree. Its room is kept from the
 * beginning, and that of what goes wrong below: a button that moves under a finger is not pressed.
 */
function widget(host: HTMLElement, flow: Asking, texts: Texts): TemplateResult {
  const answered = (answer: string): void => void flow.join(answer).then(() => (flow.asked?.keys === undefined ? leave(host) : shown.get(host)?.again()));
  const byMail = (): void => {
    leave(host);
    flow.problem = null;
    flow.byMail(flow.asked!.email);
  };
  const changed = (): void => flow.changed();
  if (!shown.has(host)) shown.set(host, show(host, flow.asked!.keys!, failures.get(host) ?? 0, { drop: flow.id, language: texts.tag, answered, changed }));
  const { state, name, heightPx } = shown.get(host)!;
  const again = (): void => {
    failures.set(host, (failures.get(host) ?? 0) + 1);
    leave(host);
    flow.changed();
  };
  return html`<div class="stack">
    <p class="lead">${texts.say("widget.body", { name })}</p>
    <div class="theirs" .style=${`min-height:${heightPx}px`}>${state === "failed" ? html`<button type="button" class="wide" @click=${again}>${texts.say("retry")}</button>` : html`<slot name="check"></slot>`}
      ${state === "coming" ? html`<p class="row" role="status"><span class="spinner" aria-hidden="true"></span>${texts.say("widgetComes")}</p>` : nothing}
    </div>
    ${flow.asked!.mail ? html`<button type="button" class="plain" @click=${byMail}>${texts.say("codeInstead")}</button>` : nothing}
  </div>`;
}

function codeForm(flow: Asking, texts: Texts): TemplateResult {
  const { answer, email } = flow.asked!;
  const sent = answer !== null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    if (!sent) void flow.sendCode(String(given.get("email") ?? "").trim());
    else void flow.join(answer + String(given.get("code") ?? "").replace(/\D/g, ""));
  };
  return html`<form class="stack" novalidate @submit=${submit}>
    <div class="tight">
      <label for="code">${texts.say(sent ? "codeLabel" : "emailLabel")}</label>
      ${sent
        ? html`<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required>`
        : html`<input id="code" name="email" type="email" autocomplete="email" required .value=${email}>`}
    </div>
    <button class="wide" aria-disabled=${Boolean(flow.busy)}>${texts.say(sent ? "codeConfirm" : "codeSend")}</button>
    ${sent ? html`<button type="button" class="plain" @click=${() => flow.byMail()}>${texts.say("codeOther")}</button>` : nothing}
  </form>`;
}
