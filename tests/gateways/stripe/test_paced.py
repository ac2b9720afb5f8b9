"""A gateway that limits its clients is asked no faster than it allows; where that is not known, it is learnt."""

import asyncio

import pytest

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.rules.verdicts import Authorized, NotSent, Prepared, Verdict
from tests.gateways.contract import request_of
from tests.simulator.running import Process

PER_SECOND = 15.0
PAYMENTS = 40


@pytest.fixture
def limited(bank: Process) -> Process:
    """The simulator with limits of its own for each step of a payment."""
    each = {"payment_intents.create": PER_SECOND, "payment_intents.confirm": PER_SECOND}
    bank.control("/limits", {"operations": each}, "PUT")
    return bank


def refusals(bank: Process) -> int:
    """How many requests the simulator ever answered with 429."""
    return sum(bank.control("")["rate_limited"].values())


async def authorized(paced: PacedGateway) -> Verdict:
    """One payment to its end; what was refused is sent again when the gateway wants it."""
    request, ref = request_of("pm_card_visa"), None
    while True:
        verdict = await (paced.prepare(request) if ref is None else paced.authorize(request, ref))
        match verdict:
            case Prepared(ref=ref):
                continue
            case NotSent(retry_after_s=pause_s):
                await asyncio.sleep(pause_s)
            case _:
                return verdict


async def test_at_the_pace_of_the_gateway_nothing_is_refused(gateway: StripeGateway, limited: Process) -> None:
    before = refusals(limited)
    paced = PacedGateway(gateway, Limits(per_operation=PER_SECOND))
    verdicts = await asyncio.gather(*(authorized(paced) for _ in range(PAYMENTS)))
    assert all(isinstance(verdict, Authorized) for verdict in verdicts)
    assert refusals(limited) == before


async def test_control_without_a_pace_it_is_refused_and_slows_down_until_all_are_served(
    gateway: StripeGateway, limited: Process
) -> None:
    before = refusals(limited)
    paced = PacedGateway(gateway, Limits(per_operation=1000))
    verdicts = await asyncio.gather(*(authorized(paced) for _ in range(PAYMENTS)))
    assert all(isinstance(verdict, Authorized) for verdict in verdicts)
    assert refusals(limited) > before
    assert paced.counted().pace < 1
    assert paced.counted().breaker == "closed"
