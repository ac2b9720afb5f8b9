"""Whether a gateway's message about a payment says something that our rows do not: only then is the gateway asked."""

from __future__ import annotations

from race_to_purchase.rules.rows import AttemptState

DECISIVE: frozenset[str] = frozenset({"authorized", "captured", "voided", "declined"})
"""What a message may say of a payment, "open" besides. It is never believed: it says if asking is worth a call."""

# A committed and a doomed attempt owe a step already, whose task asks the gateway for as long as it takes.
_ANYTHING = frozenset({"", "open", *DECISIVE})

_NO_NEWS: dict[AttemptState, frozenset[str]] = {
    "sent": frozenset({"open"}),
    "action_required": frozenset({"open"}),
    "committed": _ANYTHING,
    "doomed": _ANYTHING,
    "captured": frozenset({"", "open", "authorized", "captured"}),
    "declined": frozenset({"open", "declined", "voided"}),
    "voided": frozenset({"open", "declined", "voided"}),
    "capture_failed": frozenset({"open", "authorized", "declined", "voided"}),
}


def is_news(state: AttemptState, said: str | None) -> bool:
    """Whether an attempt in `state` has to be asked about after a message that said so; None: it did not say."""
    return (said or "") not in _NO_NEWS.get(state, frozenset())
