/** The engine's time, as far as a browser can know it: deadlines are judged there, and a phone's clock may be wrong. */

export class Clock {
  private offsetMs = 0;
  private boundMs = Number.POSITIVE_INFINITY;
  private readonly local: () => number;

  constructor(local: () => number = Date.now) {
    this.local = local;
  }

  /** The engine said that it was `serverMs` between `sentMs` and `receivedMs` of this device; `grainMs` how finely. */
  heard(serverMs: number, sentMs: number, receivedMs: number, grainMs = 0): void {
    const bound = (receivedMs - sentMs) / 2 + grainMs / 2;
    // A quicker answer tells the time better; what is heard later counts a little more, since clocks drift.
    if (!Number.isFinite(serverMs) || bound > this.boundMs * 1.5 + 50) return;
    this.offsetMs = serverMs + grainMs / 2 - (sentMs + receivedMs) / 2;
    this.boundMs = bound;
  }

  /** Milliseconds since 1970, by the engine's clock. */
  now(): number {
    return this.local() + this.offsetMs;
  }

  /** Milliseconds until a moment that the engine named. */
  until(moment: string): number {
    return Date.parse(moment) - this.now();
  }
}
