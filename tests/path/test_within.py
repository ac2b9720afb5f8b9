"""One time limit for all who wait: it ends what is late, and nothing else."""

import asyncio
from collections.abc import Awaitable

import pytest

from race_to_purchase.path.within import Within

LONG_S = 600.0


async def never() -> str:
    await asyncio.Event().wait()
    return "never"


async def later(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "in time"


async def how(within: Within, awaitable: Awaitable[str]) -> str:
    try:
        return await within.wait(awaitable)
    except TimeoutError:
        return "late"


async def test_who_is_late_is_ended_and_who_is_not_is_not() -> None:
    within = Within(0.2)
    waiting = [how(within, never()), how(within, later(0.01)), how(within, never())]
    assert await asyncio.gather(*waiting) == ["late", "in time", "late"]


async def test_who_comes_later_is_late_later() -> None:
    within = Within(0.2)
    ended: list[str] = []

    async def wait(name: str) -> None:
        await how(within, never())
        ended.append(name)

    first = asyncio.create_task(wait("first"))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(wait("second"))
    await first
    assert ended == ["first"]
    await second
    assert ended == ["first", "second"]


async def test_one_timer_serves_all() -> None:
    loop, within = asyncio.get_running_loop(), Within(LONG_S)
    made: list[float] = []
    call_later = loop.call_later
    loop.call_later = lambda *given: made.append(given[0]) or call_later(*given)  # type: ignore[method-assign, assignment, misc, func-returns-value]
    try:
        for _ in range(5):
            assert await within.wait(later(0)) == "in time"
    finally:
        del loop.call_later
    assert made == [LONG_S]


async def test_a_task_that_somebody_else_cancels_is_cancelled() -> None:
    task = asyncio.create_task(how(Within(LONG_S), never()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_late_and_cancelled_too_is_cancelled() -> None:
    within = Within(LONG_S)
    task = asyncio.create_task(how(within, never()))
    await asyncio.sleep(0)
    within._waiting[task] = 0.0
    within._look()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_was_late_is_not_taken_for_cancelled_afterwards() -> None:
    async def wait() -> int:
        assert await how(Within(0.01), never()) == "late"
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert await asyncio.create_task(wait()) == 0


async def test_what_goes_wrong_is_raised_as_it_is() -> None:
    async def wrong() -> str:
        raise ZeroDivisionError

    within = Within(LONG_S)
    with pytest.raises(ZeroDivisionError):
        await within.wait(wrong())
    assert not within._waiting
