/** Solves proofs of work beside the page, so that nothing stutters meanwhile. */

import type { Challenge } from "../engine/shapes.ts";
import { search } from "./proof.ts";

const STEP = 5_000;

addEventListener("message", (event: MessageEvent<Challenge>) => {
  const challenge = event.data;
  for (let from = 0; from <= challenge.maxnumber; from += STEP) {
    const found = search(challenge, from, Math.min(from + STEP, challenge.maxnumber + 1));
    if (found !== null) return postMessage({ found });
    postMessage({ tried: from + STEP });
  }
  postMessage({ found: null });
});
