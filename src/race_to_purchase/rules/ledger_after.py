"""Which accounts refunds and disputes move: the shares of the sale, as it was booked, turned round.

    refund done:        refunds:<seller> and tax:<seller> +share    receivable:<gateway> -amount
    refund came back:   the same with its signs turned
    dispute opens:      disputes:<seller> +share   fees:<gateway> +fee    receivable:<gateway> -(amount + fee)
    dispute won:        what it took comes back; the fee as the gateway says
    dispute lost:       nothing moves any more, unless the fee changes

Each entry is the difference between what is booked and what has to be booked then. So shares of several partial
refunds add up to those of the whole whatever is rounded, and news in any order comes to the same accounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.ledger import Frozen
from race_to_purchase.rules.money import split
from race_to_purchase.rules.rows import Entry

Booking = tuple[datetime, int, str]
"""When, the entry's number, its kind."""


def refund(sale: Entry, gateway: str, booking: Booking, *, before: int, after: int) -> Entry:
    """The entry that brings the refunded sum of an order from `before` to `after`."""
    moved = _refunded(sale, gateway, after)
    moved.subtract(_refunded(sale, gateway, before))
    return _entry(sale.order_id, sale.currency, booking, moved)


def dispute(sale: Entry, booking: Booking, before: DisputeRow | None, after: DisputeRow) -> Entry | None:
    """The entry that follows a dispute from one state to the next; None where no money moves."""
    moved = _disputed(sale, after)
    if before is not None:
        moved.subtract(_disputed(sale, before))
    return _entry(sale.order_id, after.currency, booking, moved) if any(moved.values()) else None


def frozen(disputed: Iterable[tuple[DisputeRow, Entry]]) -> list[Frozen]:
    """What open disputes hold back, by seller and currency; each comes with the entry of its sale."""
    sums: Counter[tuple[str, str]] = Counter()
    for row, sale in disputed:
        for account, amount in _disputed(sale, row).items():
            kind, _, seller = account.partition(":")
            if kind == "disputes" and row.state == "open":
                sums[(seller, row.currency)] += amount
    return [Frozen(seller, currency, amount) for (seller, currency), amount in sorted(sums.items()) if amount]


def _refunded(sale: Entry, gateway: str, amount: int) -> Counter[str]:
    moved = Counter({f"receivable:{gateway}": -amount})
    for account, share in _shares(sale, amount):
        kind, _, seller = account.partition(":")
        moved[f"refunds:{seller}" if kind == "revenue" else account] += share
    return moved


def _disputed(sale: Entry, row: DisputeRow) -> Counter[str]:
    amount = row.amount if row.state in ("open", "lost") else 0
    moved = Counter({f"receivable:{row.gateway}": -amount - row.fee, f"fees:{row.gateway}": row.fee})
    for account, share in _shares(sale, amount):
        moved[f"disputes:{account.partition(':')[2]}"] += share
    return moved


def _shares(sale: Entry, amount: int) -> list[tuple[str, int]]:
    """`amount` spread over the accounts that the sale was credited to, in proportion; a free one credited nobody."""
    earned = {account: -value for account, value in zip(sale.accounts, sale.amounts, strict=True) if value < 0}
    earned = earned or {sale.accounts[-1]: 1}
    return list(zip(earned, split(amount, list(earned.values())), strict=True))


def _entry(order_id: str, currency: str, booking: Booking, moved: Counter[str]) -> Entry:
    at, number, kind = booking
    accounts = sorted(account for account, amount in moved.items() if amount)
    return Entry(order_id, number, kind, at, currency, tuple(accounts), tuple(moved[name] for name in accounts))
