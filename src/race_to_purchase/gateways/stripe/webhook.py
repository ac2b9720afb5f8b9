"""Stripe's messages: genuine or not, and what they are about in our words. Nothing is done about them here.

Signature and age are checked with the library's own check; everything that is wrong is a ValueError, and what
is too old a WebhookTooOld.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import stripe

from race_to_purchase.gateways.stripe.objects import Intent, at
from race_to_purchase.ports import WebhookTooOld
from race_to_purchase.rules.messages import WebhookEvent, WebhookKind

TOLERANCE_S = 300

KINDS: dict[str, WebhookKind] = {
    "payment_intent.amount_capturable_updated": "payment",
    "payment_intent.succeeded": "payment",
    "payment_intent.payment_failed": "payment",
    "payment_intent.canceled": "payment",
    "payment_intent.requires_action": "payment",
    "payment_intent.processing": "payment",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
    "charge.dispute.created": "dispute_opened",
    "charge.dispute.updated": "dispute_updated",
    "charge.dispute.funds_withdrawn": "dispute_updated",
    "charge.dispute.funds_reinstated": "dispute_updated",
    "charge.dispute.closed": "dispute_closed",
}
"""By Stripe's event type: those that an endpoint should be sent. Any other is `unknown`, and harmless."""


class _Data(msgspec.Struct, frozen=True):
    object: dict[str, Any]


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    created: int
    data: _Data


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> WebhookEvent:
    """The event in a message that was signed with one of `secrets`; ValueError for anything else."""
    signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), None)
    if signature is None:
        raise ValueError("the header Stripe-Signature is missing")
    if not any(_signed(secret, signature, body) for secret in secrets):
        raise ValueError("the signature was not made with a secret of this endpoint, or is malformed")
    age_s = time.time() - _signed_at(signature)
    if abs(age_s) > TOLERANCE_S:
        raise WebhookTooOld(f"the message was signed {age_s:.0f} s ago; {TOLERANCE_S} s are allowed")
    return _read(body)


def _signed(secret: str, signature: str, body: bytes) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret))
    except Exception:
        # The library raises more than it says for what nobody signs: bytes that are no text, characters outside ASCII.
        return False


def _signed_at(signature: str) -> int:
    """The time in a signature that was found genuine, so that it is there and a number."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _read(body: bytes) -> WebhookEvent:
    event = msgspec.json.decode(body, type=_Event)
    shown = event.data.object
    kind = KINDS.get(event.type, "unknown")
    payment = shown.get("id") if shown.get("object") == "payment_intent" else shown.get("payment_intent")
    if isinstance(payment, dict):
        payment = payment.get("id")
    metadata = shown.get("metadata")
    reference = metadata.get("reference") if isinstance(metadata, dict) else None
    return WebhookEvent(
        id=event.id,
        kind=kind,
        ref=payment if isinstance(payment, str) else "",
        reference=reference if isinstance(reference, str) else None,
        created_at=at(event.created),
        data={"type": event.type, **_said(kind, shown)},
    )


def _said(kind: WebhookKind, shown: dict[str, Any]) -> dict[str, Any]:
    """What the message itself says of its object, in words of ours."""
    match kind:
        case "payment":
            return {"state": msgspec.convert(shown, Intent).state()}
        case "refund":
            return {"refund": shown.get("id"), **_picked(shown, "status", "amount", "failure_reason")}
        case "dispute_opened" | "dispute_updated" | "dispute_closed":
            return {"dispute": shown.get("id"), **_dispute(shown)}
    return {}


def _dispute(shown: dict[str, Any]) -> dict[str, Any]:
    details = shown.get("evidence_details")
    due = details.get("due_by") if isinstance(details, dict) else None
    movements = shown.get("balance_transactions")
    fees = [movement.get("fee", 0) for movement in movements or [] if isinstance(movement, dict)]
    return {
        **_picked(shown, "status", "amount", "currency", "reason"),
        "due_at": at(due).isoformat() if isinstance(due, int) else None,
        "fee": sum(fee for fee in fees if isinstance(fee, int)),
    }


def _picked(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: shown.get(name) for name in names}
