"""Everything going wrong at once: whatever a caller was told, the gateway's books agree to the cent."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Verdict,
    Voided,
)
from tests.gateways.contract import AMOUNT, request_of
from tests.gateways.stripe.conftest import KEY, SECRETS
from tests.simulator.running import Process

PAYMENTS = 60
TRIES = 60
MIXTURE = [
    {"fault": "cut_before", "rate": 0.08},
    {"fault": "cut_after", "rate": 0.08},
    {"fault": "error_before", "status": 503, "rate": 0.06},
    {"fault": "error_before", "status": 500, "stored": True, "rate": 0.04},
    {"fault": "error_after", "status": 500, "rate": 0.06},
    {"fault": "garbage", "form": "half", "rate": 0.05},
    {"fault": "garbage", "form": "html", "rate": 0.05},
    {"fault": "rate_limit", "rate": 0.08},
    {"fault": "decline", "card": "pm_card_visa", "decline_code": "insufficient_funds", "rate": 0.1},
]


@pytest.fixture
async def adapters(bank: Process) -> AsyncIterator[list[StripeGateway]]:
    """Those of two processes."""
    opened = [StripeGateway("stripe", KEY, SECRETS, bank.url, timeout_s=5.0) for _ in range(2)]
    yield opened
    await asyncio.gather(*(adapter.close() for adapter in opened))


async def test_whatever_is_told_the_books_agree(bank: Process, adapters: list[StripeGateway]) -> None:
    bank.faults(*MIXTURE)
    ends = await asyncio.gather(*(lived(adapters, random.Random(seed)) for seed in range(PAYMENTS)))
    bank.faults()
    assert {type(end).__name__ for _, end in ends} >= {"Captured", "Voided", "Declined"}
    for request, end in ends:
        book = bank.book(request.reference)
        taken = AMOUNT if isinstance(end, Captured) else 0
        assert (book["captured"], book["held"]) == (taken, 0), (request.reference, end)
        assert book["authorized"] in ((taken,) if isinstance(end, Captured | Declined) else (0, AMOUNT))
    now = datetime.now(UTC)
    listed = {
        one.reference: one async for one in adapters[0].payments(now - timedelta(hours=1), now + timedelta(hours=1))
    }
    assert {request.reference for request, _ in ends} <= listed.keys()


async def lived(adapters: list[StripeGateway], chance: random.Random) -> tuple[PaymentRequest, Verdict]:
    """One payment as the engine leads it: asked for until answered, by either process, sometimes without its id."""
    request = request_of("pm_card_visa")
    verdict: Verdict = NoAnswer("not begun")
    ref: str | None = None
    for _ in range(TRIES):
        adapter = chance.choice(adapters)
        if ref is None:
            prepared = await adapter.prepare(request)
            ref = prepared.ref if isinstance(prepared, Prepared) else None
        elif isinstance(verdict, Absent) or chance.random() < 0.5:
            verdict = await adapter.authorize(request, ref)
        else:
            verdict = await adapter.look_up(request, None if chance.random() < 0.3 else ref)
        if isinstance(verdict, Declined | Voided):
            return request, verdict
        if isinstance(verdict, Authorized):
            return request, await ended(adapters, verdict.ref, chance)
        assert isinstance(verdict, NoAnswer | NotSent | Absent), verdict
    raise AssertionError(f"{request.reference} came to no end: {verdict}")


async def ended(adapters: list[StripeGateway], ref: str, chance: random.Random) -> Verdict:
    """Captured, or voided where the order was given up; sometimes both are tried."""
    captures = chance.random() < 0.7
    for _ in range(TRIES):
        adapter = chance.choice(adapters)
        if captures:
            verdict = await adapter.capture(ref, AMOUNT, f"{ref}-capture")
        else:
            verdict = await adapter.void(ref, f"{ref}-void")
        if isinstance(verdict, Captured | Voided):
            return verdict
        assert isinstance(verdict, NoAnswer | NotSent), verdict
    raise AssertionError(f"{ref} came to no end")
