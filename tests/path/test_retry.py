"""One look at the next deadline answers everybody who is refused in the same moment."""

import asyncio
from datetime import UTC, datetime

import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.path import retry
from race_to_purchase.path.retry import NextDeadlines

SOON = datetime(2026, 1, 1, tzinfo=UTC)


class Looked:
    """Counts the looks; fails while `broken`."""

    def __init__(self) -> None:
        self.looks = 0
        self.broken = False

    async def next_deadline(self, drop_id: str) -> datetime | None:
        self.looks += 1
        await asyncio.sleep(0)
        if self.broken:
            raise DatabaseUnavailable(reason="a test")
        return SOON


async def test_many_refusals_cost_one_look() -> None:
    reads = Looked()
    deadlines = NextDeadlines(reads)  # type: ignore[arg-type]  # The one question it asks.
    assert await asyncio.gather(*(deadlines.of("drop") for _ in range(100))) == [SOON] * 100
    assert await deadlines.of("drop") == SOON
    assert reads.looks == 1


async def test_another_drop_and_a_later_moment_are_looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Looked()
    deadlines = NextDeadlines(reads)  # type: ignore[arg-type]  # The one question it asks.
    await deadlines.of("drop")
    await deadlines.of("other")
    monkeypatch.setattr(retry, "FRESH_S", 0.0)
    await deadlines.of("drop")
    assert reads.looks == 3


async def test_a_failed_look_is_not_remembered() -> None:
    reads = Looked()
    deadlines = NextDeadlines(reads)  # type: ignore[arg-type]  # The one question it asks.
    reads.broken = True
    with pytest.raises(DatabaseUnavailable):
        await deadlines.of("drop")
    reads.broken = False
    assert await deadlines.of("drop") == SOON
