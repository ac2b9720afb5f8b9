/** Numbers, money and times as the console writes them: short, and of one width, so that they can be compared at a glance. */

const whole = numbers({ maximumFractionDigits: 0 });
const short = numbers({ notation: "compact", maximumFractionDigits: 1 });
const clock = times({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = times({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const minute = times({ hour: "2-digit", minute: "2-digit" });
const currencies = new Map<string, ReturnType<typeof numbers>>();

const NOTHING = "–";

export function count(value: number | null): string {
  return value === null ? NOTHING : whole(value);
}

export function compact(value: number): string {
  return Math.abs(value) < 10_000 ? whole(value) : short(value);
}

/** One digit after the point, where there is anything after it: 0, 7.5, 75. */
export function rate(value: number): string {
  if (value > 0 && value < 0.05) return "< 0.1";
  return value >= 100 ? whole(value) : value.toFixed(1).replace(/\.0$/, "");
}

/** A target as the engine tells it, in the units of `measured`: < 2000 ms is < 2 s. */
export function target(told: string): string {
  return told.replace(/(\d+)000 ms/, "$1 s").replace(" ×", "×");
}

/** Minor units; whole units only where there is much of it. */
export function money(minor: number, currency: string, exponent: number, exact = false): string {
  const value = minor / 10 ** exponent;
  const digits = exact ? exponent : 0;
  const key = `${currency} ${digits}`;
  const as = currencies.get(key) ?? numbers({ style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits });
  currencies.set(key, as);
  return as(value);
}

/** A share as percent; as exact as it has to be where it is close to all. */
export function share(value: number | null): string {
  if (value === null) return NOTHING;
  const percent = value * 100;
  const digits = percent >= 99.995 || percent === 0 ? 0 : percent >= 99 ? 2 : 1;
  return `${percent.toFixed(digits)}%`;
}

/** What is left of a budget; where more was spent than there was, how many times over. */
export function budget(left: number | null): string {
  if (left === null || left >= 0) return share(left);
  const spent = 1 - left;
  return `${spent >= 10 ? whole(spent) : spent.toFixed(1)}× spent`;
}

export function ms(value: number | null): string {
  if (value === null) return NOTHING;
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 10 || value === 0 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

export function measured(value: number | null, unit: string): string {
  if (value === null) return NOTHING;
  if (unit === "%") return share(value);
  if (unit === "ms") return ms(value);
  if (unit === "s") return span(value);
  if (unit === "/s") return `${rate(value)}/s`;
  if (unit === "×") return `${value.toFixed(1)}×`;
  return count(value);
}

export function time(iso: string): string {
  return clock(new Date(iso));
}

/** Hours and minutes of a time in seconds since 1970. */
export function hour(at_s: number): string {
  return minute(new Date(at_s * 1000));
}

export function moment(iso: string): string {
  return day(new Date(iso));
}

/** How long: 4 s, 3 min 20 s, 2 h 5 min, 3 d. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60 === 0 ? "" : `${s % 60} s`}`.trim();
  if (s < 172_800) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d`;
}

/** A code such as `all_reserved` as words. */
export function words(code: string): string {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Made when it is first used, and once: making the first of them takes a browser longer than drawing a chart. */
function numbers(options: Intl.NumberFormatOptions): (value: number) => string {
  let made: Intl.NumberFormat | undefined;
  return (value) => (made ??= new Intl.NumberFormat(undefined, options)).format(value);
}

function times(options: Intl.DateTimeFormatOptions): (at: Date) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (at) => (made ??= new Intl.DateTimeFormat(undefined, { ...options, hourCycle: "h23" })).format(at);
}
