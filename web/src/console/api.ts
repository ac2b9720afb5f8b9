/** Requests of the console: under its cookie, with its token, and never twice by themselves. */

import { asProblem, Problem, problemOf, unreachable } from "../engine/problem.ts";
import type { Acted, Found, Operator, Overview, Purchase, Series, StoredDrop } from "./shapes.ts";

const CONSOLE = "/v1/admin/console";

export class Api {
  operator: Operator | null = null;
  /** Called where the engine says that nobody is signed in any more. */
  onSignedOut: () => void = () => {};
  private coming: { readonly drop: string; readonly series: Promise<Series> } | null = null;

  async resume(): Promise<Operator> {
    return (this.operator = await this.ask<Operator>("GET", "/v1/admin/session", undefined, false));
  }

  async signIn(key: string): Promise<Operator> {
    return (this.operator = await this.ask<Operator>("POST", "/v1/admin/session", { key }, false));
  }

  async signOut(): Promise<void> {
    await this.ask("DELETE", "/v1/admin/session").catch(() => undefined);
    this.operator = null;
  }

  async drops(): Promise<readonly StoredDrop[]> {
    return (await this.ask<{ drops: StoredDrop[] }>("GET", "/v1/admin/drops")).drops;
  }

  overview(drop: string): Promise<Overview> {
    return this.ask("GET", at(drop));
  }

  /** Of the whole sale where no time is named: at first these are the ones that were asked for ahead. */
  series(drop: string, since: Date | null): Promise<Series> {
    const path = `${at(drop)}/series`;
    if (since !== null) return this.ask("GET", `${path}?${new URLSearchParams({ since: since.toISOString() })}`);
    const { coming } = this;
    this.coming = null;
    return coming?.drop === drop ? coming.series : this.ask("GET", path);
  }

  /** Ask for the charts of a drop while nobody is there yet to draw them. */
  ahead(drop: string): void {
    const series = this.ask<Series>("GET", `${at(drop)}/series`, undefined, false);
    series.catch(() => undefined); // Who draws them is told.
    this.coming = { drop, series };
  }

  async search(q: string, hours: number): Promise<readonly Found[]> {
    const query = new URLSearchParams({ q, hours: String(hours) });
    return (await this.ask<{ found: Found[] }>("GET", `${CONSOLE}/search?${query}`)).found;
  }

  purchase(checkout: string): Promise<Purchase> {
    return this.ask("GET", `${CONSOLE}/purchases/${encodeURIComponent(checkout)}`);
  }

  async trail(drop: string): Promise<readonly Acted[]> {
    return (await this.ask<{ actions: Acted[] }>("GET", `${at(drop)}/actions`)).actions;
  }

  act(drop: string, act: Record<string, unknown>): Promise<Overview> {
    return this.ask("POST", `${at(drop)}/actions`, act);
  }

  put(body: Record<string, unknown>): Promise<{ id: string; created: boolean }> {
    return this.ask("POST", `${CONSOLE}/drops`, body);
  }

  stream(drop: string): EventSource {
    return new EventSource(`${at(drop)}/stream`);
  }

  private async ask<T>(method: string, path: string, body?: unknown, tell = true): Promise<T> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && this.operator !== null) headers["Race-Csrf"] = this.operator.csrf;
    let response: Response;
    try {
      response = await fetch(path, {
        method, headers, cache: "no-store", credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw unreachable(navigator.onLine);
    }
    if (!response.ok) {
      const problem = await problemOf(response);
      if (response.status === 401 && tell) {
        this.operator = null;
        this.onSignedOut();
      }
      throw problem;
    }
    return (await response.json()) as T;
  }
}

/** What went wrong, in the words of the engine. */
export function said(thrown: unknown): string {
  const problem: Problem = asProblem(thrown);
  if (problem.code === "offline") return "This device has no network.";
  if (problem.code === "unreachable") return "The engine does not answer.";
  return problem.told.detail ?? problem.code;
}

function at(drop: string): string {
  return `${CONSOLE}/drops/${encodeURIComponent(drop)}`;
}
