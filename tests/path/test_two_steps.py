"""A gateway of two steps: where a payment is to be found is stored before anything is authorized."""

import asyncio

import pytest

from race_to_purchase.rules.outcomes import Answered
from tests.path.shop import Process, make_due, pass_deadline
from tests.sale import recount, value


@pytest.fixture
async def shop(shop: Process) -> Process:
    shop.wire.two_step = True
    return shop


@pytest.fixture
async def other(other: Process) -> Process:
    other.wire.two_step = True
    return other


async def test_a_purchase_takes_both(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    paid = await shop.pay(checkout)
    assert isinstance(paid, Answered)
    await shop.settle()
    assert (paid.status, shop.wire.calls) == (200, ["prepare", "authorize", "capture"])
    assert await recount(dsn, at_rest=True) == []


async def test_the_ref_is_stored_while_nothing_is_authorized_yet(shop: Process, other: Process) -> None:
    checkout = await shop.reserve()
    payment = await shop.held(checkout)
    attempt = await other.attempt(checkout)
    assert (attempt.state, attempt.gateway_ref) == ("sent", f"sbx_{attempt.key}")
    shop.wire.opened.set()
    await payment


@pytest.mark.parametrize(
    ("lost", "calls"),
    [
        ("prepare", ["look_up", "prepare", "authorize", "capture"]),
        ("authorize", ["look_up", "capture"]),
    ],
)
async def test_a_process_lost_in_either_step_is_taken_over(
    shop: Process, other: Process, dsn: str, lost: str, calls: list[str]
) -> None:
    checkout = await shop.reserve()
    payment = await shop.held(checkout, lost)
    await make_due(dsn)
    await other.owed("resolve")
    assert other.wire.calls == calls
    assert (await other.attempt(checkout)).state == "captured"
    shop.wire.opened.set()
    paid = await payment
    assert isinstance(paid, Answered)
    assert paid.status == 200
    await shop.settle()
    assert await value(dsn, "SELECT count(*) FROM sandbox.payment") == 1
    assert await recount(dsn, at_rest=True) == []


async def test_what_was_made_too_late_is_never_authorized(shop: Process, dsn: str) -> None:
    checkout = await shop.reserve()
    payment = await shop.held(checkout, "prepare")
    await pass_deadline(dsn, checkout)
    await shop.expire.tick()
    shop.wire.opened.set()
    told = await payment
    assert isinstance(told, Answered)
    assert told.status == 409
    await shop.settle()
    assert shop.wire.calls == ["prepare", "void"]
    attempt = await shop.attempt(checkout)
    assert (attempt.state, attempt.decline_code) == ("voided", "abandoned")
    assert await recount(dsn, at_rest=True) == []


async def test_a_payment_that_the_gateway_refuses_to_make_is_declined(shop: Process) -> None:
    checkout = await shop.reserve()
    shop.wire.lose.add("prepare")
    paying = shop.paying(checkout)
    await asyncio.wait([paying])
    assert shop.wire.calls == ["prepare"], "an answer that was lost is asked for, and nothing is authorized meanwhile"
    assert (await shop.attempt(checkout)).state == "unknown"
