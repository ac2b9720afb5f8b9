/** What the engine says, as far as buyers' pages read it. The names are those of the API's reference. */

export type Stock = "plenty" | "few" | "all_reserved" | "sold_out";

export interface Item {
  readonly id: string;
  readonly title: string;
  readonly price: number;
  readonly stock: Stock;
}

export interface Drop {
  readonly id: string;
  readonly title: string;
  readonly phase: "announced" | "open" | "sold_out" | "closed";
  readonly flow: "reservation_first" | "payment_first";
  readonly opens_at: string;
  readonly closes_at: string | null;
  readonly currency: string;
  readonly reservation_seconds: number;
  readonly limit_per_buyer: number | null;
  /** Whether there is a line before it, and whether there are codes that change its price; an older engine does not say. */
  readonly door?: boolean;
  readonly promos?: boolean;
  readonly items: readonly Item[];
}

type LinePhase = "announced" | "registration" | "draw" | "open" | "paused" | "sold_out" | "closed";

export interface LineStatus {
  readonly drop: string;
  readonly phase: LinePhase;
  readonly now: string;
  readonly opens_at: string;
  readonly registration_opens_at: string;
  readonly registration_closes_at: string;
  readonly seed: string | null;
  readonly registered: number | null;
  readonly cursor: number;
  readonly rate_per_s: number;
  readonly stock: "plenty" | "few" | "none";
  readonly poll_s: readonly [number, number];
  readonly message: string | null;
  readonly slim_from: number | null;
}

interface QuoteLine {
  readonly item: string;
  readonly quantity: number;
  readonly unit_price: number;
  readonly discount: number;
  readonly total: number;
}

export interface Quote {
  readonly currency: string;
  readonly lines: readonly QuoteLine[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly promo: string | null;
  readonly tax: number;
}

/** A line of a cart: `was` is the price that its buyer has seen, where it costs another one by now. */
export interface CartLine {
  readonly item: string;
  readonly quantity: number;
  readonly price: number;
  readonly was?: number;
}

export interface Cart {
  readonly version: number;
  readonly lines: readonly CartLine[];
}

/** What is asked for; `price` is what its buyer was shown for a piece. */
export interface WantedLine {
  readonly item: string;
  readonly quantity: number;
  readonly price?: number;
}

export interface Checkout {
  readonly id: string;
  readonly drop: string;
  readonly state: string;
  readonly quote: Quote;
  readonly reserved_until?: string;
  readonly order?: string;
  readonly next_action?: string;
  readonly queued?: number;
}

export interface Payment {
  readonly id: string;
  readonly state: string;
  readonly order?: { readonly id: string };
  readonly next_action?: string;
  readonly queued?: number;
}

export interface Order {
  readonly id: string;
  readonly drop: string;
  readonly state: string;
  readonly amount: number;
  readonly currency: string;
  readonly quote: Quote;
  readonly placed_at: string;
}

/** ALTCHA's challenge: find the number from 0 to `maxnumber` for which SHA-256 of salt and number is `challenge`. */
export interface Challenge {
  readonly algorithm: string;
  readonly challenge: string;
  readonly salt: string;
  readonly signature: string;
  readonly maxnumber: number;
}

/** Third parties whose widget may be shown, each with the key that it is for. */
export type SiteKeys = { readonly [name in "turnstile" | "hcaptcha"]?: string };
