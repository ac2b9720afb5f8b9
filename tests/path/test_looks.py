"""One look answers everybody who asks the same in the same moment."""

import asyncio
from math import inf

import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.path.looks import Looks


class Rows:
    """Counts the looks at each name; fails while `broken`, and answers once `gate` is open."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []
        self.broken = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def look(self, name: str) -> int:
        self.looked_at.append(name)
        await self.gate.wait()
        if self.broken:
            raise DatabaseUnavailable(reason="a test")
        return len(self.looked_at)


async def test_many_questions_cost_one_look() -> None:
    rows = Rows()
    looks = Looks(rows.look, inf)
    assert await asyncio.gather(*(looks.of("drop") for _ in range(100))) == [1] * 100
    assert await looks.of("drop") == 1


async def test_another_name_and_a_later_moment_are_looked_at_anew() -> None:
    rows = Rows()
    looks = Looks(rows.look, inf)
    assert [await looks.of("drop"), await looks.of("other")] == [1, 2]
    looks.fresh_s = 0.0
    assert await looks.of("drop") == 3


async def test_a_slow_look_is_joined_however_old_it_is() -> None:
    """A database that answers slowly is not asked the more often for it."""
    rows = Rows()
    rows.gate.clear()
    looks = Looks(rows.look, 0.0)
    asking = [asyncio.create_task(looks.of("drop")) for _ in range(2)]
    await asyncio.sleep(0)
    rows.gate.set()
    assert await asyncio.gather(*asking) == [1, 1]


async def test_who_asked_first_may_go_away() -> None:
    rows = Rows()
    rows.gate.clear()
    looks = Looks(rows.look, inf)
    first, second = (asyncio.create_task(looks.of("drop")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    rows.gate.set()
    assert await second == 1


async def test_a_failed_look_is_not_remembered() -> None:
    rows = Rows()
    looks = Looks(rows.look, inf)
    rows.broken = True
    with pytest.raises(DatabaseUnavailable):
        await looks.of("drop")
    rows.broken = False
    assert await looks.of("drop") == 2


async def test_names_that_people_make_up_do_not_fill_the_memory() -> None:
    rows = Rows()
    looks = Looks(rows.look, inf, kept_max=10)
    for n in range(100):
        await looks.of(f"made-up-{n}")
    assert len(looks) == 10
    assert await looks.of("made-up-99") == 100
