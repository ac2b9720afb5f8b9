"""Which accounts a purchase moves: double entry in minor units, debit above zero, each entry's sum zero.

    order placed:     receivable:<gateway> +total    revenue:<drop> -total
    capture failed:   the same entry with its signs turned

A free order (total zero) has an entry all the same, so that every order can be found in the journal.
"""

from __future__ import annotations

from datetime import datetime

from race_to_purchase.rules.rows import Entry, Order

SALE = 0
"""Number of an order's first entry."""


def sale(order: Order) -> Entry:
    """The entry of the pivot: the gateway owes us the total."""
    return Entry(
        order_id=order.id,
        entry=SALE,
        kind="sale",
        at=order.placed_at,
        currency=order.currency,
        accounts=(f"receivable:{order.gateway}", f"revenue:{order.drop_id}"),
        amounts=(order.amount, -order.amount),
    )


def reversal(of: Entry, number: int, kind: str, at: datetime) -> Entry:
    """The entry that takes `of` back; entries are never changed, only answered."""
    return Entry(
        order_id=of.order_id,
        entry=number,
        kind=kind,
        at=at,
        currency=of.currency,
        accounts=of.accounts,
        amounts=tuple(-amount for amount in of.amounts),
    )
