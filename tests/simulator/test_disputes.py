"""Disputes take the money when they open, and give it back when they are won."""

from typing import Any

import pytest
import stripe

from tests.simulator.running import Running, running


def opened(gateway: Running, amount: int = 1000, **more: Any) -> tuple[stripe.PaymentIntent, stripe.Dispute]:
    """A captured payment and the dispute about it."""
    intent = gateway.paid(amount)
    dispute = gateway.control("/disputes", {"payment_intent": intent.id, **more})
    return intent, gateway.v1.disputes.retrieve(dispute["id"])


def test_an_open_dispute_has_taken_amount_and_fee(gateway: Running) -> None:
    intent, dispute = opened(gateway)
    (taken,) = dispute.balance_transactions
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 1000, "fraudulent")
    assert (taken.amount, taken.fee, taken.net) == (-1000, 1500, -2500)
    assert gateway.book(intent.id)["disputed"] == 1000
    assert gateway.v1.charges.retrieve(intent.latest_charge).disputed


def test_nothing_is_refunded_while_the_bank_has_the_money(gateway: Running) -> None:
    intent, _ = opened(gateway, amount=1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"


@pytest.mark.parametrize(("outcome", "disputed"), [("won", 0), ("lost", 1000)])
def test_the_bank_decides(gateway: Running, outcome: str, disputed: int) -> None:
    intent, dispute = opened(gateway)
    assert gateway.control(f"/disputes/{dispute.id}/resolve", {"outcome": outcome})["status"] == outcome
    assert gateway.book(intent.id)["disputed"] == disputed
    again = gateway.ask_control(f"/disputes/{dispute.id}/resolve", {"outcome": "won"})
    assert again.status_code == 400


def test_a_won_dispute_lets_the_merchant_refund_again(gateway: Running) -> None:
    intent, dispute = opened(gateway)
    gateway.control(f"/disputes/{dispute.id}/resolve", {"outcome": "won"})
    assert gateway.v1.refunds.create({"payment_intent": intent.id}).amount == 1000


@pytest.mark.parametrize(
    ("text", "status"),
    [("winning_evidence", "won"), ("losing_evidence", "lost"), ("the parcel arrived", "under_review")],
)
def test_evidence_is_handed_in_and_may_decide(gateway: Running, text: str, status: str) -> None:
    _, dispute = opened(gateway)
    ask = {"evidence": {"uncategorized_text": text, "customer_name": "N. N."}, "metadata": {"case": "7"}}
    gateway.v1.disputes.update(dispute.id, ask)
    after = gateway.v1.disputes.retrieve(dispute.id)
    assert (after.status, after.evidence_details.submission_count) == (status, 1)
    assert (after.evidence["customer_name"], after.metadata["case"]) == ("N. N.", "7")


def test_evidence_may_be_staged_before_it_is_handed_in(gateway: Running) -> None:
    _, dispute = opened(gateway)
    staged = gateway.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "a"}, "submit": False})
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert staged.evidence_details.has_evidence


def test_whoever_closes_a_dispute_accepts_it(gateway: Running) -> None:
    _, dispute = opened(gateway)
    assert gateway.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "late"}})
    assert refused.value.code == "dispute_not_open"


def test_an_inquiry_takes_nothing(gateway: Running) -> None:
    intent, dispute = opened(gateway, inquiry=True)
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    assert gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 10}).status == "succeeded"
    assert gateway.control(f"/disputes/{dispute.id}/resolve", {"outcome": "lost"})["status"] == "warning_closed"


@pytest.mark.parametrize("amount", [801, 0])
def test_no_more_is_disputed_than_is_left(gateway: Running, amount: int) -> None:
    intent = gateway.paid(1000)
    gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 200})
    answer = gateway.ask_control("/disputes", {"payment_intent": intent.id, "amount": amount})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "amount_too_large")


def test_a_payment_has_one_open_dispute(gateway: Running) -> None:
    intent, _ = opened(gateway, amount=1000)
    again = gateway.ask_control("/disputes", {"payment_intent": intent.id, "amount": 1})
    assert again.json()["error"]["code"] == "charge_disputed"


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_some_cards_dispute_what_they_paid(gateway: Running, card: str, reason: str, status: str) -> None:
    intent = gateway.paid(card=card)
    (dispute,) = gateway.v1.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, 1500)


def test_whoever_never_answers_has_lost() -> None:
    with running() as gateway:
        intent, dispute = opened(gateway)
        gateway.control("/clock", {"advance_s": 8 * 86400})
        assert gateway.v1.disputes.retrieve(dispute.id).status == "lost"
        assert gateway.book(intent.id)["disputed"] == 1000
        assert gateway.violations() == []
