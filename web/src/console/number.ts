/** A number that moves to its next value instead of jumping there, so that the eye sees that something happened. */

import { LitElement, type PropertyDeclarations } from "lit";

const MOVES_MS = 600;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class RaceNumber extends LitElement {
  static override properties: PropertyDeclarations = { value: { attribute: false }, as: { attribute: false } };
  declare value: number;
  declare as: (value: number) => string;
  private shown: number | null = null;
  private moving = 0;

  constructor() {
    super();
    this.value = 0;
    this.as = String;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    cancelAnimationFrame(this.moving);
  }

  protected override updated(): void {
    cancelAnimationFrame(this.moving);
    const from = this.shown;
    if (from === null || calm.matches || document.hidden || from === this.value) return this.put(this.value);
    const began = performance.now();
    const step = (now: number): void => {
      const part = Math.min(1, (now - began) / MOVES_MS);
      const eased = 1 - (1 - part) ** 3;
      this.put(part === 1 ? this.value : from + (this.value - from) * eased);
      if (part < 1) this.moving = requestAnimationFrame(step);
    };
    this.moving = requestAnimationFrame(step);
  }

  private put(value: number): void {
    this.shown = value;
    this.textContent = this.as(value);
  }
}

customElements.define("race-number", RaceNumber);
