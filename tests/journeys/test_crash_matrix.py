"""Kill -9 of the server at chosen points of the payment protocol, in a race, with a gateway that fails on its own too.

Server, PostgreSQL and gateway are processes; the gateway speaks Stripe's API, keeps books of its own, loses answers and
declines. A point is "the n-th request of this kind has reached the gateway". After the race and a rest both books have
to agree to the cent. The ordinary run takes some of the points, `make soak` all of them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from race_to_purchase.app.commands.audit import audit_at
from tests.journeys.crowd import Crowd, End, come_to_rest, hurry
from tests.journeys.engine import Engine
from tests.sale import recount, shoes
from tests.samples import PRICE
from tests.simulator.running import Process, launched

KEY = "sk_test_crash_matrix"
STOCK = 25
BUYERS = 40
KILLS_A_RACE = 5
RACES = 10
SAMPLED = 1
OPERATIONS = ("create", "confirm", "capture")
METHODS = (
    *[("pm_card_visa",)] * 6,
    *[("pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa")] * 2,
)
FAULTS: list[dict[str, Any]] = [
    # Long enough for a kill to find requests under way.
    *(
        {
            "name": operation,
            "fault": "latency",
            "on": f"payment_intents.{operation}",
            "delay": {"distribution": "lognormal", "median_ms": 40, "sigma": 0.7, "max_ms": 400},
        }
        for operation in OPERATIONS
    ),
    *({"fault": fault, "on": "payment_intents.*", "rate": 0.02} for fault in ("cut_before", "cut_after")),
    *({"fault": fault, "on": "payment_intents.*", "rate": 0.01} for fault in ("error_before", "error_after")),
    {"fault": "garbage", "form": "half", "on": "payment_intents.*", "rate": 0.01},
]


class Point(msgspec.Struct, frozen=True):
    """Where the server is killed: once so many more requests of a kind have reached the gateway."""

    operation: str
    after: int


def points(seed: int) -> list[Point]:
    """The points of one race, in the order in which a purchase goes, so that later ones are still to come."""
    chance = random.Random(f"crash matrix {seed}")
    found = [Point(chance.choice(OPERATIONS), chance.randint(1, 4)) for _ in range(KILLS_A_RACE)]
    return sorted(found, key=lambda point: OPERATIONS.index(point.operation))


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Process]:
    """A gateway with faults of its own."""
    with launched(tmp_path / "books.db", api_key=KEY) as one:
        one.faults(*FAULTS)
        yield one


def seen(bank: Process, operation: str) -> int:
    """How many requests of a kind have reached the gateway: each was asked whether it meets the latency."""
    return int(bank.control("/faults")["seen"].get(operation, 0))


def reach(bank: Process, point: Point, race: asyncio.Task[list[End]]) -> bool:
    """Wait for the point; False where the race is over before."""
    goal = seen(bank, point.operation) + point.after
    while seen(bank, point.operation) < goal:
        if race.done():
            return False
        time.sleep(0.005)
    return True


async def agree(engine: Engine, bank: Process, ends: list[End]) -> None:
    """Our books and the gateway's say the same, to the cent, and every buyer was told the truth."""
    connection = await asyncpg.connect(engine.dsn)
    try:
        orders = await connection.fetch("SELECT id::text, amount, attempt_n FROM race.orders")
    finally:
        await connection.close()
    books = {book["reference"]: book for book in bank.control("/books?limit=5000")["books"]}
    ours = {f"{order['id']}/{order['attempt_n']}": order["amount"] for order in orders}
    theirs = {name: book["captured"] - book["refunded"] for name, book in books.items()}
    assert {name: amount for name, amount in theirs.items() if amount} == ours
    assert [name for name, book in books.items() if book["held"]] == [], "no authorization is left over"
    assert bank.violations() == []
    assert sorted(end.checkout for end in ends if end.status == 200) == sorted(order["id"] for order in orders)
    assert len(ours) == STOCK
    assert sum(ours.values()) == STOCK * PRICE
    assert await recount(engine.dsn) == []
    assert (await audit_at(engine.dsn)).violations == 0


@pytest.mark.parametrize("seed", [pytest.param(n, marks=[] if n < SAMPLED else pytest.mark.soak) for n in range(RACES)])
async def test_both_books_agree_wherever_the_server_was_killed(
    an_engine: Callable[..., Engine], bank: Process, seed: int
) -> None:
    engine = an_engine(RACE_STRIPE_KEY=KEY, RACE_STRIPE_BASE=bank.url)
    engine.start()
    engine.put(items=shoes(STOCK))
    race = asyncio.create_task(Crowd(engine, seed, METHODS).race(BUYERS))
    killed = 0
    for point in points(seed):
        if not await asyncio.to_thread(reach, bank, point, race):
            break
        engine.kill()
        killed += 1
        await asyncio.to_thread(engine.start)
    hurrying = asyncio.create_task(hurry(engine.dsn))
    ends = await race
    hurrying.cancel()
    bank.faults()
    await come_to_rest(engine.dsn)
    await agree(engine, bank, ends)
    assert killed == KILLS_A_RACE, "the race was over before"
