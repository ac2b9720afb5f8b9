"""Every method of the adapter under every fault of the simulator: the right word at once, the right end after it.

`FIRST` says what a caller is told while the fault lasts; then the same call is sent again, as the engine would, until
it is answered, and the books must show exactly one effect.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from race_to_purchase.gateways.simulator.rules import Rule
from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.ports import GatewayUnanswered, PaymentRequest
from race_to_purchase.rules.verdicts import (
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    RefundFailed,
    RefundPending,
    Verdict,
    Voided,
)
from tests.gateways.contract import AMOUNT, authorized, captured, new_key, request_of
from tests.gateways.stripe.conftest import KEY, SECRETS, answers, refuses, until
from tests.simulator.running import Process

VISA = "pm_card_visa"
TOLD = ("webhook_late", "webhook_twice", "webhook_reordered", "webhook_forged", "webhook_lost")
"""What goes wrong with messages is for those who take them in."""

SLOW = {"distribution": "constant", "ms": 900}
PATIENCE_S = 0.5
TRIES = 8

FIRST: dict[str, tuple[dict[str, Any], type[Verdict]]] = {
    "late before the effect": ({"fault": "latency", "delay": SLOW, "where": "before"}, NoAnswer),
    "late after the effect": ({"fault": "latency", "delay": SLOW, "where": "after"}, NoAnswer),
    "cut before the effect": ({"fault": "cut_before"}, NoAnswer),
    "cut after the effect": ({"fault": "cut_after"}, NoAnswer),
    "5xx before the effect": ({"fault": "error_before", "status": 503}, NoAnswer),
    "5xx before the effect, for ever": ({"fault": "error_before", "status": 500, "stored": True}, NoAnswer),
    "5xx after the effect, for ever": ({"fault": "error_after", "status": 500}, NoAnswer),
    "a web page": ({"fault": "garbage", "form": "html"}, NoAnswer),
    "other text": ({"fault": "garbage", "form": "text"}, NoAnswer),
    "half of the answer": ({"fault": "garbage", "form": "half"}, NoAnswer),
    "an empty answer": ({"fault": "garbage", "form": "empty"}, NoAnswer),
    "too fast": ({"fault": "rate_limit"}, NotSent),
    "locked": ({"fault": "rate_limit", "code": "lock_timeout"}, NotSent),
}


class Step(msgspec.Struct, frozen=True):
    """One call that can be sent again: at which operation the fault strikes, and what it comes to in the end."""

    operation: str
    call: Callable[[], Awaitable[Verdict]]
    reference: str
    end: type[Verdict]
    books: dict[str, int]


@pytest.fixture
async def hasty(bank: Process) -> Any:
    """The adapter with little patience, so that lateness is quickly too late."""
    opened = StripeGateway("stripe", KEY, SECRETS, bank.url, timeout_s=PATIENCE_S)
    yield opened
    await opened.close()


async def prepared(gateway: StripeGateway) -> tuple[PaymentRequest, str]:
    request = request_of(VISA)
    verdict = await gateway.prepare(request)
    assert isinstance(verdict, Prepared)
    return request, verdict.ref


async def preparing(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request = request_of(VISA)
    none = {"authorized": 0, "captured": 0}
    return Step("payment_intents.create", lambda: tried.prepare(request), request.reference, Prepared, none)


async def authorizing(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request, ref = await prepared(gateway)
    books = {"payments": 1, "authorized": AMOUNT, "captured": 0}
    return Step("payment_intents.confirm", lambda: tried.authorize(request, ref), request.reference, Authorized, books)


async def looking_up(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request, ref = await prepared(gateway)
    await gateway.authorize(request, ref)
    books = {"payments": 1, "authorized": AMOUNT, "captured": 0}
    return Step("payment_intents.retrieve", lambda: tried.look_up(request, ref), request.reference, Authorized, books)


async def capturing(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request, ref = await prepared(gateway)
    await gateway.authorize(request, ref)
    key, books = new_key(), {"payments": 1, "captured": AMOUNT, "held": 0}
    return Step("payment_intents.capture", lambda: tried.capture(ref, AMOUNT, key), request.reference, Captured, books)


async def voiding(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request, ref = await prepared(gateway)
    await gateway.authorize(request, ref)
    key, books = new_key(), {"payments": 1, "captured": 0, "held": 0}
    return Step("payment_intents.cancel", lambda: tried.void(ref, key), request.reference, Voided, books)


async def refunding(gateway: StripeGateway, tried: StripeGateway) -> Step:
    request, ref = await prepared(gateway)
    await gateway.authorize(request, ref)
    await gateway.capture(ref, AMOUNT, new_key())
    key, books = new_key(), {"captured": AMOUNT, "refunded": 5_000}
    return Step("refunds.create", lambda: tried.refund(ref, 5_000, key), request.reference, Refunded, books)


def times(rule: dict[str, Any], operation: str) -> int:
    """A question whose kept connection breaks is asked again at once by the HTTP client; it changes nothing."""
    return 2 if rule["fault"].startswith("cut") and operation.endswith(("retrieve", "list")) else 1


STEPS = [preparing, authorizing, looking_up, capturing, voiding, refunding]


def test_every_fault_of_the_simulator_is_tried() -> None:
    tried = {rule["fault"] for rule, _ in FIRST.values()} | {"decline", "processing"}
    assert tried == {rule.__struct_config__.tag for rule in Rule.__subclasses__()} - set(TOLD)


@pytest.mark.parametrize("fault", FIRST)
@pytest.mark.parametrize("make", STEPS, ids=lambda make: make.__name__)
async def test_a_fault_is_told_as_what_it_is_and_has_one_effect(
    hasty: StripeGateway, gateway: StripeGateway, bank: Process, make: Callable[..., Awaitable[Step]], fault: str
) -> None:
    rule, told = FIRST[fault]
    step = await make(gateway, hasty if "late" in fault else gateway)
    bank.faults({**rule, "on": step.operation, "times": times(rule, step.operation)})
    first = await step.call()
    assert isinstance(first, NoAnswer if step.operation.endswith("retrieve") else told), first
    last: Verdict = first
    for _ in range(TRIES):
        if "late" in fault:
            await asyncio.sleep(PATIENCE_S / 2)  # The first request is still at work; the engine pauses too.
        last = await step.call()
        if not isinstance(last, NoAnswer | NotSent):
            break
    if step.end is Authorized and fault == "5xx before the effect, for ever" and make is authorizing:
        # Nothing can be confirmed under that key any more, so the payment was cancelled and may be made elsewhere.
        assert last == Declined("gateway_error", retryable=True, advice="other_gateway")
        assert bank.book(step.reference)["authorized"] == 0
        return
    assert isinstance(last, step.end), last
    book = bank.book(step.reference)
    assert {name: book[name] for name in step.books} == step.books


@pytest.mark.parametrize(("mode", "told"), [("refuse", NotSent), ("hang", NoAnswer), ("cut", NoAnswer)])
async def test_a_gateway_that_is_down_is_told_by_every_method(
    gateway: StripeGateway, hasty: StripeGateway, bank: Process, mode: str, told: type[Verdict]
) -> None:
    steps = [await make(gateway, hasty) for make in STEPS]
    bank.control("/outage", {"mode": mode}, "PUT")
    await until(lambda: mode != "refuse" or refuses(bank))
    for step in steps:
        verdict = await step.call()
        assert isinstance(verdict, NoAnswer if step.operation.endswith("retrieve") else told), (step.operation, verdict)
    bank.control("/outage", {"mode": "none"}, "PUT")
    await until(lambda: answers(bank))
    for step in steps:
        assert isinstance(await step.call(), step.end), step.operation


@pytest.mark.parametrize("fault", FIRST)
async def test_a_list_that_breaks_off_is_never_taken_for_the_whole(
    gateway: StripeGateway, hasty: StripeGateway, bank: Process, fault: str
) -> None:
    await authorized(gateway, VISA)
    rule, _ = FIRST[fault]
    bank.faults({**rule, "on": "payment_intents.list", "times": times(rule, "payment_intents.list")})
    now = datetime.now(UTC)
    # A list changes nothing, so the simulator has nothing to remember or to fail after.
    if rule["fault"] != "error_after" and not rule.get("stored"):
        with pytest.raises(GatewayUnanswered):
            [one async for one in hasty.payments(now - timedelta(hours=1), now + timedelta(hours=1))]
    assert await listed(gateway)


async def test_a_bank_that_takes_its_time_is_waited_for(gateway: StripeGateway, bank: Process) -> None:
    request, ref = await prepared(gateway)
    bank.faults({"fault": "processing", "card": VISA, "times": 1})
    assert isinstance(await gateway.authorize(request, ref), NoAnswer)
    assert isinstance(await gateway.look_up(request, ref), NoAnswer)
    bank.control(f"/payment_intents/{ref}/finish", {"outcome": "succeeded"})
    assert isinstance(await gateway.look_up(request, ref), Authorized)


async def test_a_decline_of_the_bank_is_told_with_its_code(gateway: StripeGateway, bank: Process) -> None:
    request, ref = await prepared(gateway)
    bank.faults({"fault": "decline", "card": VISA, "decline_code": "lost_card", "times": 1})
    assert await gateway.authorize(request, ref) == Declined("lost_card", retryable=False, advice="stop")
    assert await gateway.authorize(request, ref) == await gateway.look_up(request, ref)


async def test_a_capture_that_lost_its_answer_is_known_to_a_late_void(gateway: StripeGateway, bank: Process) -> None:
    ref = await authorized(gateway, VISA)
    bank.faults({"fault": "cut_after", "on": "payment_intents.capture", "times": 1})
    assert isinstance(await gateway.capture(ref, AMOUNT, new_key()), NoAnswer)
    assert await gateway.void(ref, new_key()) == Captured(ref, AMOUNT)


async def test_a_refund_that_failed_after_its_effect_is_found_and_not_made_again(
    gateway: StripeGateway, bank: Process
) -> None:
    ref, key = await captured(gateway, VISA), new_key()
    other = await gateway.refund(ref, 1_000, new_key())
    bank.faults({"fault": "error_after", "on": "refunds.create", "status": 500, "times": 1})
    assert isinstance(await gateway.refund(ref, 1_000, key), NoAnswer)
    assert await gateway.refund(ref, 1_000, key) == other
    assert sum(one.refunded for one in await listed(gateway) if one.ref == ref) == 2_000


async def test_a_refund_that_came_back_is_told_when_it_is_looked_up(gateway: StripeGateway) -> None:
    """The bank says so after the answer; the key would give that answer for ever."""
    ref, key = await captured(gateway, "pm_card_refundFail"), new_key()
    await gateway.refund(ref, 1_000, key)
    told = await gateway.look_up_refund(ref, key)
    assert isinstance(told, RefundFailed)
    assert (told.ref[:3], told.code) == ("re_", "lost_or_stolen_card")


async def test_a_refund_on_its_way_is_pending_until_the_bank_has_it(gateway: StripeGateway, bank: Process) -> None:
    ref, key = await captured(gateway, "pm_card_pendingRefund"), new_key()
    told = await gateway.refund(ref, 1_000, key)
    assert isinstance(told, RefundPending)
    assert await gateway.look_up_refund(ref, key) == told
    bank.control(f"/refunds/{told.ref}/finish", {"outcome": "succeeded"})
    assert await gateway.look_up_refund(ref, key) == Refunded(ref, 1_000)


async def listed(gateway: StripeGateway) -> list[Any]:
    now = datetime.now(UTC)
    return [one async for one in gateway.payments(now - timedelta(hours=1), now + timedelta(hours=1))]
