"""Stripe's adapter against a gateway simulator that is a process of its own, over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import requests

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from tests.gateways.stripe.scripted import Scripted
from tests.listening import listening
from tests.simulator.running import Process, launched

KEY = "sk_test_simulator"
SECRETS = ("whsec_of_the_endpoint", "whsec_before_it_was_rotated")


@pytest.fixture(scope="package")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The simulator behind all of these tests, which know nothing of each other's payments."""
    with launched(Path(tmp_path_factory.mktemp("stripe")) / "books.db", api_key=KEY) as one:
        yield one


@pytest.fixture
def bank(process: Process) -> Iterator[Process]:
    """The simulator without faults or limits, whose books add up when the test is over."""
    yield process
    process.control("/outage", {"mode": "none"}, "PUT")
    asyncio.run(until(lambda: answers(process)))
    process.control("/faults", method="DELETE")
    process.control("/limits", {}, "PUT")
    assert process.violations() == []


@pytest.fixture
async def gateway(bank: Process) -> AsyncIterator[StripeGateway]:
    """The adapter, as a shop has it."""
    opened = StripeGateway("stripe", KEY, SECRETS, bank.url, timeout_s=2.0)
    yield opened
    await opened.close()


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    """A server in Stripe's place."""
    one = Scripted()
    async with listening(one.handle) as one.url:
        yield one


@pytest.fixture
async def adapter(scripted: Scripted) -> AsyncIterator[StripeGateway]:
    """The adapter in front of it."""
    opened = StripeGateway("stripe", KEY, SECRETS, scripted.url, timeout_s=5.0)
    yield opened
    await opened.close()


def answers(bank: Process) -> bool:
    """Whether the simulator answers at the address of its API."""
    try:
        return requests.get(f"{bank.url}/v1/charges", auth=(KEY, ""), timeout=0.3).status_code == 200
    except requests.RequestException:
        return False


def refuses(bank: Process) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", bank.port)) != 0


async def until(true: Callable[[], bool], patience_s: float = 15.0) -> None:
    """Wait for what happens in another process."""
    deadline_s = asyncio.get_running_loop().time() + patience_s
    while not await asyncio.to_thread(true):
        assert asyncio.get_running_loop().time() < deadline_s
        await asyncio.sleep(0.02)
