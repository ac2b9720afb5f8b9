"""What is asked too late, or of a Stripe that says half: nothing is done twice, and nothing is taken for known."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from msgspec.structs import replace

from race_to_purchase.gateways.stripe.gateway import KEY_LIFE, StripeGateway
from race_to_purchase.ports import GatewayUnanswered, PaymentRequest
from race_to_purchase.rules.verdicts import Absent, Authorized, Declined, NoAnswer, NotSent, Prepared, Refunded
from tests.gateways.contract import AMOUNT, authorized, captured, new_key, request_of
from tests.gateways.stripe.scripted import Scripted
from tests.simulator.running import Process

VISA = "pm_card_visa"
CANCELLED = Declined("voided_at_gateway", retryable=True, advice="other_gateway")
FAILED_FOR_EVER = (500, {"error": {"type": "api_error", "code": "api_error"}}, {"Idempotent-Replayed": "true"})
TOO_FAST = (429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}}, {})
UNKNOWN = (
    404,
    {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "payment_intent"}},
    {},
)


def old(request: PaymentRequest) -> PaymentRequest:
    """The same, begun when Stripe's memory of its key cannot be trusted any more."""
    return replace(request, began_at=datetime.now(UTC) - KEY_LIFE - timedelta(minutes=1))


def refund_of(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "re_1", "object": "refund", "status": status, "amount": 100, "payment_intent": "pi_1", **more}


class TestWhatIsTooOldToBeSent:
    async def test_is_not_confirmed_any_more(self, gateway: StripeGateway, bank: Process) -> None:
        """Its key may be forgotten, and then it would be another try at the buyer's card."""
        request = request_of(VISA)
        made = await gateway.prepare(request)
        assert isinstance(made, Prepared)
        assert await gateway.authorize(old(request), made.ref) == NoAnswer("the payment was not confirmed")
        assert bank.book(request.reference)["authorized"] == 0

    async def test_is_what_it_became_meanwhile(self, gateway: StripeGateway) -> None:
        request = request_of(VISA)
        made = await gateway.prepare(request)
        assert isinstance(made, Prepared)
        verdict = await gateway.authorize(request, made.ref)
        assert isinstance(verdict, Authorized)
        assert await gateway.authorize(old(request), made.ref) == verdict
        await gateway.void(made.ref, new_key())
        assert await gateway.authorize(old(request), made.ref) == CANCELLED

    async def test_is_found_in_the_list_and_not_made_again(self, gateway: StripeGateway, bank: Process) -> None:
        request = request_of(VISA)
        verdict = await gateway.authorize(request, None)
        aged = replace(request, key=new_key(), began_at=request.began_at - timedelta(hours=23, minutes=30))
        assert await gateway.look_up(aged, None) == verdict
        assert bank.book(request.reference)["payments"] == 1

    async def test_is_absent_where_the_list_has_none(self, gateway: StripeGateway, bank: Process) -> None:
        aged = old(request_of(VISA))
        assert await gateway.look_up(aged, None) == Absent()
        assert bank.control(f"/books?reference={aged.reference}")["books"] == []


async def test_a_payment_that_was_cancelled_before_it_was_confirmed_is_declined(gateway: StripeGateway) -> None:
    request = request_of(VISA)
    made = await gateway.prepare(request)
    assert isinstance(made, Prepared)
    await gateway.void(made.ref, new_key())
    assert await gateway.authorize(request, made.ref) == CANCELLED


async def test_a_payment_that_is_made_otherwise_under_its_key_is_looked_for(gateway: StripeGateway) -> None:
    """As after a change of what is sent: the key is refused, and the payment is there all the same."""
    request = request_of(VISA)
    verdict = await gateway.authorize(request, None)
    assert await gateway.look_up(replace(request, amount=AMOUNT + 100), None) == verdict


async def test_what_stripe_never_takes_is_not_made_by_looking_for_it(gateway: StripeGateway, bank: Process) -> None:
    request = replace(request_of(VISA), currency="ISK")
    assert await gateway.look_up(request, None) == Absent()
    assert bank.control(f"/books?reference={request.reference}")["books"] == []


async def test_a_payment_that_stripe_refuses_to_make_is_absent(adapter: StripeGateway, scripted: Scripted) -> None:
    refused = {"error": {"type": "invalid_request_error", "code": "parameter_unknown"}}
    scripted.answers["POST /v1/payment_intents"] = (400, refused, {})
    assert await adapter.look_up(request_of(VISA), None) == Absent()


async def test_a_payment_that_cannot_be_cancelled_now_may_not_be_made_elsewhere(
    adapter: StripeGateway, scripted: Scripted
) -> None:
    """Its confirmation has failed for ever; until it is cancelled, it could still be confirmed."""
    made = {"id": "pi_1", "object": "payment_intent", "status": "requires_confirmation"}
    scripted.answers |= {
        "POST /v1/payment_intents/pi_1/confirm": FAILED_FOR_EVER,
        "GET /v1/payment_intents/pi_1": (200, {**made, "amount": 100, "currency": "eur", "created": 1}, {}),
        "POST /v1/payment_intents/pi_1/cancel": TOO_FAST,
    }
    assert isinstance(await adapter.authorize(request_of(VISA), "pi_1"), NoAnswer)


class TestARefund:
    @pytest.mark.parametrize("status", ["failed", "canceled"])
    async def test_that_fails_at_once_is_declined(
        self, adapter: StripeGateway, scripted: Scripted, status: str
    ) -> None:
        scripted.answers["POST /v1/refunds"] = (200, refund_of(status), {})
        assert await adapter.refund("pi_1", 100, new_key()) == Declined("refund_failed", retryable=True)

    async def test_of_a_payment_that_stripe_does_not_know_waits(
        self, adapter: StripeGateway, scripted: Scripted
    ) -> None:
        scripted.answers |= {"POST /v1/refunds": UNKNOWN, "GET /v1/refunds": UNKNOWN}
        assert isinstance(await adapter.refund("pi_1", 100, new_key()), NoAnswer)
        assert isinstance(await adapter.look_up_refund("pi_1", new_key()), NoAnswer)

    async def test_is_not_made_under_another_key_while_nobody_says_whether_there_is_one(
        self, adapter: StripeGateway, scripted: Scripted
    ) -> None:
        scripted.answers["POST /v1/refunds"] = FAILED_FOR_EVER
        assert isinstance(await adapter.refund("pi_1", 100, new_key()), NoAnswer)
        assert scripted.asked.count("POST /v1/refunds") == 1

    async def test_is_not_absent_because_nobody_answers(self, adapter: StripeGateway, scripted: Scripted) -> None:
        assert isinstance(await adapter.look_up_refund("pi_1", new_key()), NoAnswer)
        scripted.answers["GET /v1/refunds"] = TOO_FAST
        assert isinstance(await adapter.look_up_refund("pi_1", new_key()), NoAnswer)

    async def test_under_another_key_is_another_one(self, gateway: StripeGateway) -> None:
        ref, key = await captured(gateway, VISA), new_key()
        assert await gateway.refund(ref, 100, key) == Refunded(ref, 100)
        assert await gateway.look_up_refund(ref, new_key()) == Absent()
        assert await gateway.look_up_refund(ref, key) == Refunded(ref, 100)


class TestWhatAMessageIsAbout:
    async def test_is_unknown_while_stripe_does_not_say(self, adapter: StripeGateway) -> None:
        with pytest.raises(GatewayUnanswered, match="stripe did not say what pi_1 is for"):
            await adapter.reference_of("pi_1")

    async def test_is_not_nothing_because_the_question_was_refused(
        self, adapter: StripeGateway, scripted: Scripted
    ) -> None:
        refused = {"error": {"type": "invalid_request_error", "code": "parameter_unknown"}}
        scripted.answers["GET /v1/payment_intents/pi_1"] = (400, refused, {})
        with pytest.raises(GatewayUnanswered):
            await adapter.reference_of("pi_1")


@pytest.mark.parametrize("field", ["code", "decline_code", "message"])
async def test_an_error_whose_words_are_no_words_is_a_decline_all_the_same(
    adapter: StripeGateway, scripted: Scripted, field: str
) -> None:
    odd = {"error": {"type": "card_error", "code": "card_declined", field: 7}}
    scripted.answers["POST /v1/payment_intents/pi_1/confirm"] = (402, odd, {})
    assert isinstance(await adapter.authorize(request_of(VISA), "pi_1"), Declined)


async def test_a_request_that_was_not_sent_is_told_as_such_by_the_step_that_makes_it(
    adapter: StripeGateway, scripted: Scripted
) -> None:
    scripted.answers["POST /v1/payment_intents"] = TOO_FAST
    assert isinstance(await adapter.authorize(request_of(VISA), None), NotSent)


async def test_stripes_library_tells_nobody_about_the_shop(gateway: StripeGateway) -> None:
    await authorized(gateway, VISA)
    assert not stripe.enable_telemetry
    assert logging.getLogger("stripe").getEffectiveLevel() >= logging.WARNING
