"""The place in another process's queue: one look answers everybody who asks in the same moment."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.path import ahead
from race_to_purchase.path.ahead import Ahead
from tests.path.scripted import Scripted
from tests.samples import a_checkout, an_attempt

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WAITS = replace(an_attempt(a_checkout()), state="prepared", began_at=BEGAN)
GATEWAY = Scripted()


class Looked:
    """Two others began before, and one after; counts the looks, and fails while `broken`."""

    def __init__(self) -> None:
        self.looks = 0
        self.broken = False

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.broken:
            raise DatabaseUnavailable(reason="a test")
        return [BEGAN + timedelta(seconds=s) for s in (-9, -1, 0, 1)]


@pytest.fixture
def reads() -> Looked:
    return Looked()


@pytest.fixture
def places(reads: Looked) -> Ahead:
    return Ahead(reads)  # type: ignore[arg-type]  # The one question it asks.


async def test_many_who_ask_cost_one_look(reads: Looked, places: Ahead) -> None:
    told = await asyncio.gather(*(places.position(GATEWAY, WAITS) for _ in range(50)))
    assert told == [3] * 50
    assert await places.position(GATEWAY, WAITS) == 3
    assert reads.looks == 1


async def test_another_gateway_and_a_later_moment_are_looked_at_anew(
    reads: Looked, places: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    await places.position(GATEWAY, WAITS)
    await places.position(Scripted("b"), WAITS)
    monkeypatch.setattr(ahead, "FRESH_S", 0.0)
    await places.position(GATEWAY, WAITS)
    assert reads.looks == 3


async def test_a_failed_look_is_not_remembered(reads: Looked, places: Ahead) -> None:
    reads.broken = True
    with pytest.raises(DatabaseUnavailable):
        await places.position(GATEWAY, WAITS)
    reads.broken = False
    assert await places.position(GATEWAY, WAITS) == 3


async def test_what_was_sent_has_no_place(reads: Looked, places: Ahead) -> None:
    assert await places.position(GATEWAY, replace(WAITS, state="sent")) is None
    assert reads.looks == 0
