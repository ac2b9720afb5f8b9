"""Several sandboxes over one database know nothing of each other, and some of them do not do what they should."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from race_to_purchase.gateways.sandbox.behaviour import BEHAVIOURS
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.verdicts import Absent, Authorized, Captured, Declined, NoAnswer, NotSent, Voided
from tests.gateways.contract import new_key


def a_request() -> PaymentRequest:
    key = new_key()
    return PaymentRequest(key, 15_900, "EUR", "pm_approved", f"{key}/1", datetime.now(UTC))


@pytest.fixture
async def second(books_dsn: str) -> AsyncIterator[SandboxGateway]:
    """A sandbox beside the usual one."""
    opened = SandboxGateway(books_dsn, name="second")
    yield opened
    await opened.close()


async def test_they_keep_their_payments_apart(gateway: SandboxGateway, second: SandboxGateway) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    request = a_request()
    here, there = await gateway.authorize(request, None), await second.look_up(request, None)
    assert isinstance(here, Authorized)
    assert there == Absent()
    also = await second.authorize(request, None)
    assert isinstance(also, Authorized)
    assert also.ref != here.ref
    assert isinstance(await second.capture(also.ref, 15_900, new_key()), Captured)
    assert isinstance(await gateway.void(here.ref, new_key()), Voided)
    until = datetime.now(UTC) + timedelta(seconds=5)
    assert also.ref not in [payment.ref async for payment in gateway.payments(began, until)]
    assert [payment.ref async for payment in second.payments(began, until)] == [also.ref]


async def test_one_declines_so_that_another_may_do(books_dsn: str) -> None:
    declining = BEHAVIOURS["declines"](books_dsn, name="declining")
    verdict = await declining.authorize(a_request(), None)
    assert isinstance(verdict, Declined)
    assert verdict.retryable
    await declining.close()


async def test_one_takes_no_connection(books_dsn: str) -> None:
    away = BEHAVIOURS["unreachable"](books_dsn, name="away")
    request = a_request()
    assert isinstance(await away.authorize(request, None), NotSent)
    assert isinstance(await away.look_up(request, None), NoAnswer)
    assert isinstance(await away.capture("ref", 1, "key"), NotSent)
    assert isinstance(await away.void("ref", "key"), NotSent)
    assert isinstance(await away.refund("ref", 1, "key"), NotSent)
    await away.close()


async def test_one_never_answers_and_knows_of_nothing(books_dsn: str) -> None:
    silent = BEHAVIOURS["silent"](books_dsn, name="silent")
    request = a_request()
    assert isinstance(await silent.authorize(request, None), NoAnswer)
    assert await silent.look_up(request, None) == Absent()
    await silent.close()
