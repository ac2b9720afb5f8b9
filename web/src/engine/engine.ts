/**
 * The engine, as a page speaks to it: one session, one way to send, one way to fail.
 *
 * A request is repeated unchanged, under the same idempotency key, while its failure is of the kind that passes; where
 * there is no network, until it is back, since pages promise to go on then.
 */

import { notice } from "../bus.ts";
import type { solve } from "../line/solve.ts";
import { Clock } from "./clock.ts";
import { Problem, problemOf, unreachable } from "./problem.ts";
import type { Drop, LineStatus } from "./shapes.ts";
import { backoffMs, network, pause, TRIES_MAX } from "./wait.ts";

const TIMEOUT_MS = 30_000;

interface Wish {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: string;
  readonly key?: string;
  readonly pass?: string | undefined;
  /** The answer to what was asked for before a reservation. */
  readonly challenge?: string | undefined;
  /** Public, the same for all, and cached: no cookie goes along. */
  readonly open?: boolean;
  /** So many, and none of them waits for the network: whoever asks does so again by itself. */
  readonly tries?: number;
  readonly signal?: AbortSignal | undefined;
}

export class Engine {
  /** Solves a proof of work. It is the line's, which needs it first: imported from two parts it would be a third file. */
  static solve: typeof solve;

  readonly api: string;
  readonly clock = new Clock();
  private session: Promise<string> | null = null;

  constructor(api: string) {
    this.api = api;
  }

  drop(id: string, signal?: AbortSignal, tries?: number): Promise<Drop> {
    return this.ask(`/v1/drops/${id}`, { open: true, signal, ...(tries === undefined ? {} : { tries }) });
  }

  /** Whether there is a line, as the drop says itself, so that no request fails to find it out; true where it does not. */
  hasDoor(drop: string, signal?: AbortSignal): Promise<boolean> {
    return this.drop(drop, signal, 1).then((found) => found.door !== false, () => true);
  }

  async status(drop: string, signal?: AbortSignal): Promise<LineStatus> {
    const sent = Date.now();
    const status = await this.ask<LineStatus>(`/v1/drops/${drop}/line/status`, { open: true, tries: 1, signal });
    // The status is cached for a second, so that is how finely it tells the time.
    this.clock.heard(Date.parse(status.now), sent, Date.now(), 1000);
    return status;
  }

  join(drop: string, body: { challenge?: string; grant?: string }): Promise<{ ticket: string; late: number | null; lane: string | null }> {
    return this.ask(`/v1/drops/${drop}/line`, { method: "POST", body: JSON.stringify(body) });
  }

  claim(drop: string, ticket: string): Promise<{ pass: string; expires_at: string }> {
    return this.ask(`/v1/drops/${drop}/line/pass`, { method: "POST", body: JSON.stringify({ ticket }), tries: 2 });
  }

  sendCode(drop: string, email: string, purpose: "line" | "reserve"): Promise<{ answer: string; expires_at: string }> {
    return this.ask("/v1/challenges/code", { method: "POST", body: JSON.stringify({ drop, email, purpose }) });
  }

  /** Turn the guest of this browser into a customer of the shop, by a token of the shop's own. */
  async signIn(token: string): Promise<void> {
    await this.ask("/v1/session/sign-in", { method: "POST", body: JSON.stringify({ token }) });
    this.session = null;
    notice("race-signed-in", "");
  }

  /** Send a wish, again while its failure passes; the answer, or a Problem is thrown. */
  async ask<T>(path: string, wish: Wish): Promise<T> {
    for (let n = 1; ; ) {
      try {
        return await this.once<T>(path, wish);
      } catch (thrown) {
        if (!(thrown instanceof Problem) || !repeated(thrown) || wish.signal?.aborted) throw thrown;
        const away = thrown.code === "offline" && wish.tries === undefined;
        if (!away && n >= (wish.tries ?? TRIES_MAX)) throw thrown;
        notice("race-retry", "", { path, code: thrown.code, n });
        await (away ? network(wish.signal) : pause(backoffMs(n, thrown.retryAfterMs), wish.signal));
        if (!away) n += 1;
      }
    }
  }

  private async once<T>(path: string, wish: Wish, again = true): Promise<T> {
    const headers = new Headers();
    const method = wish.method ?? "GET";
    if (wish.open !== true) {
      const csrf = await this.begun();
      if (method !== "GET") headers.set("race-csrf", csrf);
    }
    if (wish.body !== undefined) headers.set("content-type", "application/json");
    if (wish.key !== undefined) headers.set("idempotency-key", wish.key);
    if (wish.pass !== undefined) headers.set("race-pass", wish.pass);
    if (wish.challenge !== undefined) headers.set("race-challenge", wish.challenge);
    const response = await this.send(path, { method, headers, body: wish.body ?? null }, wish);
    if (response.ok) return (await body(response)) as T;
    const problem = await problemOf(response);
    if (again && wish.open !== true && (problem.status === 401 || problem.code === "csrf_invalid")) {
      // The session is over, or another tab began a new one: begin again, once.
      this.session = null;
      return this.once(path, wish, false);
    }
    throw problem;
  }

  private begun(): Promise<string> {
    this.session ??= this.begin().catch((thrown: unknown) => {
      this.session = null;
      throw thrown;
    });
    return this.session;
  }

  private async begin(): Promise<string> {
    const response = await this.send("/v1/session", { method: "POST" }, {});
    if (!response.ok) throw await problemOf(response);
    return ((await body(response)) as { csrf: string }).csrf;
  }

  private async send(path: string, init: RequestInit, wish: Wish): Promise<Response> {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const signal = wish.signal === undefined ? limit : AbortSignal.any([limit, wish.signal]);
    const credentials = wish.open === true ? "omit" : "include";
    const sent = Date.now();
    try {
      const response = await fetch(this.api + path, { ...init, credentials, signal });
      const date = response.headers.get("date");
      // Cut to the second, and written up to a second before it is sent.
      if (date !== null) this.clock.heard(Date.parse(date), sent, Date.now(), 2000);
      return response;
    } catch {
      throw unreachable(navigator.onLine);
    }
  }
}

async function body(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // The connection broke within the answer: whether it took effect is not known, and the same key will tell.
    throw unreachable(navigator.onLine);
  }
}

/** Whether the same request is sent again by itself. What asks the buyer for a decision is not. */
function repeated(problem: Problem): boolean {
  return problem.status === 0 || problem.status >= 502 || problem.code === "idempotency_in_flight";
}

const engines = new Map<string, Engine>();

/** The one engine at an address, so that all components of a page share its session and its clock. */
export function engineAt(api: string): Engine {
  const found = engines.get(api) ?? new Engine(api);
  engines.set(api, found);
  return found;
}
