/** Has a challenge solved: in a worker, or in small pieces on the page where it may have none. */

import workerUrl from "./worker.ts?worker&url";

import type { Challenge } from "../engine/shapes.ts";
import { pause } from "../engine/wait.ts";
import { payload, search } from "./proof.ts";

const STEP = 250;

type Tell = (share: number) => void;

/** The solution; `tell` hears how much of the longest search is done. Null where no number solves it. */
export async function solve(challenge: Challenge, tell: Tell): Promise<string | null> {
  const found = await inWorker(challenge, tell).catch(() => onPage(challenge, tell));
  return found === null ? null : payload(challenge, found);
}

function inWorker(challenge: Challenge, tell: Tell): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const worker = newWorker();
    worker.onmessage = ({ data }: MessageEvent<{ tried?: number; found?: number | null }>) => {
      if (data.tried !== undefined) return tell(Math.min(1, data.tried / challenge.maxnumber));
      worker.terminate();
      resolve(data.found ?? null);
    };
    worker.onerror = () => {
      worker.terminate();
      reject(new Error("the page may start no worker"));
    };
    worker.postMessage(challenge);
  });
}

/** A worker must come from the page's own origin; in another shop's page it is one that imports ours. */
function newWorker(): Worker {
  const url = new URL(/* @vite-ignore */ workerUrl, import.meta.url);
  if (url.origin === location.origin) return new Worker(url, { type: "module" });
  const loader = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)}`], { type: "text/javascript" }));
  try {
    return new Worker(loader, { type: "module" });
  } finally {
    // The worker has taken it up by now, or never will.
    setTimeout(() => URL.revokeObjectURL(loader), 10_000);
  }
}

async function onPage(challenge: Challenge, tell: Tell): Promise<number | null> {
  for (let from = 0; from <= challenge.maxnumber; from += STEP) {
    const found = search(challenge, from, Math.min(from + STEP, challenge.maxnumber + 1));
    if (found !== null) return found;
    tell(from / challenge.maxnumber);
    await pause(0);
  }
  return null;
}
