"""Processes that call a line beside each other: one leads, may leave, and hears what the others suffer from."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from race_to_purchase.app.line import seal
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import DatabaseUnavailable, Overloaded
from race_to_purchase.loops import release
from race_to_purchase.loops.release import Release
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.signing import Keyring
from race_to_purchase.store.memory.line import MemoryLineRows
from race_to_purchase.store.memory.store import MemoryStore
from tests.sale import a_sale

KEYS = Keyring({1: b"k" * 32}, 1)
START = datetime(2026, 12, 1, 18, tzinfo=UTC)
WAIT_S = 10


class Desk(Committer):
    """The committer of one process, which may be slow, or have no room."""

    slow_by_s = 0.0
    error: Exception | None = None

    def __init__(self, store: MemoryStore, sale: Sale) -> None:
        super().__init__(store)
        self.sale = sale

    async def submit(self, *arguments: Any, **options: Any) -> Any:
        if self.error is not None:
            raise self.error
        outcome = await super().submit(*arguments, **options)
        self.sale.passes(self.slow_by_s)
        return outcome


class Sale:
    """A drawn line in memory, on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START
        self.store = MemoryStore(lambda: self.now)
        self.rows = MemoryLineRows(self.store.rows, lambda: self.now)

    async def opens(self) -> None:
        door = Door(START - timedelta(hours=1), START, 1000.0, 100)
        catalogue = Catalogue(Committer(self.store), self.store, lambda drop_id: seal(KEYS, drop_id))
        await catalogue.put(a_sale(opens_at=START, door=door))
        drawn = replace(self.line, registered=10_000, closed_at=START, root="", secret="", seed="00", drawn_at=START)
        self.store.rows.of_lines.lines["aurora"] = drawn

    @property
    def line(self) -> LineRow:
        return self.store.rows.of_lines.lines["aurora"]

    @property
    def room(self) -> float:
        assert self.line.control is not None
        return self.line.control.room

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
async def sale() -> Sale:
    """A line of ten thousand, of whom nobody is called yet."""
    sale = Sale()
    await sale.opens()
    return sale


def process(sale: Sale, name: str) -> tuple[Desk, Release]:
    """What one process calls with."""
    desk = Desk(sale.store, sale)
    return desk, Release(desk, sale.rows, name)


async def ticks(sale: Sale, *releases: Release) -> None:
    """A second of each."""
    sale.passes(1.0)
    for each in releases:
        await each.tick()


async def test_the_leader_makes_the_room_smaller_while_only_another_process_is_slow(sale: Sale) -> None:
    _, leads = process(sale, "a")
    busy, follows = process(sale, "b")
    await ticks(sale, leads, follows)
    room = sale.room
    with patch.object(release, "monotonic", lambda: sale.now.timestamp()):  # noqa: PLW0108 - the clock is set meanwhile
        busy.slow_by_s = 2.0
        await ticks(sale, leads, follows)
        await ticks(sale, leads, follows)
        await ticks(sale, leads)
        assert sale.room < room
        busy.slow_by_s = 0.0
        await ticks(sale, leads, follows)
        await ticks(sale, leads, follows)
        smaller = sale.room
        await ticks(sale, leads, follows)
    assert sale.room > smaller
    assert sale.line.leader == "a"


@pytest.mark.parametrize("error", [Overloaded(), DatabaseUnavailable(reason="gone")])
async def test_the_leader_makes_the_room_smaller_where_another_process_sends_buyers_away(
    sale: Sale, error: Exception
) -> None:
    _, leads = process(sale, "a")
    full, follows = process(sale, "b")
    await ticks(sale, leads, follows)
    room = sale.room
    full.error = error
    await ticks(sale, leads, follows)
    full.error = None
    await ticks(sale, leads, follows)
    await ticks(sale, leads)
    assert sale.room < room


async def test_a_process_that_leaves_is_followed_at_once(sale: Sale) -> None:
    _, leads = process(sale, "a")
    _, follows = process(sale, "b")
    await ticks(sale, leads, follows)
    called = sale.line.cursor
    await leads.leave()
    await follows.leave()
    await follows.tick()
    assert sale.line.leader == "b"
    await ticks(sale, follows)
    assert sale.line.cursor > called


async def test_it_is_told_what_became_of_the_leader_before(sale: Sale) -> None:
    told: list[str] = []
    with patch.object(release, "emit", lambda event: told.append(event.after)):
        _, first = process(sale, "a")
        await ticks(sale, first)
        await ticks(sale, first)
        await first.leave()
        _, second = process(sale, "b")
        await ticks(sale, second)
        sale.passes(release.LEASE_S)
        _, third = process(sale, "c")
        await ticks(sale, third, second)
        sale.passes(release.LEASE_S)
        await second.tick()
    assert told == ["nobody", "left", "lost", "lost"]


@pytest.mark.parametrize("error", [Overloaded(), DatabaseUnavailable(reason="gone")])
async def test_where_the_lead_cannot_be_given_back_it_runs_out(
    sale: Sale, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    desk, leads = process(sale, "a")
    await ticks(sale, leads)
    desk.error = error
    await leads.leave()
    assert "the lead of aurora runs out by itself" in caplog.text


async def test_nothing_is_given_back_of_a_line_that_has_ended(sale: Sale, caplog: pytest.LogCaptureFixture) -> None:
    desk, leads = process(sale, "a")
    await ticks(sale, leads)
    sale.store.rows.drops["aurora"] = replace(sale.store.rows.drops["aurora"], closed_at=sale.now)
    await ticks(sale, leads)
    desk.error = Overloaded()
    await leads.leave()
    assert caplog.text == ""


async def test_giving_the_lead_back_takes_no_longer_than_it_may(
    sale: Sale, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk, leads = process(sale, "a")
    await ticks(sale, leads)
    monkeypatch.setattr(release, "LEAVE_S", 0.01)
    monkeypatch.setattr(desk, "submit", lambda _: asyncio.sleep(WAIT_S))
    await asyncio.wait_for(leads.leave(), WAIT_S / 2)
    assert "no answer" in caplog.text


async def test_a_call_that_nobody_heard_the_answer_of_leaves_no_lead_behind(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, leads = process(sale, "a")
    committed = asyncio.Event()

    async def unheard(command: Any) -> Any:
        await Committer.submit(desk, command)
        committed.set()
        await asyncio.sleep(WAIT_S)

    with monkeypatch.context() as patched:
        patched.setattr(desk, "submit", unheard)
        tick = asyncio.create_task(leads.tick())
        await committed.wait()
        tick.cancel()
    assert sale.line.lease_until is not None
    await leads.leave()
    assert sale.line.lease_until is None
