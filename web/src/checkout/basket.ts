/**
 * What a buyer means to buy of several items. The engine keeps it, so that a reload, another tab and a sign-in have it.
 *
 * A tap shows at once and is sent behind; taps that come meanwhile go together. What is not yet sent is only wished for.
 */

import type { Purchases } from "../engine/purchases.ts";
import type { Cart, CartLine, Drop, WantedLine } from "../engine/shapes.ts";

export interface Choice {
  readonly item: string;
  readonly quantity: number;
  readonly email: string;
  readonly promo: string;
}

export class Basket {
  private cart: Cart | null = null;
  private readonly wished = new Map<string, WantedLine>();
  private sending: Promise<void> | null = null;
  private readonly purchases: Purchases;
  private readonly drop: string;

  constructor(purchases: Purchases, drop: string) {
    this.purchases = purchases;
    this.drop = drop;
  }

  async load(signal?: AbortSignal): Promise<void> {
    const cart = await this.purchases.cart(this.drop, signal);
    // A tap that is on its way is newer than this.
    if (this.sending === null) this.cart = cart;
  }

  quantity(item: string): number {
    return this.wished.get(item)?.quantity ?? this.line(item)?.quantity ?? 0;
  }

  /** The price at which the buyer took an item; null where it is not in the basket. */
  seen(item: string): number | null {
    const line = this.line(item);
    return line === undefined ? null : (line.was ?? line.price);
  }

  /** Set a quantity; resolves once the engine has it. `price` is what the page shows. */
  put(item: string, quantity: number, price: number): Promise<void> {
    // Whoever changes a quantity has not looked at the price: that they have, is said when they go on.
    this.wished.set(item, this.seen(item) === null ? { item, quantity, price } : { item, quantity });
    return this.sent();
  }

  /** Everything sent, at the prices that `shown` has: the version of the cart that can be reserved. */
  async agreed(shown: Drop): Promise<number> {
    for (const { item, quantity } of this.cart?.lines ?? []) {
      const price = shown.items.find((one) => one.id === item)?.price;
      if (price === undefined) this.wished.set(item, { item, quantity: 0 });
      else if (price !== this.seen(item)) this.wished.set(item, { item, quantity: this.quantity(item) || quantity, price });
    }
    await this.sent();
    return this.cart?.version ?? 0;
  }

  /** Nothing in it any more. */
  async empty(): Promise<void> {
    this.wished.clear();
    this.cart = await this.purchases.emptyCart(this.drop);
  }

  private line(item: string): CartLine | undefined {
    return this.cart?.lines.find((line) => line.item === item);
  }

  private sent(): Promise<void> {
    this.sending ??= this.send().finally(() => { this.sending = null; });
    return this.sending;
  }

  private async send(): Promise<void> {
    while (this.wished.size > 0) {
      const batch = [...this.wished.values()];
      try {
        this.cart = await this.purchases.changeCart(this.drop, batch);
      } catch (thrown) {
        // What was refused is not wished for any more: the page shows what the engine has.
        this.wished.clear();
        throw thrown;
      }
      for (const line of batch) if (this.wished.get(line.item) === line) this.wished.delete(line.item);
    }
  }
}

/** What is sent to reserve, at the prices that the page shows: what costs something else by then is not reserved. */
export async function wishFor({ item, quantity, email, promo }: Choice, drop: Drop, basket: Basket | null): Promise<string> {
  const price = drop.items.find((one) => one.id === item)?.price;
  return JSON.stringify({
    drop: drop.id,
    ...(basket === null ? { lines: [{ item, quantity, price }] } : { cart: await basket.agreed(drop) }),
    buyer: email === "" ? {} : { email },
    ...(promo === "" ? {} : { promo }),
  });
}
