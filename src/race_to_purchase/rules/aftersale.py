"""What may follow an order: refunds and disputes. Their rows, their states as tables, and the guard of their amounts.

Everything here is about money that was captured. A `Refundable` is to an order what a pool is to stock: the one row
that every refund and every lost dispute has to pass, so that together they never take more than there was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

RefundState = Literal["requested", "sent", "unknown", "done", "failed"]
RefundEvent = Literal["accept", "lose", "finish", "fail"]

REFUND: dict[RefundState, dict[RefundEvent, RefundState]] = {
    # What is requested may have been sent: its key is stored, so that whoever finds it sends it again.
    "requested": {"accept": "sent", "lose": "unknown", "finish": "done", "fail": "failed"},
    "sent": {"accept": "sent", "lose": "sent", "finish": "done", "fail": "failed"},
    "unknown": {"accept": "sent", "lose": "unknown", "finish": "done", "fail": "failed"},
    # A bank may send the money back days later; then the refund has failed after all.
    "done": {"fail": "failed"},
    "failed": {},
}

REFUND_OPEN: frozenset[RefundState] = frozenset({"requested", "sent", "unknown"})
"""The gateway has not ended it: its amount is pending, and it has a task."""

DisputeState = Literal["inquiry", "open", "won", "lost", "closed"]
DisputeEvent = Literal["ask", "open", "win", "lose", "close"]

DISPUTE: dict[DisputeState, dict[DisputeEvent, DisputeState]] = {
    # An inquiry has taken nothing yet; closed, it never will have.
    "inquiry": {"ask": "inquiry", "open": "open", "win": "won", "lose": "lost", "close": "closed"},
    "open": {"ask": "open", "open": "open", "win": "won", "lose": "lost", "close": "closed"},
    "won": {},
    "lost": {},
    "closed": {},
}

DISPUTE_ENDS: frozenset[DisputeState] = frozenset(state for state, out in DISPUTE.items() if not out)


class Refundable(msgspec.Struct, frozen=True):
    """The guard of one order: `refunded + pending + lost <= captured`, all in minor units of its currency.

    `pending` is asked for and not ended, `lost` what disputes have taken for good. `disputes` are open ones: while
    there is one, no refund is begun and nothing of the order is paid out.
    """

    order_id: str
    currency: str
    captured: int
    pending: int = 0
    refunded: int = 0
    lost: int = 0
    disputes: int = 0
    version: int = 0

    @property
    def left(self) -> int:
        """What may still be refunded."""
        return self.captured - self.pending - self.refunded - self.lost


class RefundRow(msgspec.Struct, frozen=True):
    """One refund of an order, its `n`-th. `id` is also its key at the gateway and, like the amount, never changes.

    `restock`: if it is the one that gives everything back, the goods go on sale again. `gateway_ref` is the gateway's
    own id of it. `answer` is what its asker was told at its end.
    """

    order_id: str
    n: int
    id: str
    state: RefundState
    amount: int
    currency: str
    gateway: str
    payment_ref: str
    reason: str
    restock: bool
    asked_by: str
    asked_at: datetime
    gateway_ref: str | None = None
    failure: str | None = None
    ended_at: datetime | None = None
    answer: str | None = None
    version: int = 0


class DisputeRow(msgspec.Struct, frozen=True):
    """A buyer's objection at their bank, under the gateway's id; what the newest message about it said.

    `amount` is taken while it is open or lost, `fee` is what the gateway keeps for it in any case. `status` is the
    gateway's own word. `due_by` is when the evidence has to be there. `lost` is what it took of the order's guard.
    """

    gateway: str
    id: str
    order_id: str
    state: DisputeState
    amount: int
    fee: int
    currency: str
    reason: str
    status: str
    told_at: datetime
    opened_at: datetime
    due_by: datetime | None = None
    closed_at: datetime | None = None
    lost: int = 0
    version: int = 0


class IllegalTransition(Exception):
    """A refund or dispute in state {state} was asked to {event}: a bug of the caller, never of a gateway."""


def move_refund(state: RefundState, event: RefundEvent) -> RefundState:
    """The state after `event`; IllegalTransition where the table has no such row."""
    try:
        return REFUND[state][event]
    except KeyError:
        raise IllegalTransition(f"a refund in state {state!r} cannot {event!r}") from None


def move_dispute(state: DisputeState, event: DisputeEvent) -> DisputeState:
    """The state after `event`; IllegalTransition where the table has no such row."""
    try:
        return DISPUTE[state][event]
    except KeyError:
        raise IllegalTransition(f"a dispute in state {state!r} cannot {event!r}") from None
