"""Which accounts an event moves: double entry in minor units, debit above zero, each entry's sum zero.

    order placed      receivable:<gateway> +total      revenue:<seller> −net, tax:<seller> −tax, for each seller
    capture failed    the same entry with its signs turned
    gateway's fee     fees:<gateway> +fee              receivable:<gateway> −fee
    payout            payouts:<gateway> +amount        receivable:<gateway> −amount

`receivable` is what a gateway owes us, `payouts` what it has sent to the bank. A free order (total zero) has an entry
all the same, so that every order can be found in the journal. Entries are never changed, only answered by others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from race_to_purchase.rules.rows import Entry, Order, Quote

SALE = 0
"""Number of an order's first entry."""


class Balance(msgspec.Struct, frozen=True):
    """What an account was moved by, in minor units: the sums of its debits and of its credits, both from zero up."""

    account: str
    currency: str
    debit: int
    credit: int

    @property
    def amount(self) -> int:
        """Debit above zero."""
        return self.debit - self.credit


class Frozen(msgspec.Struct, frozen=True):
    """What a seller cannot be paid yet, in minor units, since buyers dispute it at their bank."""

    seller: str
    currency: str
    amount: int


def trial(balances: Iterable[Balance]) -> dict[str, tuple[int, int]]:
    """Debits and credits of all accounts together, by currency; where they are not the same, the books are wrong."""
    sums: dict[str, tuple[int, int]] = {}
    for balance in balances:
        debit, credit = sums.get(balance.currency, (0, 0))
        sums[balance.currency] = (debit + balance.debit, credit + balance.credit)
    return sums


def sale(order: Order, quote: Quote) -> Entry:
    """The entry of the pivot: the gateway owes us the total; the sellers have earned it, but for the tax in it."""
    earned: dict[str, int] = {}
    taxed: dict[str, int] = {}
    for line in quote.lines:
        revenue, tax = f"revenue:{line.seller}", f"tax:{line.seller}"
        earned[revenue] = earned.get(revenue, 0) - line.total + line.tax
        if line.tax:
            taxed[tax] = taxed.get(tax, 0) - line.tax
    moves = {f"receivable:{order.gateway}": order.amount, **earned, **taxed}
    return _entry(order.id, SALE, "sale", order.placed_at, order.currency, moves)


def reversal(of: Entry, number: int, kind: str, at: datetime) -> Entry:
    """The entry that takes `of` back."""
    back = {account: -amount for account, amount in zip(of.accounts, of.amounts, strict=True)}
    return _entry(of.order_id, number, kind, at, of.currency, back)


def fee(of: str, number: int, gateway: str, amount: int, currency: str, at: datetime) -> Entry:
    """The gateway keeps `amount` minor units; below zero where it gives a fee back.

    `of` is the order that it is for, and `number` that of its next entry, or a UUID of the fee's own, as with `payout`.
    """
    moves = {f"fees:{gateway}": amount, f"receivable:{gateway}": -amount}
    return _entry(of, number, "fee", at, currency, moves)


def payout(of: str, gateway: str, amount: int, currency: str, at: datetime) -> Entry:
    """The gateway has sent `amount` minor units to the bank; below zero where it took them back.

    A payout is for many orders: `of` is a UUID of its own, and this its only entry. A UUIDv5 of the gateway's name for
    it lets the same settlement file book it once, however often it is read.
    """
    moves = {f"payouts:{gateway}": amount, f"receivable:{gateway}": -amount}
    return _entry(of, SALE, "payout", at, currency, moves)


def _entry(of: str, number: int, kind: str, at: datetime, currency: str, moves: Mapping[str, int]) -> Entry:
    assert sum(moves.values()) == 0, f"{kind} of {of} does not balance: {moves}"
    return Entry(of, number, kind, at, currency, tuple(moves), tuple(moves.values()))
