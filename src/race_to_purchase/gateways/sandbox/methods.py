"""The sandbox's payment methods, each standing for one thing that a real gateway does, as one table.

Nothing here talks to anybody. A method that is not in the table is refused before any payment is made of it, as a
real gateway does with a token that it never issued.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from race_to_purchase.rules.verdicts import Advice, Declined


class Method(msgspec.Struct, frozen=True):
    """How a payment method behaves at authorization.

    `state` is the payment's first state in the books: `authorized`, `declined`, or `lapsed`, an authorization that can
    never be captured, or `action_required`, one whose buyer has to act first: then `acted` and `decline_code` say how
    that ends. `slow` ones take their time, and so does a `pending` refund; `loses` says what gets lost the first time
    that a key is sent.
    """

    state: str = "authorized"
    decline_code: str | None = None
    retryable: bool = False
    slow: bool = False
    refund: Literal["done", "pending", "refused"] = "done"
    loses: str | None = None
    acted: str | None = None
    advice: Advice | None = None


METHODS: dict[str, Method] = {
    "pm_approved": Method(),
    "pm_declined": Method("declined", "generic_decline"),
    "pm_insufficient_funds": Method("declined", "insufficient_funds", retryable=True, advice="other_card"),
    "pm_expired_card": Method("declined", "expired_card"),
    "pm_try_again": Method("declined", "try_again_later", retryable=True, advice="other_gateway"),
    "pm_slow": Method(slow=True),
    "pm_answer_lost": Method(loses="answer"),
    "pm_lost_request": Method(loses="request"),
    "pm_action_required": Method("action_required", acted="authorized"),
    "pm_action_fails": Method("action_required", "authentication_failed", retryable=True, acted="declined"),
    "pm_capture_refused": Method("lapsed"),
    "pm_refund_refused": Method(refund="refused"),
    "pm_refund_pending": Method(refund="pending"),
}
"""By the name that a buyer's request gives as `payment_method`."""

UNKNOWN_METHOD = "unknown_payment_method"
"""Decline code of whatever is not in the table."""

DECLINES: dict[str, Declined] = {
    method.decline_code: Declined(method.decline_code, method.retryable, method.advice)
    for method in METHODS.values()
    if method.decline_code
}
"""What is said of a payment that was declined, by its code."""
