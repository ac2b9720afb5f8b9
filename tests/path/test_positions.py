"""The place of a payment that waits in another process's queue: counted in the rows, by one look for all who ask."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.path.positions import Positions
from tests.path.scripted import Scripted
from tests.samples import NOON, a_checkout, an_attempt

WAITS = replace(an_attempt(a_checkout()), state="prepared", began_at=NOON)
GATEWAY = Scripted()


class Rows:
    """Two others began before, and one after; remembers the looks."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []

    async def waiting_since(self, gateway: str) -> Sequence[object]:
        self.looked_at.append(gateway)
        return [NOON + timedelta(seconds=s) for s in (-9, -1, 0, 1)]


async def test_who_began_before_goes_before_and_many_who_ask_cost_one_look() -> None:
    rows = Rows()
    positions = Positions(rows)  # type: ignore[arg-type]  # The one question it asks.
    assert await asyncio.gather(*(positions.of(GATEWAY, WAITS) for _ in range(50))) == [3] * 50
    assert rows.looked_at == [GATEWAY.name]


async def test_what_was_sent_has_no_place() -> None:
    rows = Rows()
    positions = Positions(rows)  # type: ignore[arg-type]  # The one question it asks.
    assert await positions.of(GATEWAY, replace(WAITS, state="sent")) is None
    assert rows.looked_at == []
