"""What Stripe's objects say in our words, however little of them was sent, and where a list of them ends."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import stripe
from msgspec.structs import replace

from race_to_purchase.gateways.stripe.calls import RETRY_AFTER_S_MAX, Silence, ask
from race_to_purchase.gateways.stripe.find import by_reference
from race_to_purchase.gateways.stripe.objects import Intent, Refund, at
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Declined,
    NoAnswer,
    NotSent,
    Refunded,
    RefundFailed,
    RefundPending,
)

PAYMENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "requires_capture",
    "amount": 500,
    "currency": "eur",
    "created": 1_800_000_000,
    "amount_capturable": 500,
    "metadata": {"reference": "checkout-1/1"},
}
CAPTURE_BEFORE = 1_800_600_000


def payment(**changes: Any) -> Intent:
    """A payment as Stripe sends it, with these fields."""
    return msgspec.convert({**PAYMENT, **changes}, Intent)


def charge(**fields: Any) -> dict[str, Any]:
    return {"id": "ch_1", **fields}


@pytest.mark.parametrize(
    ("latest_charge", "until"),
    [
        (None, None),
        ("ch_1", None),
        (charge(), None),
        (charge(payment_method_details={}), None),
        (charge(payment_method_details={"card": {}}), None),
        (charge(payment_method_details={"card": {"capture_before": CAPTURE_BEFORE}}), at(CAPTURE_BEFORE)),
    ],
)
def test_an_authorization_ends_when_its_charge_says_so_where_it_says_it(
    latest_charge: Any, until: datetime | None
) -> None:
    assert payment(latest_charge=latest_charge).verdict() == Authorized("pi_1", 500, until)


@pytest.mark.parametrize(
    ("next_action", "address"),
    [
        (None, None),
        ({}, None),
        ({"redirect_to_url": "https://bank.example"}, None),
        ({"redirect_to_url": {"url": 7}}, None),
        ({"use_stripe_sdk": {"url": "https://bank.example"}}, None),
        ({"redirect_to_url": {"url": "https://bank.example"}}, "https://bank.example"),
    ],
)
def test_a_buyer_is_sent_where_there_is_an_address_and_else_nothing_is_known(
    next_action: Any, address: str | None
) -> None:
    found = payment(status="requires_action", next_action=next_action).verdict()
    assert found == ActionRequired("pi_1", address) if address else isinstance(found, NoAnswer)


def test_a_payment_without_a_method_was_declined_only_where_a_card_was_tried() -> None:
    fresh = payment(status="requires_payment_method")
    assert (fresh.verdict(), fresh.state()) == (Absent(), "open")
    tried = payment(status="requires_payment_method", last_payment_error={"code": "card_declined"})
    assert isinstance(tried.verdict(), Declined)
    assert tried.state() == "declined"


@pytest.mark.parametrize("status", ["processing", "a_status_of_tomorrow"])
def test_what_is_under_way_or_not_known_is_no_answer(status: str) -> None:
    assert payment(status=status).verdict() == NoAnswer(f"the payment is {status}")


@pytest.mark.parametrize(
    ("received", "latest_charge", "refunded"),
    [
        (500, charge(amount_refunded=200), 200),
        (300, charge(amount_refunded=500), 300),
        (0, charge(amount_refunded=500), 0),
        (500, "ch_1", 0),
        (500, None, 0),
    ],
)
def test_no_more_is_listed_as_paid_back_than_was_taken(received: int, latest_charge: Any, refunded: int) -> None:
    listed = payment(status="succeeded", amount_received=received, latest_charge=latest_charge).listed()
    assert (listed.captured, listed.refunded, listed.currency) == (received, refunded, "EUR")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("succeeded", Refunded("pi_1", 200)),
        ("failed", RefundFailed("re_1", "refund_failed")),
        ("canceled", RefundFailed("re_1", "refund_canceled")),
        ("pending", RefundPending("re_1")),
        (None, RefundPending("re_1")),
    ],
)
def test_a_refund_is_under_way_until_it_is_known_how_it_ended(status: str | None, verdict: Any) -> None:
    made = Refund("re_1", "refund", status, 200, "pi_1")
    assert made.verdict() == verdict
    if isinstance(verdict, RefundFailed):
        assert replace(made, failure_reason="expired_card").verdict() == RefundFailed("re_1", "expired_card")


def test_a_time_that_no_calendar_has_is_none() -> None:
    assert at(0) == datetime(1970, 1, 1, tzinfo=UTC)
    for seconds in (10**12, 10**30, -(10**30)):
        with pytest.raises(ValueError, match=r"year|no time"):
            at(seconds)


class Lists:
    """Stripe's list of payments: one page after the other, then only empty ones."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = list(pages)
        self.asked: list[Any] = []

    async def list_async(self, asked: Any) -> Any:
        self.asked.append(asked)
        page = self._pages.pop(0) if self._pages else {"data": [], "has_more": False}
        return SimpleNamespace(last_response=SimpleNamespace(body=msgspec.json.encode(page)))


BEGAN_AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
REQUEST = PaymentRequest("key", 500, "EUR", "pm_card_visa", "checkout-1/1", BEGAN_AT)


async def found(*pages: dict[str, Any]) -> tuple[Any, Lists]:
    lists: Any = Lists(*pages)
    return await by_reference(lists, REQUEST), lists


class TestLookingForAPayment:
    async def test_reads_on_behind_the_last_of_a_page(self) -> None:
        other = {**PAYMENT, "id": "pi_0", "metadata": {}}
        payment, lists = await found({"data": [other], "has_more": True}, {"data": [PAYMENT], "has_more": False})
        assert payment.id == "pi_1"
        assert [one.get("starting_after") for one in lists.asked] == [None, "pi_0"]

    async def test_ends_where_a_page_that_promises_more_is_empty(self) -> None:
        payment, lists = await found(*[{"data": [], "has_more": True}] * 3)
        assert payment == Absent()
        assert all("starting_after" not in one for one in lists.asked)

    async def test_goes_through_a_day_in_slices_that_meet(self) -> None:
        _, lists = await found()
        slices = [one["created"] for one in lists.asked]
        assert [one["lt"] for one in slices[:-1]] == [one["gte"] for one in slices[1:]]
        assert slices[0]["gte"] < BEGAN_AT.timestamp() < slices[0]["lt"]
        assert slices[-1]["lt"] == (BEGAN_AT + timedelta(days=1)).timestamp()

    async def test_stops_at_the_slice_in_which_it_is(self) -> None:
        _, lists = await found({"data": [PAYMENT], "has_more": False})
        assert len(lists.asked) == 1

    async def test_takes_the_one_that_came_furthest(self) -> None:
        made = [{**PAYMENT, "id": status, "status": status} for status in ("canceled", "succeeded", "processing")]
        payment, _ = await found({"data": made, "has_more": False})
        assert payment.id == "succeeded"

    async def test_does_not_take_a_list_that_broke_off_for_an_empty_one(self) -> None:
        payment, _ = await found({"data": "none", "has_more": False})
        assert isinstance(payment, NoAnswer)


@pytest.mark.parametrize(
    ("given", "wait_s"),
    [
        (None, 1.0),
        ({}, 1.0),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.1),
        ({"Retry-After": "-5"}, 0.1),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "nan"}, 0.1),
        ({"Retry-After": "1e9"}, RETRY_AFTER_S_MAX),
    ],
)
async def test_what_is_waited_for_is_bounded_whatever_stripe_says(given: Any, wait_s: float) -> None:
    async def refused() -> Any:
        raise stripe.RateLimitError("slow down", http_status=429, headers=given)

    asked: Awaitable[Any] = refused()
    said = await ask(Intent, asked)
    assert isinstance(said, Silence)
    assert isinstance(said.verdict, NotSent)
    assert said.verdict.limited
    assert said.verdict.retry_after_s == wait_s
