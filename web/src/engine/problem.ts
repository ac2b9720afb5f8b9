/** What went wrong with a request: what the engine told as a problem, or that it could not be reached at all. */

import type { Challenge, SiteKeys } from "./shapes.ts";

/** Members that problems may have beside their code; which ones there are depends on it. */
export interface Told {
  readonly code: string;
  readonly detail?: string;
  readonly retryable?: boolean;
  readonly retry_at?: string;
  readonly opens_at?: string;
  readonly reserved_until?: string;
  readonly decline_code?: string;
  readonly item?: string;
  readonly was?: number;
  readonly price?: number;
  readonly field?: string;
  readonly limit?: number | string;
  readonly left?: number;
  readonly state?: string;
  readonly cursor?: number;
  readonly rate_per_s?: number;
  readonly request_id?: string;
  readonly ways?: readonly string[];
  readonly site_keys?: SiteKeys;
  readonly challenge?: Challenge;
  readonly [member: string]: unknown;
}

/** A request that was not granted. `status` is 0 where no answer came. */
export class Problem extends Error {
  readonly status: number;
  readonly told: Told;
  readonly retryAfterMs: number | null;

  constructor(status: number, told: Told, retryAfterMs: number | null = null) {
    super(told.detail ?? told.code);
    this.name = "Problem";
    this.status = status;
    this.told = told;
    this.retryAfterMs = retryAfterMs;
  }

  get code(): string {
    return this.told.code;
  }

  /** By what it is explained: less than was wanted is another thing than nothing, a wrong address than a wrong form. */
  get topic(): string {
    const { field, left = 0 } = this.told;
    if (field?.endsWith("email")) return "invalid_email";
    return left > 0 && /^(sold_out|all_reserved)$/.test(this.code) ? "fewer_left" : this.code;
  }

  /** Whether the same request, unchanged and with the same key, is worth sending again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502 || this.told.retryable === true;
  }
}

/** No answer came: the network is gone, or the engine is. */
export function unreachable(online: boolean): Problem {
  return new Problem(0, { code: online ? "unreachable" : "offline", retryable: true });
}

/** The problem of a response that is none of success; a body that is no problem gives a code of its own. */
export async function problemOf(response: Response): Promise<Problem> {
  const after = Number(response.headers.get("retry-after"));
  const retryAfterMs = Number.isFinite(after) && after > 0 ? after * 1000 : null;
  let told: Told = { code: response.status >= 500 ? "unavailable" : "not_understood" };
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && typeof (body as Told).code === "string") told = body as Told;
  } catch {
    // A proxy's own error page is no JSON; its status has to say it all.
  }
  return new Problem(response.status, told, retryAfterMs);
}

/** Any thrown value as a problem; a mistake of ours stays visible in the browser's console. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  console.error(thrown);
  return new Problem(500, { code: "page_broken" });
}
