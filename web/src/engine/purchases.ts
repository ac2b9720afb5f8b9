/** What a checkout and a receipt ask of the engine; the line is light without it. */

import type { Engine } from "./engine.ts";
import type { Cart, Checkout, Order, Payment, WantedLine } from "./shapes.ts";

export class Purchases {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  reserve(body: string, key: string, pass: string | undefined, challenge: string | undefined): Promise<Checkout> {
    return this.engine.ask("/v1/checkouts", { method: "POST", body, key, pass, challenge });
  }

  checkout(id: string, signal?: AbortSignal): Promise<Checkout> {
    return this.engine.ask(`/v1/checkouts/${id}`, { signal });
  }

  cancel(id: string): Promise<Checkout> {
    return this.engine.ask(`/v1/checkouts/${id}`, { method: "DELETE" });
  }

  pay(id: string, body: string, key: string): Promise<Payment> {
    return this.engine.ask(`/v1/checkouts/${id}/payment`, { method: "POST", body, key });
  }

  cart(drop: string, signal?: AbortSignal): Promise<Cart> {
    return this.engine.ask(`/v1/carts/${drop}`, { signal });
  }

  /** Set these quantities, and leave all others alone. */
  changeCart(drop: string, lines: readonly WantedLine[]): Promise<Cart> {
    return this.engine.ask(`/v1/carts/${drop}`, { method: "PATCH", body: JSON.stringify({ lines }) });
  }

  emptyCart(drop: string): Promise<Cart> {
    return this.engine.ask(`/v1/carts/${drop}`, { method: "DELETE" });
  }

  /** The buyer is back from the bank. */
  returned(id: string): Promise<Payment> {
    return this.engine.ask(`/v1/checkouts/${id}/payment/return`, { method: "POST" });
  }

  order(id: string, signal?: AbortSignal): Promise<Order> {
    return this.engine.ask(`/v1/orders/${id}`, { signal });
  }
}
