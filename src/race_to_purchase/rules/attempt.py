"""The states of a payment attempt, as one table, and what is true of each.

`unknown` is a state like any other: the gateway has not said what it did, so nothing is assumed. `doomed` is
irrevocable: such an attempt may never become an order, whatever the gateway says later; what it authorized is voided.
Terminal states absorb late news.
"""

from __future__ import annotations

from typing import Literal

from race_to_purchase.rules.rows import AttemptState

AttemptEvent = Literal[
    "send",
    "authorize",
    "decline",
    "lose",
    "require_action",
    "commit",
    "doom",
    "capture",
    "capture_fail",
    "void",
]

_ANSWERS: dict[AttemptEvent, AttemptState] = {
    "authorize": "authorized",
    "decline": "declined",
    "doom": "doomed",
}

TRANSITIONS: dict[AttemptState, dict[AttemptEvent, AttemptState]] = {
    "prepared": {"send": "sent", "doom": "doomed", "decline": "declined"},
    "sent": {**_ANSWERS, "lose": "unknown", "require_action": "action_required"},
    "unknown": {**_ANSWERS, "lose": "unknown", "require_action": "action_required"},
    "action_required": {**_ANSWERS, "lose": "unknown", "require_action": "action_required"},
    "authorized": {"commit": "committed", "doom": "doomed"},
    "committed": {"capture": "captured", "capture_fail": "capture_failed"},
    "doomed": {"void": "voided"},
    "declined": {},
    "captured": {},
    "capture_failed": {},
    "voided": {},
}

TERMINAL: frozenset[AttemptState] = frozenset(state for state, out in TRANSITIONS.items() if not out)

OPEN: frozenset[AttemptState] = frozenset({"prepared", "sent", "unknown", "action_required"})
"""The gateway has not answered yet: another attempt beside it could charge twice."""


class IllegalTransition(Exception):
    """An attempt in state {state} was asked to {event}: a bug of the caller, never of a gateway."""


def move(state: AttemptState, event: AttemptEvent) -> AttemptState:
    """The state after `event`; IllegalTransition where the table has no such row."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(f"an attempt in state {state!r} cannot {event!r}") from None
