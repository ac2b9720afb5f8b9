/** Which visits are measured: a share of them, decided once for all pages of a visit. */

/** Whether this visit is one; a page says another share by `<html data-rum="0.5">`, and 0 for none. */
export function sampled(): boolean {
  try {
    const share = +(document.documentElement.dataset["rum"] ?? 0.1);
    return share > 0 && (sessionStorage["race-rum"] ??= Math.random() < share ? "1" : "") !== "";
  } catch {
    return false;
  }
}
