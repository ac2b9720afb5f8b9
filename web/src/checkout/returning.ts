/** How a buyer comes back from their bank: the address that they are sent to names the checkout. */

const NAME = "race-return";

/** Where the bank sends the buyer of this checkout back to. */
export function addressOfReturn(page: string, checkout: string): string {
  const address = new URL(page, location.href);
  address.searchParams.set(NAME, checkout);
  return address.href;
}

/** Whether the address says that the buyer has come back to this checkout; it says so once. */
export function cameBackTo(checkout: string | undefined): boolean {
  const address = new URL(location.href);
  if (checkout === undefined || address.searchParams.get(NAME) !== checkout) return false;
  address.searchParams.delete(NAME);
  history.replaceState(history.state, "", address);
  return true;
}
