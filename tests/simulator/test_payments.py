"""Payments through Stripe's own library: every step, from every state, and what it leaves in the books."""

from typing import Any

import pytest
import stripe

from race_to_purchase.gateways.simulator.payments import ALLOWED
from tests.simulator.running import Running, running

STEPS = {"confirmed": "confirm", "captured": "capture", "canceled": "cancel"}


def in_state(gateway: Running, status: str) -> stripe.PaymentIntent:
    """A payment that has just this status."""
    intents = gateway.v1.payment_intents
    ask = {"amount": 2000, "currency": "eur", "capture_method": "manual"}
    match status:
        case "requires_payment_method":
            return intents.create(ask)
        case "requires_confirmation":
            return intents.create({**ask, "payment_method": "pm_card_visa"})
        case "requires_action":
            return gateway.held(card="pm_card_threeDSecure2Required")
        case "processing":
            return gateway.held(card="pm_usBankAccount_processing")
        case "requires_capture":
            return gateway.held()
        case "succeeded":
            return gateway.paid()
        case _:
            return intents.cancel(intents.create(ask).id)


STATES = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
)


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("step", sorted(ALLOWED))
def test_a_step_is_taken_from_the_states_that_allow_it_and_from_no_other(
    gateway: Running, status: str, step: str
) -> None:
    intent = in_state(gateway, status)
    assert intent.status == status
    call = getattr(gateway.v1.payment_intents, STEPS[step])
    more = {"payment_method": "pm_card_visa"} if step == "confirmed" else {}
    if status in ALLOWED[step]:
        assert call(intent.id, more).status != status
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(intent.id, more)
    assert (refused.value.http_status, refused.value.code) == (400, "payment_intent_unexpected_state")
    assert refused.value.error.payment_intent.id == intent.id
    assert gateway.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


class TestManualCapture:
    """Authorize first, take the money later: how a checkout pays."""

    def test_create_confirm_capture_moves_the_money_in_steps(self, gateway: Running) -> None:
        intents = gateway.v1.payment_intents
        ask = {"amount": 1999, "currency": "EUR", "capture_method": "manual", "metadata": {"checkout": "step-1"}}
        intent = intents.create(ask)
        assert (intent.status, intent.currency, intent.amount_capturable) == ("requires_payment_method", "eur", 0)
        intent = intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
        assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 1999, 0)
        assert money(gateway, "step-1") == (1999, 1999, 0, 0)
        intent = intents.capture(intent.id)
        assert (intent.status, intent.amount_capturable, intent.amount_received) == ("succeeded", 0, 1999)
        assert money(gateway, "step-1") == (1999, 0, 1999, 0)

    def test_a_part_is_captured_and_the_rest_let_go(self, gateway: Running) -> None:
        intent = gateway.held(1000, metadata={"checkout": "part"})
        intent = gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 400})
        assert (intent.amount_received, intent.amount_capturable) == (400, 0)
        assert money(gateway, "part") == (1000, 0, 400, 0)

    @pytest.mark.parametrize(
        ("amount", "code"), [(1001, "amount_too_large"), (0, "amount_too_small"), (-5, "amount_too_small")]
    )
    def test_no_other_amount_is_captured(self, gateway: Running, amount: int, code: str) -> None:
        intent = gateway.held(1000)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount})
        assert (refused.value.code, refused.value.param) == (code, "amount_to_capture")
        assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    def test_a_cancelled_authorization_holds_nothing(self, gateway: Running) -> None:
        intent = gateway.held(metadata={"checkout": "void"})
        intent = gateway.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
        assert (intent.status, intent.cancellation_reason, intent.amount_capturable) == ("canceled", "abandoned", 0)
        assert money(gateway, "void") == (1500, 0, 0, 0)

    def test_the_charge_says_until_when_it_can_be_captured(self, gateway: Running) -> None:
        intent = gateway.held(expand=["latest_charge"])
        until = intent.latest_charge.payment_method_details.card.capture_before
        assert until - intent.latest_charge.created == pytest.approx(7 * 86400, abs=2)


class TestLapsing:
    """A bank holds money for a week."""

    def test_an_old_authorization_is_given_up(self) -> None:
        with running() as gateway:
            intent = gateway.held(metadata={"checkout": "old"})
            gateway.control("/clock", {"advance_s": 6.9 * 86400})
            assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
            gateway.control("/clock", {"advance_s": 0.2 * 86400})
            lapsed = gateway.v1.payment_intents.retrieve(intent.id)
            assert (lapsed.status, lapsed.cancellation_reason) == ("canceled", "automatic")
            assert money(gateway, "old") == (1500, 0, 0, 0)
            assert gateway.v1.events.list({"type": "charge.expired"}).data[0].data.object["id"] == intent.latest_charge
            assert gateway.violations() == []

    def test_what_was_captured_in_time_stays(self) -> None:
        with running(authorization_days=1) as gateway:
            intent = gateway.v1.payment_intents.capture(gateway.held().id)
            gateway.control("/clock", {"advance_s": 30 * 86400})
            assert gateway.v1.payment_intents.retrieve(intent.id).status == "succeeded"


class TestAutomaticCapture:
    """Confirmed is paid."""

    def test_one_call_takes_the_money(self, gateway: Running) -> None:
        intent = gateway.paid(2500, metadata={"order_id": "auto"}, expand=["latest_charge.balance_transaction"])
        assert (intent.status, intent.amount_received) == ("succeeded", 2500)
        movement = intent.latest_charge.balance_transaction
        assert (movement.amount, movement.fee, movement.net) == (2500, 102, 2398)
        assert money(gateway, "auto") == (2500, 0, 2500, 0)

    def test_another_card_may_pay_after_a_decline(self, gateway: Running) -> None:
        intents = gateway.v1.payment_intents
        intent = intents.create({"amount": 900, "currency": "eur"})
        with pytest.raises(stripe.CardError):
            intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})
        failed = intents.retrieve(intent.id)
        assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
        assert failed.last_payment_error.code == "card_declined"
        paid = intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
        assert (paid.status, paid.last_payment_error) == ("succeeded", None)
        charges = gateway.v1.charges.list({"payment_intent": intent.id}).data
        assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_events_tell_every_step_in_order(gateway: Running) -> None:
    gateway.held()
    before = gateway.v1.events.list({"limit": 1}).data
    gateway.v1.payment_intents.capture(gateway.held().id)
    told = gateway.v1.events.list({"limit": 100, "ending_before": before[0].id}).data
    assert [event.type for event in reversed(told)] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]
    held = told[2].data.object
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 1500)


@pytest.mark.parametrize(
    ("ask", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "xyz"}, None, "currency"),
        ({"payment_method": "pm_card_nobody"}, "resource_missing", "payment_method"),
        ({"confirm": True}, "payment_intent_unexpected_state", None),
    ],
)
def test_what_no_payment_can_be_is_refused_and_leaves_nothing(
    gateway: Running, ask: dict[str, Any], code: str | None, param: str | None
) -> None:
    before = gateway.control()["objects"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.create({"amount": 1000, "currency": "eur", **ask})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert gateway.control()["objects"] == before


def test_a_currency_without_minor_units_is_taken_as_it_is(gateway: Running) -> None:
    assert gateway.paid(5000, currency="jpy").amount_received == 5000


def test_the_reference_is_looked_for_in_the_metadata(gateway: Running) -> None:
    intent = gateway.paid(metadata={"colour": "red"})
    assert gateway.book(intent.id)["captured"] == 1500
    gateway.paid(metadata={"order": "o-7", "checkout": "c-7"})
    assert gateway.book("c-7")["captured"] == 1500


def money(gateway: Running, reference: str) -> tuple[int, int, int, int]:
    """Authorized, held, captured and refunded in the gateway's books."""
    book = gateway.book(reference)
    return book["authorized"], book["held"], book["captured"], book["refunded"]
