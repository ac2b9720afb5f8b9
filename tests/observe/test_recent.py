"""The live view: what has just happened, for as many as may look, and at nobody else's cost."""

from __future__ import annotations

import asyncio

import pytest

from race_to_purchase.observe import recent
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.path import CheckoutLapsed
from race_to_purchase.observe.recent import Recent, Seen, TooManyListeners
from race_to_purchase.observe.request import Cause


def lapsed(checkout: str) -> CheckoutLapsed:
    return CheckoutLapsed("aurora", checkout, cause=Cause("req-1", f"00-{'a' * 32}-{'b' * 16}-01"))


def test_so_much_is_remembered_and_no_more() -> None:
    memory = Recent(kept=3)
    for number in range(10):
        memory(lapsed(f"c{number}"))
    assert [seen.fields["checkout"] for seen in memory.since()] == ["c7", "c8", "c9"]
    assert [seen.number for seen in memory.since(9)] == [10]


def test_it_has_the_ids_of_who_asked() -> None:
    memory = Recent()
    memory(lapsed("c1"))
    (seen,) = memory.since()
    assert (seen.name, seen.request, seen.trace) == ("CheckoutLapsed", "req-1", "a" * 32)


async def test_a_listener_hears_what_was_and_what_comes() -> None:
    memory = Recent()
    memory(lapsed("before"))
    listening = memory.listen()
    first = await anext(listening)
    waiting = asyncio.ensure_future(anext(listening))
    await asyncio.sleep(0)
    memory(lapsed("after"))
    second = await waiting
    assert isinstance(first, Seen)
    assert isinstance(second, Seen)
    assert (first.fields["checkout"], second.fields["checkout"]) == ("before", "after")


async def test_it_is_a_sink_only_while_somebody_listens() -> None:
    memory = Recent()
    emit(lapsed("unheard"))
    memory(lapsed("first"))
    listening = memory.listen()
    await anext(listening)
    emit(lapsed("heard"))
    await listening.aclose()
    emit(lapsed("late"))
    assert [seen.fields["checkout"] for seen in memory.since()] == ["first", "heard"]


async def test_one_that_is_slow_is_told_how_many_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "BACKLOG_MAX", 5)
    memory = Recent()
    memory(lapsed("first"))
    listening = memory.listen()
    await anext(listening)
    for number in range(12):
        memory(lapsed(f"c{number}"))
    told = [await anext(listening) for _ in range(6)]
    assert [type(each) for each in told] == [Seen] * 5 + [int]
    assert told[-1] == 7


async def test_only_so_many_may_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "LISTENERS_MAX", 1)
    memory = Recent()
    memory(lapsed("c1"))
    first = memory.listen()
    await anext(first)
    with pytest.raises(TooManyListeners):
        await anext(memory.listen())
    await first.aclose()
    await anext(memory.listen())
