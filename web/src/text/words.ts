/** What a language has to say: the shape of its tables, which is that of the English ones. */

import type { access } from "./en/access.ts";
import type { check } from "./en/check.ts";
import type { checkout } from "./en/checkout.ts";
import type { line } from "./en/line.ts";
import type { plain } from "./en/plain.ts";

/** One message, or one a plural category of the language; `{name}` stands for a parameter. */
type Message = string | ({ readonly other: string } & { readonly [form in Intl.LDMLPluralRule]?: string });

/** What went wrong, and what to do next. */
export interface Trouble {
  readonly what: string;
  readonly next: string;
}

/** Messages by key, troubles by problem code, and why a card was declined by decline code. */
export interface Words {
  readonly messages: Readonly<Record<string, Message>>;
  readonly troubles: Readonly<Record<string, Trouble>>;
  readonly declines?: Readonly<Record<string, string>>;
}

/** A language has to have what English has. */
type Like<English extends Words> = {
  readonly messages: { readonly [key in keyof English["messages"]]: Message };
  readonly troubles: { readonly [code in keyof English["troubles"]]: Trouble };
};

export type LineWords = Like<typeof line>;
export type CheckoutWords = Like<typeof checkout> & {
  readonly declines: { readonly [code in keyof (typeof checkout)["declines"]]: string };
};

export type AccessWords = Like<typeof access>;
export type CheckWords = Like<typeof check>;
export type PlainWords = Like<typeof plain>;

export type Key = keyof LineWords["messages"] | keyof CheckoutWords["messages"] | keyof AccessWords["messages"] | keyof CheckWords["messages"];
