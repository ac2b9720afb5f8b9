/** What may be asked of a buyer before they may reserve: solved here where a browser can, told where it cannot. */

import { Engine } from "../engine/engine.ts";
import { asProblem, type Problem } from "../engine/problem.ts";
import type { Checkout } from "../engine/shapes.ts";
import type { Asked } from "../line/asked.ts";

const TRIES = 3;

type Send = (shown: string | undefined) => Promise<Checkout>;

/** Send the wish, and solve what is asked for as long as the browser can do it by itself. */
export async function solving(answer: string | undefined, asked: Asked | null, send: Send): Promise<Checkout> {
  let shown = answer;
  for (let n = 1; ; n += 1) {
    try {
      return await send(shown);
    } catch (thrown) {
      const { challenge } = asProblem(thrown).told;
      if (challenge === undefined || n >= TRIES || asked !== null) throw thrown;
      shown = (await Engine.solve(challenge, () => undefined)) ?? undefined;
    }
  }
}

/** What a refusal asks for that needs the buyer; null where it asks for nothing, or for what the browser can solve. */
export function askedBy(problem: Problem, email: string): Asked | null {
  const { challenge, ways, site_keys: keys } = problem.told;
  if (ways === undefined || challenge !== undefined) return null;
  return { answer: null, email, mail: ways.includes("email_code"), keys };
}
