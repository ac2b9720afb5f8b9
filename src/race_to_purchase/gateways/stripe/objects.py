"""What of Stripe's objects we read, with the types we count on, and what each of them says in our words.

An answer that does not fit is no answer: it may come from something between us and Stripe.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from race_to_purchase.gateways.stripe.declines import declined
from race_to_purchase.ports import GatewayPayment
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    Refunded,
    RefundFailed,
    RefundPending,
    Verdict,
    Voided,
)


class Problem(msgspec.Struct, frozen=True):
    """Why something was refused: an error's own words, or those that a payment keeps of its last one."""

    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    advice_code: str | None = None
    param: str | None = None
    message: str = ""

    def declined(self) -> Declined:
        """The same as a verdict."""
        return declined(self.code, self.decline_code, self.advice_code)


class _Card(msgspec.Struct, frozen=True):
    capture_before: int | None = None


class _MethodDetails(msgspec.Struct, frozen=True):
    card: _Card | None = None


class Charge(msgspec.Struct, frozen=True):
    """The last try to charge a card; amounts in minor units."""

    id: str
    amount_captured: int = 0
    amount_refunded: int = 0
    payment_method_details: _MethodDetails | None = None


class Intent(msgspec.Struct, frozen=True):
    """One payment; `latest_charge` is asked for as an object, and is an id where it was not."""

    id: str
    object: Literal["payment_intent"]
    status: str
    amount: int
    currency: str
    created: int
    amount_capturable: int = 0
    amount_received: int = 0
    metadata: dict[str, str] = {}
    latest_charge: Charge | str | None = None
    next_action: dict[str, Any] | None = None
    last_payment_error: Problem | None = None

    @property
    def reference(self) -> str | None:
        """The attempt that it was made for; None where it was not made by us."""
        return self.metadata.get("reference")

    def state(self) -> Literal["open", "authorized", "captured", "voided", "declined"]:
        """In the words of `ports.GatewayPayment`."""
        match self.status:
            case "requires_capture":
                return "authorized"
            case "succeeded":
                return "captured"
            case "canceled":
                return "voided"
            case "requires_payment_method" if self.last_payment_error is not None:
                return "declined"
        return "open"

    def verdict(self) -> Verdict:
        """What became of it; Absent where nobody asked the bank yet, NoAnswer while the bank makes up its mind."""
        match self.status:
            case "requires_capture":
                return Authorized(self.id, self.amount_capturable, self._capture_before())
            case "succeeded":
                return Captured(self.id, self.amount_received)
            case "canceled":
                return Voided(self.id)
            case "requires_action":
                url = self._action_url()
                return ActionRequired(self.id, url) if url else NoAnswer("the buyer is asked for what has no address")
            case "requires_payment_method" if self.last_payment_error is not None:
                return self.last_payment_error.declined()
            case "requires_payment_method" | "requires_confirmation":
                return Absent()
        return NoAnswer(f"the payment is {self.status}")

    def listed(self) -> GatewayPayment:
        """As an entry of the gateway's own list."""
        taken = self.amount_received
        returned = self.latest_charge.amount_refunded if isinstance(self.latest_charge, Charge) else 0
        return GatewayPayment(
            ref=self.id,
            reference=self.reference,
            state=self.state(),
            amount=self.amount,
            currency=self.currency.upper(),
            captured=taken,
            # What was let go of, of an authorization, counts as refunded at Stripe; it never was ours.
            refunded=min(returned, taken),
            created_at=at(self.created),
        )

    def _capture_before(self) -> datetime | None:
        details = self.latest_charge.payment_method_details if isinstance(self.latest_charge, Charge) else None
        if details is None or details.card is None or details.card.capture_before is None:
            return None
        return at(details.card.capture_before)

    def _action_url(self) -> str | None:
        redirect = (self.next_action or {}).get("redirect_to_url")
        url = redirect.get("url") if isinstance(redirect, dict) else None
        return url if isinstance(url, str) else None


class IntentPage(msgspec.Struct, frozen=True):
    """A page of a list of payments, the newest first."""

    data: list[Intent]
    has_more: bool


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back."""

    id: str
    object: Literal["refund"]
    status: str | None
    amount: int
    payment_intent: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = {}

    def verdict(self) -> Verdict:
        """How it stands; what has failed was made all the same, and came back."""
        match self.status:
            case "succeeded":
                return Refunded(self.payment_intent or self.id, self.amount)
            case "failed" | "canceled":
                return RefundFailed(self.id, self.failure_reason or f"refund_{self.status}")
            case _:
                return RefundPending(self.id)


class RefundPage(msgspec.Struct, frozen=True):
    """Refunds of one payment, the newest first."""

    data: list[Refund]


def at(seconds: int) -> datetime:
    """Unix seconds as a time; ValueError for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{seconds} is no time") from None
