/** The charts of a view: their series, asked for anew every few seconds, and only while somebody looks. */

import { html, type TemplateResult } from "lit";

import "./chart.ts";
import { View } from "./element.ts";
import { empty } from "./parts.ts";
import type { Column, Overview, Series } from "./shapes.ts";

const AGAIN_MS = 5000;
const RANGES = [
  { label: "5 min", minutes: 5 },
  { label: "15 min", minutes: 15 },
  { label: "1 h", minutes: 60 },
  { label: "6 h", minutes: 360 },
] as const;

export abstract class OverTime extends View {
  protected series: Series | null = null;
  private chosen: number | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private asked = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => document.visibilityState === "visible" && void this.fetch(), AGAIN_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override updated(changed: Map<string, unknown>): void {
    const before = changed.get("seen") as Overview | undefined;
    if (this.series === null || (before !== undefined && before.drop.id !== this.seen.drop.id)) void this.fetch();
  }

  /** What somebody has chosen, or the shortest time that holds what the engine tells of itself: the whole sale, of an hour at most. */
  private get minutes(): number {
    const age = (Date.parse(this.seen.now) - Date.parse(this.seen.drop.opens_at)) / 60_000;
    return this.chosen ?? RANGES.find(({ minutes }) => minutes >= age)?.minutes ?? 60;
  }

  protected column(name: string): Column {
    return (this.series?.[name] as Column | undefined) ?? [];
  }

  protected get at(): readonly number[] {
    return this.series?.at ?? [];
  }

  protected ranges(): TemplateResult {
    return html`<span class="ranges" role="group" aria-label="Time shown">${RANGES.map(
      (range) => html`<button class="bare" aria-pressed=${range.minutes === this.minutes ? "true" : "false"} @click=${() => this.choose(range.minutes)}>${range.label}</button>`,
    )}</span>`;
  }

  /** Room for a chart, and the chart once there is something to draw. */
  protected chart(label: string, as: (value: number) => string, lines: readonly { label: string; name: string; colour: string; filled?: boolean }[]): TemplateResult {
    const drawn = lines.map((line) => ({ ...line, values: this.column(line.name) }));
    if (this.series === null) return html`<div class="chart"></div>`;
    if (drawn.every((line) => line.values.every((value) => value === null))) return html`<div class="chart bare-chart">${empty("Nothing to draw yet.")}</div>`;
    return html`<div class="chart"><race-chart .at=${this.at} .label=${label} .as=${as} .lines=${drawn}></race-chart></div>`;
  }

  private choose(minutes: number): void {
    this.chosen = minutes;
    this.asked = "";
    void this.fetch();
    this.requestUpdate();
  }

  private async fetch(): Promise<void> {
    const drop = this.seen.drop.id;
    const asked = `${drop} ${this.minutes} ${Math.floor(Date.now() / 2000)}`;
    if (asked === this.asked) return;
    this.asked = asked;
    const since = this.chosen === null ? null : new Date(Date.parse(this.seen.now) - this.chosen * 60_000);
    try {
      const series = await this.api.series(drop, since);
      if (drop === this.seen.drop.id) this.series = series;
    } catch {
      return; // What is drawn stays; that the engine does not answer is said above all views.
    }
    this.requestUpdate();
  }
}
