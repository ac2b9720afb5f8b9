/**
 * The widget of Turnstile or hCaptcha. Their script is loaded when somebody is asked for it, and never before.
 *
 * The two have one interface, made for being exchanged; what differs stands in `KINDS`.
 * https://developers.cloudflare.com/turnstile/get-started/client-side-rendering, https://docs.hcaptcha.com/configuration
 */

import type { SiteKeys } from "../engine/shapes.ts";

type Name = keyof SiteKeys;

/** As much of their script as is used. */
interface Api {
  render(into: HTMLElement, options: Readonly<Record<string, unknown>>): string;
  reset(id: string): void;
  remove(id: string): void;
}

interface Kind {
  readonly called: string;
  readonly script: (language: string) => string;
  readonly more: (drop: string, language: string) => object;
  /** What the widget needs, with a little around it. */
  readonly heightPx: () => number;
}

/** Their script; the drop is told to Turnstile alone, which repeats it to the engine. */
const KINDS: { readonly [name in Name]: Kind } = {
  turnstile: {
    called: "Cloudflare Turnstile",
    script: () => "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit",
    more: (drop, language) => ({ cData: drop, language, size: "flexible" }),
    heightPx: () => 72,
  },
  hcaptcha: {
    called: "hCaptcha",
    script: (language) => `https://js.hcaptcha.com/1/api.js?render=explicit&recaptchacompat=off&hl=${encodeURIComponent(language)}`,
    more: () => ({ size: narrow() ? "compact" : "normal" }),
    heightPx: () => (narrow() ? 152 : 86),
  },
};

function narrow(): boolean {
  return innerWidth < 360;
}

export interface Wish {
  readonly drop: string;
  readonly language: string;
  /** The answer as the engine takes it. */
  readonly answered: (answer: string) => void;
  readonly changed: () => void;
}

export interface Shown {
  /** Whose it is, as people call them. */
  readonly name: string;
  readonly heightPx: number;
  readonly state: "coming" | "there" | "failed";
  /** Ask anew: an answer counts once. */
  again(): void;
  remove(): void;
}

const scripts = new Map<string, Promise<Api>>();

/** Show one of these widgets as a child of `host`, in the slot `check`: the first one, or after `failures` the next. */
export function show(host: HTMLElement, keys: SiteKeys, failures: number, wish: Wish): Shown {
  const all = Object.entries(keys) as [Name, string][];
  const [name, siteKey] = all[failures % all.length]!;
  const place = document.createElement("div");
  place.slot = "check";
  host.append(place);
  let made: { api: Api; id: string } | null = null;
  const shown = {
    name: KINDS[name].called,
    heightPx: KINDS[name].heightPx(),
    state: "coming" as Shown["state"],
    again: () => made?.api.reset(made.id),
    remove: () => {
      made?.api.remove(made.id);
      place.remove();
    },
  };
  const become = (state: Shown["state"]): void => {
    shown.state = state;
    wish.changed();
  };
  api(name, wish.language).then(
    (found) => {
      if (!place.isConnected) return;
      const id = found.render(place, {
        sitekey: siteKey,
        callback: (token: string) => wish.answered(`${name}.${token}`),
        "error-callback": () => become("failed"),
        "expired-callback": () => made?.api.reset(made.id),
        theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
        ...KINDS[name].more(wish.drop, wish.language.split("-")[0]!),
      });
      made = { api: found, id };
      become("there");
    },
    () => become("failed"),
  );
  return shown;
}

function api(name: Name, language: string): Promise<Api> {
  const url = KINDS[name].script(language.split("-")[0]!);
  const found = scripts.get(url) ?? loaded(name, url);
  scripts.set(url, found);
  // What did not come this time may come the next time.
  found.catch(() => scripts.delete(url));
  return found;
}

function loaded(name: Name, url: string): Promise<Api> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.async = true;
    script.onerror = () => {
      script.remove();
      reject(new Error(`${name} did not come`));
    };
    script.onload = () => {
      const found = (window as unknown as { readonly [name in Name]?: Api })[name];
      if (found === undefined) reject(new Error(`${name} is not what it was`));
      else resolve(found);
    };
    document.head.append(script);
  });
}
