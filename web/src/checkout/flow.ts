/**
 * The way from a choice to an order, without any page: reserve, pay, act at the bank, and what can come between.
 *
 * Each wish has one key until it is answered, in this browser's storage: a double tap, a lost network and a reload all
 * come to the same request.
 */

import { notice } from "../bus.ts";
import type { Engine } from "../engine/engine.ts";
import type { Keep } from "../engine/keep.ts";
import { asProblem, type Problem } from "../engine/problem.ts";
import { Purchases } from "../engine/purchases.ts";
import type { Checkout, Drop, Item, Payment } from "../engine/shapes.ts";
import { pause } from "../engine/wait.ts";
import type { Asking } from "../line/check.ts";
import type { Asked } from "../line/asked.ts";
import { askedBy, solving } from "./asking.ts";
import { Basket, type Choice, wishFor } from "./basket.ts";
import { several } from "./rows.ts";
import { declinedElsewhere, GONE, OneThing, type Step, stepOf, UNDECIDED } from "./step.ts";

const PAYING_POLL_MS = 1_500;

export class CheckoutFlow extends OneThing implements Asking {
  drop: Drop | null = null;
  /** What is chosen, where it may be several items. */
  basket: Basket | null = null;
  checkout: Checkout | null = null;
  /** Where a payment stands that waits for its turn. */
  queued: number | null = null;
  nextAction: string | null = null;
  /** What is asked of this buyer before they may reserve, beyond what their browser solves by itself. */
  asked: Asked | null = null;
  readonly id: string;

  private wanted: Choice | null = null;
  private stopped = new AbortController();
  private readonly engine: Engine;
  private readonly purchases: Purchases;
  private readonly keep: Keep;

  constructor(engine: Engine, id: string, keep: Keep, changed: () => void) {
    super(changed);
    this.engine = engine;
    this.purchases = new Purchases(engine);
    this.id = id;
    this.keep = keep;
  }

  /** Load the drop, and take up a checkout that was begun: before a reload, in another tab, or before the bank. */
  async start(checkout: string | null): Promise<void> {
    this.stopped = new AbortController();
    const begun = checkout ?? this.keep.read().checkout;
    await this.doing("loading", async () => {
      this.drop = await this.engine.drop(this.id, this.stopped.signal);
      this.basket = several(this.drop) ? new Basket(this.purchases, this.id) : null;
      if (begun !== undefined && (await this.resumed(begun, checkout !== null))) return;
      await this.basket?.load(this.stopped.signal);
      this.step = "choose";
    });
  }

  stop(): void {
    this.stopped.abort();
  }

  /** Look at the drop again, for what is left; with `basket`, at what is chosen too, which another tab may change. */
  async refresh(basket = false): Promise<void> {
    if (this.step !== "choose" || this.busy) return;
    try {
      this.drop = await this.engine.drop(this.id, this.stopped.signal, 1);
      if (basket) await this.basket?.load(this.stopped.signal);
      this.changed();
    } catch (thrown) {
      if (this.drop === null) this.problem = asProblem(thrown);
    }
  }

  /** Have so many of an item in the basket. */
  async put(item: Item, quantity: number): Promise<void> {
    if (this.step !== "choose") return;
    this.problem = null;
    try {
      const sent = this.basket!.put(item.id, quantity, item.price);
      this.changed();
      await sent;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.changed();
  }

  /** Reserve what was chosen; `answer` is to what was asked for at the try before. */
  async reserve(choice: Choice, answer?: string): Promise<void> {
    this.wanted = choice;
    await this.doing("reserving", async () => {
      this.keep.change({ email: choice.email });
      try {
        const body = await wishFor(choice, this.drop!, this.basket);
        const checkout = await solving(answer, this.asked, (shown) =>
          this.purchases.reserve(body, this.keep.keyFor(body), this.keep.read().pass?.token, shown));
        this.asked = null;
        this.keep.change({ checkout: checkout.id, pass: undefined });
        this.keep.answered();
        this.adopt(checkout);
        notice("race-reserved", this.id, { checkout: checkout.id });
      } catch (thrown) {
        this.step = "choose";
        const problem = asProblem(thrown);
        if (!problem.passing) this.keep.answered();
        if (problem.code.startsWith("pass_")) this.keep.turnIsOver();
        const asked = this.asked === null ? askedBy(problem, choice.email) : null;
        if (asked === null) throw problem;
        this.asked = asked;
      }
    });
    if (this.problem !== null) await this.refresh(true);
  }

  /** Reserve with the answer to what is asked. */
  join(answer: string): Promise<void> {
    return this.reserve(this.wanted!, answer);
  }

  async sendCode(email: string): Promise<void> {
    await this.doing("choose", async () => {
      const { answer } = await this.engine.sendCode(this.id, email, "reserve");
      this.asked = { answer, email };
    });
  }

  /** Nothing is answered, and nothing reserved. */
  back(): void {
    this.asked = null;
    this.changed();
  }

  byMail(email = ""): void {
    this.asked = { answer: null, email };
    this.changed();
  }

  /** Pay by a token of the gateway; `returnUrl` is where a bank sends the buyer back to. */
  async pay(method: string, returnUrl: string): Promise<void> {
    const { checkout } = this;
    if (checkout === null) return;
    const body = JSON.stringify({ payment_method: method, return_url: returnUrl });
    if (!this.busy) notice("race-paying", this.id);
    await this.doing("paying", async () => {
      try {
        await this.told(checkout, await this.purchases.pay(checkout.id, body, this.keep.keyFor(`${checkout.id} ${body}`)));
      } catch (thrown) {
        await this.notPaid(asProblem(thrown));
      }
    });
  }

  /** The buyer came back from the bank. */
  async returned(): Promise<void> {
    const { checkout } = this;
    if (checkout === null) return;
    await this.doing("paying", async () => {
      try {
        await this.told(checkout, await this.purchases.returned(checkout.id));
      } catch (thrown) {
        await this.notPaid(asProblem(thrown));
      }
    });
  }

  private async told(checkout: Checkout, payment: Payment): Promise<void> {
    if (payment.state !== "paying") this.keep.answered();
    this.queued = payment.queued ?? null;
    this.nextAction = payment.next_action ?? null;
    if (payment.order !== undefined) return this.bought({ ...checkout, state: "paid", order: payment.order.id });
    await this.decided(checkout.id);
  }

  /** Give back what is reserved. */
  async giveBack(): Promise<void> {
    const { checkout } = this;
    if (checkout === null) return;
    await this.doing(this.step, async () => {
      await this.purchases.cancel(checkout.id);
      this.over("ended");
    });
  }

  /** Choose again. */
  async again(): Promise<void> {
    this.over("choose");
    this.problem = null;
    this.changed();
    await this.refresh(true);
  }

  /** The deadline has passed by the engine's clock: what has become of it, the engine says. */
  async lapse(): Promise<void> {
    const { checkout } = this;
    if (checkout === null || this.busy) return;
    await this.doing(this.step, async () => {
      if (!(await this.resumed(checkout.id, true))) this.over("expired");
    });
  }

  /** Take up the checkout of this id as it stands; false where there is nothing left of it. */
  private async resumed(id: string, named: boolean): Promise<boolean> {
    try {
      const checkout = await this.purchases.checkout(id, this.stopped.signal);
      if (checkout.drop !== this.id) return false;
      if (GONE.has(checkout.state)) {
        this.keep.change({ checkout: undefined });
        if (!named) return false;
        this.over(checkout.state === "cancelled" ? "ended" : "expired");
        return true;
      }
      this.keep.change({ checkout: id });
      this.adopt(checkout);
      // A payment that is under way is followed without being waited for here.
      if (this.step === "paying") void this.follow(id);
      return true;
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code !== "unknown_checkout") throw problem;
      this.keep.change({ checkout: undefined });
      if (named) this.problem = problem;
      return false;
    }
  }

  private async follow(id: string): Promise<void> {
    try {
      await this.decided(id);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.changed();
  }

  /** Wait until the payment is decided, or the buyer has to act. */
  private async decided(id: string): Promise<void> {
    while (!this.stopped.signal.aborted) {
      if (this.nextAction !== null) {
        this.step = "bank";
        return;
      }
      this.changed();
      await pause(PAYING_POLL_MS, this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      const checkout = await this.purchases.checkout(id, this.stopped.signal);
      this.adopt(checkout);
      if (!UNDECIDED.has(checkout.state)) return this.settled(checkout);
    }
  }

  /** A payment has ended otherwise than by an answer to us: why, the same request says, under the same key. */
  private settled(checkout: Checkout): void {
    this.keep.answered();
    if (GONE.has(checkout.state)) this.over("expired");
    else if (checkout.state === "reserved") this.problem = declinedElsewhere(checkout);
  }

  private async notPaid(problem: Problem): Promise<void> {
    this.problem = problem;
    this.step = "reserved";
    this.nextAction = null;
    if (!problem.passing || problem.code === "payment_declined") this.keep.answered();
    if (problem.code === "reservation_expired" || problem.code === "sold_out") this.over("expired");
    const until = problem.told.reserved_until;
    if (until !== undefined && this.checkout !== null) this.checkout = { ...this.checkout, reserved_until: until };
    if (problem.code === "payment_in_flight") await this.decided(this.checkout?.id ?? "");
    if (problem.code === "wrong_state" && this.checkout !== null) await this.resumed(this.checkout.id, true);
    notice("race-declined", this.id, { code: problem.code, decline: problem.told.decline_code });
  }

  private adopt(checkout: Checkout): void {
    this.checkout = checkout;
    this.queued = checkout.queued ?? null;
    this.nextAction = checkout.next_action ?? null;
    this.step = stepOf(checkout);
    if (this.step === "paid") this.bought(checkout);
  }

  private bought(checkout: Checkout): void {
    this.checkout = checkout;
    this.keep.change({ checkout: undefined, pass: undefined, wish: undefined });
    this.problem = null;
    this.step = "paid";
    this.basket?.empty().catch((thrown: unknown) => notice("race-cart-kept", this.id, { code: asProblem(thrown).code }));
  }

  private over(step: Step): void {
    this.keep.change({ checkout: undefined, wish: undefined });
    this.checkout = null;
    this.nextAction = null;
    this.step = step;
  }
}
