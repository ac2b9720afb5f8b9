"""Disputes: a buyer asks the bank for the money back, the merchant answers with evidence, the bank decides.

The amount and a fee are taken when a dispute opens, and the amount comes back when it is won. An inquiry takes nothing
yet. Text that contains `winning_evidence` or `losing_evidence` decides a dispute at once, as at Stripe.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from race_to_purchase.gateways.simulator import params
from race_to_purchase.gateways.simulator.objects import Charge, Dispute, PaymentIntent
from race_to_purchase.gateways.simulator.refusals import missing, rejected
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork

RESPONSE_S = 7 * 86400
"""How long the merchant has to answer."""

OPEN = ("warning_needs_response", "warning_under_review", "needs_response", "under_review")
TAKEN = ("needs_response", "under_review", "lost")
"""States in which the bank has the money."""

REASONS = (
    "bank_cannot_process",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)

replace = msgspec.structs.replace


def open_dispute(
    unit: UnitOfWork, intent: PaymentIntent, amount: int, reason: str, *, inquiry: bool = False
) -> Dispute:
    """The bank takes `amount` of a captured payment back. Raises Refused for more than is left of it."""
    charge = unit.books.find(Charge, intent.latest_charge or "")
    if charge is None or not charge.captured:
        raise rejected("Only a captured payment can be disputed.", code="charge_not_captured")
    if any(dispute.status in OPEN for dispute in unit.books.children(Dispute, intent.id)):
        raise rejected("This payment is being disputed already.", code="charge_disputed")
    left = charge.amount_captured - charge.amount_refunded - _taken(unit, intent.id)
    if not 0 < amount <= left:
        raise rejected(f"Of this payment, {left} can be disputed, not {amount}.", code="amount_too_large")
    dispute = Dispute(
        id=unit.new_id(Dispute),
        amount=amount,
        charge=charge.id,
        created=unit.now,
        currency=charge.currency,
        evidence_details=_details(unit.now + RESPONSE_S, has_evidence=False, count=0),
        is_charge_refundable=inquiry,
        payment_intent=intent.id,
        payment_method_details=_disputed_card(charge, inquiry=inquiry),
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    unit.books.add(dispute, parent=intent.id)
    unit.books.update(replace(charge, disputed=True))
    unit.books.set_due(intent.id, unit.now + RESPONSE_S)
    if not inquiry:
        dispute = _move(unit, dispute, -amount, "dispute", fee=unit.terms.dispute_fee)
    unit.tell("charge.dispute.created", dispute)
    if not inquiry:
        unit.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def retrieve(unit: UnitOfWork, _: params.Asked, name: str) -> Dispute:
    """The dispute as it is."""
    return found(unit, name)


def update(unit: UnitOfWork, ask: params.UpdateDispute, name: str) -> Dispute:
    """Add evidence, and hand it in unless `submit` is false."""
    dispute = found(unit, name)
    if ask.evidence and dispute.status not in ("needs_response", "warning_needs_response"):
        message = f"Evidence cannot be added to a dispute that is {dispute.status}."
        raise rejected(message, code="dispute_not_open", param="evidence")
    evidence = {**dispute.evidence, **ask.evidence}
    submits = bool(ask.evidence) and ask.submit
    old = dispute.evidence_details
    dispute = replace(
        dispute,
        evidence=evidence,
        evidence_details=_details(
            old["due_by"], has_evidence=bool(evidence), count=old["submission_count"] + int(submits)
        ),
        metadata={**dispute.metadata, **params.words(ask.metadata)},
        status=_reviewed(dispute.status) if submits else dispute.status,
    )
    unit.books.update(dispute)
    unit.tell("charge.dispute.updated", dispute)
    outcome = _outcome_of(evidence) if submits else None
    return dispute if outcome is None else resolve(unit, dispute, outcome)


def close(unit: UnitOfWork, _: params.Asked, name: str) -> Dispute:
    """Accept that the money is gone."""
    dispute = found(unit, name)
    if dispute.status not in ("needs_response", "warning_needs_response"):
        raise rejected(f"A dispute that is {dispute.status} cannot be closed.", code="dispute_not_open")
    return resolve(unit, dispute, "lost")


def resolve(unit: UnitOfWork, dispute: Dispute, outcome: Literal["won", "lost"]) -> Dispute:
    """The bank's decision on an open dispute. Raises Refused for one that is decided."""
    if dispute.status not in OPEN:
        raise rejected(f"This dispute is {dispute.status}.", code="dispute_not_open")
    inquiry = dispute.status.startswith("warning")
    charge = unit.books.find(Charge, dispute.charge)
    assert charge is not None, "a dispute belongs to a charge"
    if inquiry:
        dispute = replace(dispute, status="warning_closed")
        unit.books.update(dispute)
    elif outcome == "won":
        won = replace(dispute, status="won", is_charge_refundable=True)
        dispute = _move(unit, won, won.amount, "dispute_reversal")
        unit.tell("charge.dispute.funds_reinstated", dispute)
    else:
        dispute = replace(dispute, status="lost")
        unit.books.update(dispute)
    unit.books.set_due(dispute.payment_intent, None)
    unit.tell("charge.dispute.closed", dispute)
    return dispute


def time_out(unit: UnitOfWork, payment: str) -> None:
    """Decide what the merchant never answered: the money is gone, an inquiry is closed."""
    for dispute in unit.books.children(Dispute, payment):
        due = dispute.evidence_details["due_by"] <= unit.now_s
        if dispute.status in ("needs_response", "warning_needs_response") and due:
            resolve(unit, dispute, "lost")


def holds_money(unit: UnitOfWork, payment: str) -> bool:
    """Whether the bank has taken back some of a payment: nothing may be refunded then."""
    return _taken(unit, payment) > 0


def found(unit: UnitOfWork, name: str) -> Dispute:
    """The dispute of this id; Refused where there is none."""
    dispute = unit.books.find(Dispute, name)
    if dispute is None:
        raise missing("dispute", name, param="dispute")
    return dispute


def _taken(unit: UnitOfWork, payment: str) -> int:
    return sum(dispute.amount for dispute in unit.books.children(Dispute, payment) if dispute.status in TAKEN)


def _move(unit: UnitOfWork, dispute: Dispute, amount: int, category: str, *, fee: int = 0) -> Dispute:
    """Move the disputed amount, and keep the dispute with the movement in it."""
    movement = unit.book("adjustment", category, dispute, amount, fee=fee)
    dispute = replace(dispute, balance_transactions=[*dispute.balance_transactions, movement])
    unit.books.move(dispute.payment_intent, disputed=-amount)
    unit.books.update(dispute)
    return dispute


def _reviewed(status: Any) -> Any:
    return {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}.get(status, status)


def _outcome_of(evidence: dict[str, Any]) -> Literal["won", "lost"] | None:
    text = evidence.get("uncategorized_text", "")
    if "winning_evidence" in text:
        return "won"
    return "lost" if "losing_evidence" in text else None


def _details(due_by: int, *, has_evidence: bool, count: int) -> dict[str, Any]:
    return {
        "due_by": due_by,
        "enhanced_eligibility": {},
        "has_evidence": has_evidence,
        "past_due": False,
        "submission_count": count,
    }


def _disputed_card(charge: Charge, *, inquiry: bool) -> dict[str, Any] | None:
    """The card of a charge as a dispute shows it; None for what was no card."""
    card = charge.payment_method_details.get("card")
    if card is None:
        return None
    case = "inquiry" if inquiry else "chargeback"
    shown = {"brand": card["brand"], "case_type": case, "network": card["network"], "network_reason_code": None}
    return {"type": "card", "card": shown}
