"""Calls that arrive while a batch runs form the next one; each caller has its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from race_to_purchase.batching import BATCH_MAX, Batcher


class Doubling:
    """Doubles numbers, when it is let to; below zero they are wrong, and 13 breaks everything."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, calls: Sequence[int]) -> Sequence[int | Exception]:
        """One batch."""
        self.batches.append(list(calls))
        self.begun.set()
        await self.free.wait()
        if 13 in calls:
            raise RuntimeError("13")
        return [2 * number if number >= 0 else ValueError(number) for number in calls]


@pytest.fixture
def doubling() -> Doubling:
    """What is batched."""
    return Doubling()


@pytest.fixture
def batcher(doubling: Doubling) -> Batcher[int, int]:
    """Who batches."""
    return Batcher(doubling)


async def test_calls_of_one_moment_are_one_batch(batcher: Batcher[int, int], doubling: Doubling) -> None:
    assert await asyncio.gather(*map(batcher.submit, [1, 2, 3])) == [2, 4, 6]
    assert doubling.batches == [[1, 2, 3]]


async def test_what_arrives_meanwhile_is_the_next_batch(batcher: Batcher[int, int], doubling: Doubling) -> None:
    doubling.free.clear()
    first = asyncio.ensure_future(batcher.submit(1))
    await doubling.begun.wait()
    others = [asyncio.ensure_future(batcher.submit(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubling.free.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert doubling.batches == [[1], [2, 3]]


async def test_batches_are_bounded(batcher: Batcher[int, int], doubling: Doubling) -> None:
    await asyncio.gather(*map(batcher.submit, range(100, 101 + 2 * BATCH_MAX)))
    assert [len(batch) for batch in doubling.batches] == [BATCH_MAX, BATCH_MAX, 1]


async def test_a_wrong_call_fails_alone(batcher: Batcher[int, int]) -> None:
    right, wrong = await asyncio.gather(batcher.submit(1), batcher.submit(-1), return_exceptions=True)
    assert right == 2
    assert isinstance(wrong, ValueError)


async def test_a_broken_batch_fails_for_all_and_is_over(batcher: Batcher[int, int]) -> None:
    told = await asyncio.gather(batcher.submit(1), batcher.submit(13), return_exceptions=True)
    assert [str(error) for error in told] == ["13", "13"]
    assert await batcher.submit(4) == 8


async def test_a_caller_that_left_before_its_batch_began_is_not_in_it(
    batcher: Batcher[int, int], doubling: Doubling
) -> None:
    doubling.free.clear()
    first = asyncio.ensure_future(batcher.submit(1))
    await doubling.begun.wait()
    leaving, staying = (asyncio.ensure_future(batcher.submit(number)) for number in (2, 3))
    await asyncio.sleep(0)
    leaving.cancel()
    doubling.free.set()
    assert await asyncio.gather(first, staying) == [2, 6]
    assert doubling.batches == [[1], [3]]


async def test_a_caller_that_leaves_a_running_batch_does_not_stop_it(
    batcher: Batcher[int, int], doubling: Doubling
) -> None:
    doubling.free.clear()
    leaving, staying = (asyncio.ensure_future(batcher.submit(number)) for number in (1, 2))
    await doubling.begun.wait()
    leaving.cancel()
    await asyncio.sleep(0)
    doubling.free.set()
    assert await staying == 4
    assert doubling.batches == [[1, 2]]


async def test_finishing_waits_for_what_was_submitted(batcher: Batcher[int, int], doubling: Doubling) -> None:
    doubling.free.clear()
    call = asyncio.ensure_future(batcher.submit(1))
    await asyncio.sleep(0)
    finishing = asyncio.ensure_future(batcher.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    doubling.free.set()
    await finishing
    assert call.done()
