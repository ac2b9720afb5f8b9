/**
 * What a buyer's browser saw of the shop: web vitals, how far the visit came, how long a purchase felt, what broke.
 *
 * It is gathered from the bus, sent in batches by beacon, and holds nothing of the buyer: closed words and numbers.
 */

import { onCLS, onFCP, onINP, onLCP, onTTFB, type Metric } from "web-vitals";

import type { Happened } from "../bus.ts";

const BATCH_MAX = 24;
const ERRORS_MAX = 5;
const SOON_MS = 5_000;

const STEPS: Readonly<Record<string, string>> = {
  "race-joined": "joined",
  "race-called": "called",
  "race-reserved": "reserved",
  "race-paying": "paying",
  "race-paid": "paid",
};

type Seen = Readonly<Record<string, string | number>>;

/** Gather from now on what is said on the bus, and tell the engine at `api`. */
export function measure(api: string, bus: EventTarget): void {
  new Visit(`${api}/v1/rum`).begin(bus);
}

class Visit {
  private drop = document.querySelector("[drop]")?.getAttribute("drop") ?? "";
  private seen: Seen[] = [];
  private readonly steps = new Set<string>();
  private errors = 0;
  private clicked: number | null = null;
  private soon: ReturnType<typeof setTimeout> | null = null;
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  begin(bus: EventTarget): void {
    for (const on of [onTTFB, onFCP, onLCP, onINP]) on((metric) => this.vital(metric));
    onCLS((metric) => this.tell({ is: "shift", shift: metric.value, rating: metric.rating }));
    bus.addEventListener("race", (event) => this.happened((event as CustomEvent<Happened>).detail));
    addEventListener("error", () => this.broke("script"));
    addEventListener("unhandledrejection", () => this.broke("promise"));
    // Nothing later than this can be relied on when a page is left, least of all on a phone.
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.send());
    addEventListener("pagehide", () => this.send());
    this.step("opened");
  }

  private vital(metric: Metric): void {
    this.tell({ is: "vital", vital: metric.name.toLowerCase(), ms: Math.max(0, metric.value), rating: metric.rating });
  }

  private happened(what: Happened): void {
    if (what.drop !== "") this.drop = what.drop;
    if (what.name === "race-retry") this.broke(what.detail["code"] === "unreachable" ? "unreachable" : "engine");
    if (what.name === "race-paying") this.clicked = what.at;
    if (what.name === "race-declined") this.clicked = null;
    const step = STEPS[what.name];
    if (step !== undefined) this.step(step);
    if (step === "paid" && this.clicked !== null) {
      this.tell({ is: "purchase", ms: what.at - this.clicked, trace: traceOfPayment() });
      this.clicked = null;
    }
  }

  private step(step: string): void {
    if (this.steps.has(step)) return;
    this.steps.add(step);
    this.tell({ is: "step", step });
  }

  private broke(error: string): void {
    this.errors += 1;
    if (this.errors <= ERRORS_MAX) this.tell({ is: "error", error });
  }

  private tell(seen: Seen): void {
    this.seen.push(seen);
    if (this.seen.length >= BATCH_MAX) this.send();
    else this.soon ??= setTimeout(() => this.send(), SOON_MS);
  }

  private send(): void {
    if (this.soon !== null) clearTimeout(this.soon);
    this.soon = null;
    // A page may be there before its component says which drop it is for.
    this.drop ||= document.querySelector("[drop]")?.getAttribute("drop") ?? "";
    if (this.seen.length === 0 || this.drop === "") return;
    const seen = this.seen.splice(0);
    navigator.sendBeacon(this.url, JSON.stringify({ drop: this.drop, seen }));
  }
}

/** The trace in which the engine did the newest payment, where it follows one and lets this page know. */
function traceOfPayment(): string {
  const requests = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  const payment = requests.filter((request) => /\/payment(\/return)?$/.test(request.name)).at(-1);
  return payment?.serverTiming.find((timing) => timing.name === "traceparent")?.description ?? "";
}
