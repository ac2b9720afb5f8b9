"""How long the shop took for each purchase (M2): its reservation and its payments, without the buyer's own time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.path import PurchaseServed
from race_to_purchase.path.known import KnownCheckout
from race_to_purchase.rules.outcomes import Answered, Outcome

CHECKOUTS_MAX = 20_000
"""Remembered until they are paid; those who never pay are forgotten first."""


class Served:
    """See the module; of this process alone."""

    def __init__(self) -> None:
        self._spent_s: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def reserved(self, known: KnownCheckout, took_s: float) -> None:
        """A reservation was made here."""
        self._keep(known.id, took_s, here=True)

    def ended(self, known: KnownCheckout, payment: asyncio.Task[Outcome], took_s: float) -> None:
        """A payment has come to its end. Without an order, the next one may bring it; with one, tell what all took."""
        spent_s, here = self._spent_s.pop(known.id, (0.0, False))
        spent_s += took_s
        outcome = None if payment.cancelled() or payment.exception() else payment.result()
        if isinstance(outcome, Answered) and outcome.end == "paid":
            emit(PurchaseServed(known.drop_id, known.id, spent_s, here))
        else:
            self._keep(known.id, spent_s, here=here)

    def _keep(self, checkout_id: str, spent_s: float, *, here: bool) -> None:
        self._spent_s[checkout_id] = (spent_s, here)
        if len(self._spent_s) > CHECKOUTS_MAX:
            self._spent_s.popitem(last=False)
