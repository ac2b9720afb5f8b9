/**
 * What buyers read, by language: a table of messages a language, with plural forms where a number decides.
 *
 * To add a language, write its tables (the compiler says what is missing) and name it in `LANGUAGES`. A page fetches
 * the words of the one language that it speaks.
 */

import { pause } from "../engine/wait.ts";
import type { AccessWords, CheckoutWords, CheckWords, Key, LineWords, Trouble, Words } from "./words.ts";

export type { Key } from "./words.ts";

/** The line is light, so what only the checkout says is fetched with the checkout, and what few need when they do. */
interface Language {
  readonly line: () => Promise<LineWords>;
  readonly checkout: () => Promise<CheckoutWords>;
  readonly access: () => Promise<AccessWords>;
  readonly check: () => Promise<CheckWords>;
}

const LANGUAGES: { readonly [tag: string]: Language } = {
  en: {
    line: () => import("./en/line.ts").then((loaded) => loaded.line),
    checkout: () => import("./en/checkout.ts").then((loaded) => loaded.checkout),
    access: () => import("./en/access.ts").then((loaded) => loaded.access),
    check: () => import("./en/check.ts").then((loaded) => loaded.check),
  },
  de: {
    line: () => import("./de/line.ts").then((loaded) => loaded.line),
    checkout: () => import("./de/checkout.ts").then((loaded) => loaded.checkout),
    access: () => import("./de/access.ts").then((loaded) => loaded.access),
    check: () => import("./de/check.ts").then((loaded) => loaded.check),
  },
};

const RETRY_MS = 2_000;

export type Part = keyof Language;

export type Params = Readonly<Record<string, string | number>>;

export class Texts {
  readonly tag: string;
  private readonly words: readonly Words[];
  private readonly plurals: Intl.PluralRules;
  private readonly numbers: Intl.NumberFormat;

  constructor(tag: string, words: readonly Words[]) {
    this.tag = tag;
    this.words = words;
    this.plurals = new Intl.PluralRules(tag);
    this.numbers = new Intl.NumberFormat(tag);
  }

  /** The message; the parameter `n` chooses its form. */
  say(key: Key, params: Params = {}): string {
    const message = this.words.find((one) => key in one.messages)?.messages[key] ?? "";
    if (typeof message === "string") return this.filled(message, params);
    const form = this.plurals.select(Number(params["n"] ?? 0));
    return this.filled(message[form] ?? message.other, params);
  }

  /** What a problem of this code means to a buyer, or of all that begin like it; the rest is told in general terms. */
  trouble(code: string): Trouble {
    for (const name of [code, code.split("_")[0]!]) {
      const found = this.words.find((one) => Object.hasOwn(one.troubles, name))?.troubles[name];
      if (found !== undefined) return found;
    }
    return this.words[0]!.troubles["unexpected"]!;
  }

  /** Why a card was declined, by decline code. */
  decline(code = ""): string {
    const declines = this.words.find((one) => one.declines !== undefined)?.declines ?? {};
    return (Object.hasOwn(declines, code) ? declines[code] : declines["generic_decline"]) ?? "";
  }

  number(n: number): string {
    return this.numbers.format(n);
  }

  /** `minor` units of a currency, as people of this language write money. */
  money(minor: number, currency: string): string {
    const format = new Intl.NumberFormat(this.tag, { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(minor / 10 ** digits);
  }

  /** Day and time of a moment, where the buyer is. */
  moment(iso: string): string {
    return new Intl.DateTimeFormat(this.tag, { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));
  }

  /** The time of day of a moment. */
  time(iso: string): string {
    return new Intl.DateTimeFormat(this.tag, { timeStyle: "short" }).format(new Date(iso));
  }

  private filled(message: string, params: Params): string {
    return message.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name] ?? "";
      return typeof value === "number" ? this.number(value) : value;
    });
  }
}

const loaded = new Map<string, Promise<Texts>>();

/** The texts of the first wanted language that there is, else English. */
export function textsFor(wanted: readonly string[], parts: readonly Part[]): Promise<Texts> {
  const tag = wanted.find((one) => primary(one) in LANGUAGES) ?? "en";
  const name = [tag, ...parts].join(" ");
  const found = loaded.get(name) ?? fetched(tag, parts);
  loaded.set(name, found);
  return found;
}

async function fetched(tag: string, parts: readonly Part[]): Promise<Texts> {
  const language = LANGUAGES[primary(tag)]!;
  // A page says `en`; how its reader writes dates and money, their browser knows better.
  const regional = navigator.languages.find((one) => primary(one) === primary(tag)) ?? tag;
  return new Texts(tag.includes("-") ? tag : regional, await Promise.all(parts.map((part) => arrived(language[part]))));
}

/** The network may be bad, and a page without words is none: it goes on asking, as its buyer would. */
async function arrived(load: () => Promise<Words>): Promise<Words> {
  for (;;) {
    try {
      return await load();
    } catch {
      await pause(RETRY_MS);
    }
  }
}

/** What the page speaks around `element`, then what its reader prefers. */
export function languagesAround(element: Element): readonly string[] {
  for (let at: Element | null = element; at !== null; at = at.parentElement ?? hostOf(at)) {
    const lang = at.getAttribute("lang");
    if (lang !== null && lang !== "") return [lang];
  }
  return navigator.languages;
}

function hostOf(element: Element): Element | null {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}

function primary(tag: string): string {
  return tag.toLowerCase().split("-")[0] ?? tag;
}
