/** What the engine tells the console; docs/console.md and /docs say what each field means. */

export type Phase = "announced" | "registration" | "draw" | "open" | "paused" | "sold_out" | "closed";
export type Role = "viewer" | "operator" | "admin";

export interface Operator {
  readonly name: string;
  readonly role: Role;
  readonly csrf: string;
  readonly ends_at: string;
}

export interface Stock {
  readonly id: string;
  readonly title: string;
  readonly price: number;
  readonly stock: number;
  readonly held: number;
  readonly sold: number;
}

export interface Reason {
  readonly what: string;
  readonly why: string;
  readonly count: number;
  readonly failure: boolean;
}

export interface Measure {
  readonly id: string;
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly target: string;
  readonly met: boolean | null;
}

export interface Gateway {
  readonly name: string;
  readonly drained: boolean;
  readonly by: string;
  readonly why: string;
  readonly breaker: string;
  readonly open_in: number;
  readonly waiting: number;
  readonly authorized: number;
  readonly declined: number;
  readonly unanswered: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

export interface LineSeen {
  readonly phase: Phase;
  readonly registered: number | null;
  readonly late: number;
  readonly cursor: number;
  readonly waiting: number;
  readonly rate_per_s: number;
  readonly door_rate_per_s: number;
  readonly rate_now_per_s: number;
  readonly bound: string;
  readonly no_shows: number;
  readonly passes_out: number;
  readonly passes_max: number;
  readonly paused_at: string | null;
  readonly message: string | null;
  readonly hand: string;
}

export interface Acted {
  readonly seq: number;
  readonly at: string;
  readonly stream: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface StepTime {
  readonly step: string;
  readonly count: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

export interface Tally {
  readonly what: readonly string[];
  readonly count: number;
}

interface ChallengeSeen {
  readonly purpose: string;
  readonly tier: number;
  readonly asked: number;
  readonly passed: number;
}

export interface NetworkSeen {
  readonly network: string;
  readonly per_s: number;
}

export interface Noticed {
  readonly at: string;
  readonly until: string;
  readonly what: string;
  readonly which: string;
  readonly count: number;
}

export interface Overview {
  readonly now: string;
  readonly since: string;
  readonly drop: {
    readonly id: string;
    readonly title: string;
    readonly currency: string;
    readonly exponent: number;
    readonly opens_at: string;
    readonly closes_at: string | null;
    readonly closed_at: string | null;
    readonly phase: Phase;
    readonly version: number;
    readonly has_line: boolean;
  };
  /** What is counted is complete up to then: orders and revenue follow what is sold by as much. */
  readonly counted_at: string | null;
  readonly stock: readonly Stock[];
  readonly sold: number;
  readonly held: number;
  readonly capacity: number;
  readonly orders: number;
  readonly revenue: number;
  readonly revenue_per_min: number;
  readonly orders_per_s: number;
  readonly conversion: number | null;
  readonly humans: { readonly share: number | null; readonly judged: number; readonly asked: number; readonly refused: number };
  readonly budget: {
    readonly target: number;
    readonly good: number;
    readonly bad: number;
    readonly left: number | null;
    readonly burn: number | null;
    readonly window_s: number;
  };
  readonly reasons: readonly Reason[];
  readonly measures: readonly Measure[];
  readonly expiring: number;
  readonly overdue: number;
  readonly owed: readonly { readonly name: string; readonly due: number; readonly oldest_s: number }[];
  readonly gateways: readonly Gateway[];
  readonly line: LineSeen | null;
  readonly saturation: {
    readonly processes: number;
    readonly lag_p99_ms: number | null;
    readonly commands_waiting: number;
    readonly connections_used: number;
    readonly connections: number;
    readonly payments_under_way: number;
  };
  readonly steps: readonly StepTime[];
  readonly repeated: readonly Tally[];
  readonly challenges: readonly ChallengeSeen[];
  readonly unproven: readonly Tally[];
  readonly signs: readonly Tally[];
  readonly limited: readonly Tally[];
  readonly networks: readonly NetworkSeen[];
  readonly noticed: readonly Noticed[];
  readonly actions: readonly Acted[];
}

export type Column = readonly (number | null)[];

export interface Series {
  readonly step_s: number;
  readonly at: readonly number[];
  readonly [column: string]: Column | number;
}

export interface Found {
  readonly by: string;
  readonly checkout: string;
  readonly drop: string;
  readonly buyer: string;
  readonly state: string;
  readonly created_at: string;
  readonly amount: number;
  readonly currency: string;
}

interface Attempt {
  readonly n: number;
  readonly gateway: string;
  readonly state: string;
  readonly key: string;
  readonly method: string;
  readonly amount: number;
  readonly currency: string;
  readonly began_at: string;
  readonly gateway_ref: string | null;
  readonly decline_code: string | null;
}

export interface Purchase {
  readonly checkout: {
    readonly id: string;
    readonly drop_id: string;
    readonly buyer: string;
    readonly state: string;
    readonly created_at: string;
    readonly deadline: string;
    readonly quote: {
      readonly currency: string;
      readonly total: number;
      readonly lines: readonly { readonly item: string; readonly quantity: number; readonly total: number }[];
    };
  };
  readonly attempts: readonly Attempt[];
  readonly order: { readonly placed_at: string; readonly gateway: string; readonly gateway_ref: string } | null;
  readonly history: readonly { readonly subject: string; readonly what: string; readonly at: string; readonly detail?: string; readonly traceparent?: string }[];
  readonly entries: readonly { readonly entry: number; readonly kind: string; readonly at: string; readonly currency: string; readonly accounts: readonly string[]; readonly amounts: readonly number[] }[];
  readonly tasks: readonly { readonly id: string; readonly kind: string; readonly due_at: string; readonly tries: number }[];
  readonly messages: readonly { readonly id: string; readonly gateway: string; readonly kind: string; readonly received_at: string; readonly state: string; readonly outcome: string; readonly tries: number }[];
}

export interface StoredDrop {
  readonly definition: Readonly<Record<string, unknown>> & { readonly id: string; readonly title: string; readonly opens_at: string };
  readonly closed_at: string | null;
}
