/** How long to wait before the same request is sent again: longer each time, and never all browsers at once. */

export const TRIES_MAX = 6;

const FIRST_MS = 400;
const LAST_MS = 8_000;

/** Milliseconds before try `n` (from 1), by full jitter; what the engine asks for is the least. */
export function backoffMs(n: number, askedMs: number | null, random: () => number = Math.random): number {
  const bound = Math.min(LAST_MS, FIRST_MS * 2 ** (n - 1));
  const drawn = bound * (0.5 + random() / 2);
  return askedMs === null ? drawn : askedMs + random() * FIRST_MS;
}

/** Resolve when the network is back, as far as the browser knows it, or after so long to try all the same. */
export function network(signal?: AbortSignal): Promise<void> {
  return pause(LAST_MS, signal, "online");
}

/** Resolve after so long, at once when `signal` aborts, or when the page hears `event`. */
export function pause(ms: number, signal?: AbortSignal, event?: "online"): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      if (event !== undefined) removeEventListener(event, done);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
    if (event !== undefined) addEventListener(event, done);
  });
}
