"""The sandbox's own list of its payments, for whoever compares it with what the shop keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal

from race_to_purchase.gateways.sandbox.books import Books
from race_to_purchase.gateways.sandbox.connection import Unanswered
from race_to_purchase.ports import GatewayPayment, GatewayUnanswered

PAGE = 1000
"""Payments asked for at once."""

_STATES: dict[str, Literal["open", "authorized", "captured", "voided", "declined"]] = {
    "action_required": "open",
    "authorized": "authorized",
    # It can never be captured, but its buyer's funds are reserved until it is voided.
    "lapsed": "authorized",
    "captured": "captured",
    "voided": "voided",
    "declined": "declined",
}


async def listed(books: Books, prefix: str, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
    """Payments of `since <= created_at < until` whose refs begin with `prefix`, the oldest first.

    GatewayUnanswered where the books do not answer.
    """
    after = (since, "")
    while True:
        try:
            rows = await books.listed(prefix, since, until, after, PAGE)
        except Unanswered as error:
            raise GatewayUnanswered(str(error)) from error
        for ref, reference, state, *more in rows:
            yield GatewayPayment(ref, reference, _STATES[state], *more)
        if rows:
            after = (rows[-1]["created_at"], rows[-1]["ref"])
        if len(rows) < PAGE:
            return
