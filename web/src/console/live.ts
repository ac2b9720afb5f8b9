/** One drop, live: what it looks like now, told to whoever shows it, and whether that can be believed. */

import type { Api } from "./api.ts";
import type { Overview } from "./shapes.ts";

export type Link = "connecting" | "live" | "lost" | "database" | "gone";

/** After so long without a word the picture is old, whatever the connection says. */
const SILENT_MS = 15_000;
const AGAIN_MS = 3000;

export class Live {
  link: Link = "connecting";
  overview: Overview | null = null;
  heardAt = 0;
  private source: EventSource | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  readonly drop: string;
  private readonly api: Api;
  private readonly changed: () => void;

  constructor(api: Api, drop: string, changed: () => void) {
    this.api = api;
    this.drop = drop;
    this.changed = changed;
    addEventListener("online", this.retry);
  }

  start(): void {
    this.stop();
    const source = (this.source = this.api.stream(this.drop));
    source.addEventListener("overview", (event) => this.take(JSON.parse(event.data as string) as Overview));
    source.addEventListener("trouble", () => this.turn("database"));
    source.addEventListener("gone", () => this.turn("gone"));
    source.onerror = () => void this.broken();
  }

  stop(): void {
    clearTimeout(this.again);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
  }

  end(): void {
    this.stop();
    removeEventListener("online", this.retry);
  }

  /** What an action of ours has answered is as good as what the stream tells. */
  take(overview: Overview): void {
    this.overview = overview;
    this.heardAt = Date.now();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => void this.broken(), SILENT_MS);
    this.turn("live");
  }

  private turn(link: Link): void {
    this.link = link;
    this.changed();
  }

  /** The stream has ended: because the session has, because there is no such drop, or because nobody is there. */
  private async broken(): Promise<void> {
    this.stop();
    this.turn("lost");
    this.again = setTimeout(this.retry, AGAIN_MS);
    try {
      await this.api.overview(this.drop);
    } catch (problem) {
      if ((problem as { status?: number }).status === 404) {
        this.stop();
        this.turn("gone");
      }
    }
  }

  private readonly retry = (): void => {
    if (this.link !== "live" && this.link !== "gone") this.start();
  };
}
