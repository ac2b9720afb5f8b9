/** Where a checkout stands, and that one thing is done at a time. */

import { asProblem, Problem } from "../engine/problem.ts";
import type { Checkout } from "../engine/shapes.ts";

export type Step = "loading" | "choose" | "reserving" | "reserved" | "paying" | "bank" | "expired" | "ended" | "paid";

export const GONE = new Set(["expired", "cancelled", "unknown_checkout"]);
/** Not decided yet, also where the reservation has ended meanwhile: it may become an order all the same. */
export const UNDECIDED = new Set(["paying", "lapsed"]);
const SOLD = new Set(["paid", "fulfilled", "refunded", "returned"]);

export function stepOf(checkout: Checkout): Step {
  if (SOLD.has(checkout.state)) return "paid";
  if (UNDECIDED.has(checkout.state)) return checkout.next_action == null ? "paying" : "bank";
  return checkout.state === "reserved" || checkout.state === "open" ? "reserved" : "expired";
}

/** What a payment came to whose answer went to another tab. */
export function declinedElsewhere(checkout: Checkout): Problem {
  return new Problem(402, { code: "payment_declined", reserved_until: checkout.reserved_until ?? "" });
}

export class OneThing {
  step: Step = "loading";
  problem: Problem | null = null;
  busy = false;
  readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** One thing at a time: what comes meanwhile is a double tap. */
  protected async doing(step: Step, work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    this.step = step;
    this.changed();
    try {
      await work();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.busy = false;
    this.changed();
  }
}
