/** A chart over time: uPlot in the console's colours, as wide as its place, and in words for who cannot see it. */

import { LitElement, type PropertyDeclarations } from "lit";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { hour } from "./format.ts";
import type { Column } from "./shapes.ts";

/** In pixels, as `.chart` in the styles keeps room for it. */
const HEIGHT = 190;

/** Hours and minutes are what stands below a chart: marks closer than a minute would read the same. */
const WHOLE_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120].map((minutes) => minutes * 60);

export interface Drawn {
  readonly label: string;
  readonly values: Column;
  /** Name of a custom property with its colour. */
  readonly colour: string;
  readonly filled?: boolean;
}

export class RaceChart extends LitElement {
  static override properties: PropertyDeclarations = {
    at: { attribute: false }, lines: { attribute: false }, as: { attribute: false }, label: {},
  };
  declare at: readonly number[];
  declare lines: readonly Drawn[];
  declare as: (value: number) => string;
  declare label: string;
  private plot: uPlot | null = null;
  private form = "";
  private readonly sized = new ResizeObserver(() => this.fit());
  private readonly themed = new MutationObserver(() => this.remake());

  constructor() {
    super();
    this.at = [];
    this.lines = [];
    this.as = String;
    this.label = "";
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate(); // Where it stood before, its chart went when it left.
    this.sized.observe(this);
    this.themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
    this.themed.disconnect();
    this.plot?.destroy();
    this.plot = null;
    this.form = "";
  }

  protected override updated(): void {
    if (!this.isConnected) return; // A view that was left has no style, and so no colours.
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", this.inWords());
    const form = this.lines.map((line) => line.label + line.colour).join();
    if (this.plot === null || form !== this.form) {
      this.form = form;
      this.remake();
    } else this.plot.setData(this.data());
  }

  private remake(): void {
    this.plot?.destroy();
    this.plot = new uPlot(this.options(), this.data(), this);
  }

  private fit(): void {
    // It is told of its first width too, which it was drawn with.
    if (this.plot !== null && this.clientWidth > 0 && this.clientWidth !== this.plot.width) this.plot.setSize({ width: this.clientWidth, height: HEIGHT });
  }

  private data(): uPlot.AlignedData {
    return [[...this.at], ...this.lines.map((line) => [...line.values])] as uPlot.AlignedData;
  }

  private options(): uPlot.Options {
    const style = getComputedStyle(this);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const [faint, muted] = [colour("--grid"), colour("--muted")];
    const font = `12px ${style.fontFamily}`;
    return {
      width: Math.max(200, this.clientWidth),
      height: HEIGHT,
      padding: [10, 20, 0, 0],
      legend: { show: this.lines.length > 1, live: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Number.isFinite(max) && max > 0 ? max * 1.15 : 1] } },
      axes: [
        { stroke: muted, font, grid: { show: false }, ticks: { show: false }, space: 90, size: 28, incrs: WHOLE_MINUTES, values: (_plot, at) => at.map(hour) },
        { stroke: muted, font, grid: { stroke: faint, width: 1 }, ticks: { show: false }, space: 44, size: 62, values: (_plot, at) => distinct(at.map(this.as)) },
      ],
      series: [
        {},
        ...this.lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          width: 2,
          spanGaps: false,
          points: { show: false },
          ...(line.filled === true ? { fill: fading(colour(line.colour)) } : {}),
        })),
      ],
    };
  }

  private inWords(): string {
    const told = this.lines.map((line) => {
      const known = line.values.filter((value) => value !== null);
      const [last, most] = [known.at(-1), known.length === 0 ? undefined : Math.max(...known)];
      return `${line.label}: ${last === undefined ? "nothing yet" : `now ${this.as(last)}, at most ${this.as(most!)}`}`;
    });
    return `${this.label}. ${told.join("; ")}`;
  }
}

/** Where little happens several marks would read the same: one of them is enough. */
function distinct(texts: readonly string[]): string[] {
  return texts.map((text, place) => (texts.indexOf(text) === place ? text : ""));
}

/** From the line's colour, however it is written, down to nothing. */
function fading(colour: string): (plot: uPlot) => CanvasGradient | string {
  return (plot) => {
    const { top, height } = plot.bbox;
    if (!Number.isFinite(height) || height === 0) return "transparent";
    const fill = plot.ctx.createLinearGradient(0, top, 0, top + height);
    fill.addColorStop(0, `color-mix(in srgb, ${colour} 30%, transparent)`);
    fill.addColorStop(1, `color-mix(in srgb, ${colour} 0%, transparent)`);
    return fill;
  };
}

customElements.define("race-chart", RaceChart);
