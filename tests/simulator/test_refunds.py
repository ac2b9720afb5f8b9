"""Refunds give back what was captured, and never more of it, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.simulator.running import Running


def test_parts_are_paid_back_until_nothing_is_left(gateway: Running) -> None:
    intent = gateway.paid(1000, metadata={"checkout": "parts"})
    for amount in (300, 300):
        refund = gateway.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
        assert (refund.status, refund.amount) == ("succeeded", amount)
    assert gateway.v1.refunds.create({"charge": intent.latest_charge}).amount == 400
    assert gateway.book("parts")["refunded"] == 1000
    charge = gateway.v1.charges.retrieve(intent.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [1001, 0, -1])
def test_no_refund_is_above_the_capture_or_below_one(gateway: Running, amount: int) -> None:
    intent = gateway.paid(1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
    assert refused.value.param == "amount"
    assert gateway.v1.refunds.list({"payment_intent": intent.id}).data == []


def test_only_what_was_captured_of_an_authorization_can_go_back(gateway: Running) -> None:
    intent = gateway.held(1000)
    gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 250})
    with pytest.raises(stripe.InvalidRequestError):
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 251})
    assert gateway.v1.refunds.create({"payment_intent": intent.id}).amount == 250


def test_nothing_goes_back_of_what_was_only_held(gateway: Running) -> None:
    intent = gateway.held()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"charge": intent.latest_charge})
    assert refused.value.code == "charge_not_captured"


@pytest.mark.parametrize("ask", [{}, {"charge": "ch_1", "payment_intent": "pi_1"}])
def test_a_refund_is_of_one_payment(gateway: Running, ask: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create(ask)
    assert refused.value.http_status == 400


@pytest.mark.parametrize("ask", [{"charge": "ch_1"}, {"payment_intent": "pi_1"}])
def test_a_refund_is_of_a_payment_that_exists(gateway: Running, ask: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create(ask)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_many_at_once_give_back_no_more_than_there_was(gateway: Running) -> None:
    intent = gateway.paid(1000, metadata={"checkout": "crowd"})

    def ask(_: int) -> int:
        return gateway.post("/v1/refunds", {"payment_intent": intent.id, "amount": 300}).status_code

    with ThreadPoolExecutor(16) as crowd:
        statuses = sorted(crowd.map(ask, range(16)))
    assert statuses == [200] * 3 + [400] * 13
    assert gateway.book("crowd")["refunded"] == 900


class TestRefundsThatTakeTheirTime:
    """A buyer's bank may say later what it thinks."""

    def test_one_that_fails_gives_its_amount_back(self, gateway: Running) -> None:
        intent = gateway.paid(1000, card="pm_card_refundFail", metadata={"checkout": "bounced"})
        refund = gateway.v1.refunds.create({"payment_intent": intent.id})
        assert refund.status == "succeeded", "it looks well at first"
        failed = gateway.v1.refunds.retrieve(refund.id)
        assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
        assert gateway.book("bounced")["refunded"] == 0
        sums = [moved.amount for moved in gateway.v1.balance_transactions.list({"source": refund.id}).data]
        assert sums == [1000, -1000]

    def test_a_pending_one_counts_at_once(self, gateway: Running) -> None:
        intent = gateway.paid(1000, card="pm_card_pendingRefund", metadata={"checkout": "pending"})
        refund = gateway.v1.refunds.create({"payment_intent": intent.id})
        assert refund.status == "pending"
        assert gateway.book("pending")["refunded"] == 1000
        ended = gateway.control(f"/refunds/{refund.id}/finish", {"outcome": "succeeded"})
        assert ended["status"] == "succeeded"

    def test_a_failed_one_stays_failed(self, gateway: Running) -> None:
        intent = gateway.paid(1000, card="pm_card_pendingRefund")
        refund = gateway.v1.refunds.create({"payment_intent": intent.id})
        gateway.control(f"/refunds/{refund.id}/finish", {"outcome": "failed"})
        again = gateway.ask_control(f"/refunds/{refund.id}/finish", {"outcome": "succeeded"})
        assert (again.status_code, gateway.v1.refunds.retrieve(refund.id).status) == (400, "failed")
