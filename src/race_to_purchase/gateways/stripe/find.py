"""Stripe's own list of payments: page by page for reconciliation, and for one whose id we never learned."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from race_to_purchase.gateways.stripe.calls import Refusal, Silence, ask
from race_to_purchase.gateways.stripe.objects import Intent, IntentPage
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.verdicts import Absent, NoAnswer

if TYPE_CHECKING:
    from stripe import PaymentIntentService
    from stripe.params import PaymentIntentListParams

PAGE = 100

SLICES = (timedelta(minutes=-5), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24))
"""When a payment may have been created, after its attempt began: nearly always in the first slice. Clocks differ."""

_PROGRESS = ("open", "voided", "declined", "authorized", "captured")


async def pages(
    intents: PaymentIntentService, since: datetime, until: datetime
) -> AsyncIterator[IntentPage | Refusal | Silence]:
    """The payments created from `since` until before `until`, the newest first; what is no page ends it."""
    ask_for: PaymentIntentListParams = {
        "limit": PAGE,
        "created": {"gte": math.ceil(since.timestamp()), "lt": math.ceil(until.timestamp())},
        "expand": ["data.latest_charge"],
    }
    while True:
        page = await ask(IntentPage, intents.list_async(ask_for))
        yield page
        if not isinstance(page, IntentPage) or not page.has_more or not page.data:
            return
        ask_for = {**ask_for, "starting_after": page.data[-1].id}


async def by_reference(intents: PaymentIntentService, request: PaymentRequest) -> Intent | Absent | NoAnswer:
    """The payment that was made for a request, that which came furthest if there are several."""
    for begin, end in pairwise(SLICES):
        found: list[Intent] = []
        async for page in pages(intents, request.began_at + begin, request.began_at + end):
            if not isinstance(page, IntentPage):
                reason = page.verdict.reason if isinstance(page, Silence) else page.problem.message
                return NoAnswer(f"the list of payments broke off: {reason}")
            found += [intent for intent in page.data if intent.reference == request.reference]
        if found:
            return max(found, key=lambda intent: _PROGRESS.index(intent.state()))
    return Absent()
