"""The one shape of background work: tick, pause, and ever longer pauses where it fails."""

import asyncio

import pytest

from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.loops import loop as looping
from race_to_purchase.loops.loop import BACK_OFF_S_MAX, Loop


class Work:
    """Does what `script` says, tick by tick, and then waits for ever."""

    name = "work"

    def __init__(self, script: list[bool | Exception]) -> None:
        self.script = script
        self.ticks = 0
        self.done = asyncio.Event()
        self.cancelled = False

    async def tick(self) -> bool:
        self.ticks += 1
        if not self.script:
            self.done.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a loop would have made; here they are over at once."""
    made: list[float] = []
    monkeypatch.setattr(looping.random, "uniform", lambda _low, _high: 1.0)
    note_pauses(monkeypatch, made)
    return made


def note_pauses(monkeypatch: pytest.MonkeyPatch, made: list[float]) -> None:
    """Note every pause, and make none."""
    sleep = asyncio.sleep

    async def note(pause_s: float) -> None:
        made.append(pause_s)
        await sleep(0)

    monkeypatch.setattr(looping.asyncio, "sleep", note)
    monkeypatch.setattr(Loop, "_pause", lambda _loop, pause_s: note(pause_s))


async def run(*script: bool | Exception) -> Work:
    """A loop that has gone through the script and was stopped."""
    work = Work(list(script))
    loop = Loop(work, interval_s=0.5)
    loop.start()
    await work.done.wait()
    await loop.stop()
    return work


async def test_it_ticks_at_once_and_then_with_pauses(pauses: list[float]) -> None:
    work = await run(False, False, False)
    assert (work.ticks, pauses) == (4, [0.5, 0.5, 0.5])


async def test_while_there_is_more_to_do_it_makes_no_pause(pauses: list[float]) -> None:
    await run(True, True, False, True)
    assert pauses == [0.5]


async def test_failures_are_tried_again_ever_more_slowly(pauses: list[float]) -> None:
    gone = DatabaseUnavailable(reason="gone")
    await run(*[gone] * 7, False, gone)
    assert pauses == [1.0, 2.0, 4.0, 8.0, BACK_OFF_S_MAX, BACK_OFF_S_MAX, BACK_OFF_S_MAX, 0.5, 1.0]


async def test_an_error_that_nobody_foresaw_does_not_end_it(
    pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    work = await run(ZeroDivisionError("a mistake"), False)
    assert work.ticks == 3
    assert "a mistake" in caplog.text


async def test_stopping_cancels_the_tick_under_way(pauses: list[float]) -> None:
    assert (await run()).cancelled


async def test_loops_that_start_together_do_not_tick_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []
    note_pauses(monkeypatch, made)
    await run(*[False] * 20)
    assert len(set(made)) == 20
    assert all(0.4 <= pause <= 0.6 for pause in made)


class TestANudge:
    async def test_ends_the_pause(self) -> None:
        work = Work([False])
        loop = Loop(work, interval_s=3600)
        loop.start()
        while not work.ticks:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        loop.nudge()
        await work.done.wait()
        await loop.stop()

    async def test_during_a_tick_lets_another_follow(self, pauses: list[float]) -> None:
        work = Work([False, False])
        loop = Loop(work, interval_s=0.5)
        tick = work.tick

        async def nudged() -> bool:
            if work.ticks == 0:
                loop.nudge()
            return await tick()

        work.tick = nudged  # type: ignore[method-assign]
        loop.start()
        await work.done.wait()
        await loop.stop()
        assert pauses == [0.5]

    async def test_after_a_failure_hurries_nothing(self, pauses: list[float]) -> None:
        work = Work([DatabaseUnavailable(reason="gone")])
        loop = Loop(work, interval_s=0.5)
        tick = work.tick

        async def nudged() -> bool:
            loop.nudge()
            return await tick()

        work.tick = nudged  # type: ignore[method-assign]
        loop.start()
        await work.done.wait()
        await loop.stop()
        assert pauses == [1.0]
