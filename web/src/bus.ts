/**
 * Everything that happens to a buyer, as one stream: what components tell the page, and what they notice themselves.
 *
 * Components send each of these as a DOM event of the same name too (`race-admitted`, `race-paid`, …). Whoever measures
 * listens here: `race.bus.addEventListener("race", (event) => event.detail)`. Nothing is sent anywhere from here.
 */

export interface Happened {
  readonly name: string;
  readonly drop: string;
  /** Milliseconds since the page began to load. */
  readonly at: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

export const bus = new EventTarget();

/** Say on the bus alone what a component noticed. */
export function notice(name: string, drop: string, detail: Record<string, unknown> = {}): void {
  const happened: Happened = { name, drop, at: performance.now(), detail };
  bus.dispatchEvent(new CustomEvent("race", { detail: happened }));
}

/** Say it to the page, from the component; false where the page prevents what would come by itself. */
export function announce(from: EventTarget, name: string, drop: string, detail: Record<string, unknown> = {}): boolean {
  notice(name, drop, detail);
  return from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
}
