"""The states of a checkout, as one table; everything that moves a checkout asks it.

A reservation-first checkout is born `reserved`, with its stock held, and a payment-first one `open`, with nothing
held. `paying` pins whatever is held until the gateway's answer, or until the deadline: then the checkout is
`lapsed`, its claims are released and its fence is raised, while the attempt stays untouched until the gateway has
spoken. `paid` is the pivot: before it everything is undone, after it everything goes forward. An order that was paid
back is `refunded`, or `returned` where its goods went back on sale as well.
"""

from __future__ import annotations

from typing import Literal

from race_to_purchase.rules.rows import CheckoutState

CheckoutEvent = Literal[
    "begin",
    "decline",
    "reopen",
    "commit",
    "lapse",
    "reclaim",
    "expire",
    "cancel",
    "refuse",
    "review",
    "approve",
    "reject",
    "deliver",
    "capture_failed",
    "refund",
    "return",
]

TRANSITIONS: dict[CheckoutState, dict[CheckoutEvent, CheckoutState]] = {
    "open": {"begin": "paying", "cancel": "cancelled", "expire": "expired"},
    "reserved": {"begin": "paying", "cancel": "cancelled", "expire": "expired"},
    # A decline goes back to where the attempt began: payment first, that is `open`, and nothing stays held.
    "paying": {
        "decline": "reserved",
        "reopen": "open",
        "commit": "paid",
        "lapse": "lapsed",
        "refuse": "expired",
        "review": "review",
    },
    "lapsed": {"reclaim": "paid", "expire": "expired"},
    "review": {"approve": "paid", "reject": "cancelled"},
    "paid": {"deliver": "fulfilled", "capture_failed": "cancelled", "refund": "refunded", "return": "returned"},
    "fulfilled": {"refund": "refunded", "return": "returned"},
    "expired": {},
    "cancelled": {},
    "refunded": {},
    "returned": {},
}

HOLDING: frozenset[CheckoutState] = frozenset({"reserved", "paying", "review"})
"""States in which `claims.hold` counts as held."""

SOLD: frozenset[CheckoutState] = frozenset({"paid", "fulfilled", "refunded"})
"""States in which `claims.hold` and `claims.commit` count as sold: a refund alone puts nothing back on sale."""

ENDS: frozenset[CheckoutState] = frozenset(state for state, out in TRANSITIONS.items() if not out)

WITHOUT_ORDER: frozenset[CheckoutState] = frozenset({"expired", "cancelled"})
"""Ends at which nothing was bought, and nothing will be: whatever a gateway says later is undone."""

EXPIRING: frozenset[CheckoutState] = frozenset({"open", "reserved", "paying"})
"""States that the deadline ends."""


class IllegalTransition(Exception):
    """A checkout in state {state} was asked to {event}: a bug of the caller, never of a buyer."""


def move(state: CheckoutState, event: CheckoutEvent) -> CheckoutState:
    """The state after `event`; IllegalTransition where the table has no such row."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(f"a checkout in state {state!r} cannot {event!r}") from None
