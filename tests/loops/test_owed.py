"""Taking over what purchases owe: each task by one process at a time, and none for ever."""

import asyncio

import pytest

from race_to_purchase.loops import owed
from race_to_purchase.loops.forget import Forget
from race_to_purchase.loops.owed import Owed
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.outcomes import StillPaying
from race_to_purchase.rules.rows import Checkout
from tests.path.shop import Process, make_due
from tests.sale import a_key_use, a_wish, recount, value


async def unanswered(shop: Process, number: int) -> list[Checkout]:
    """Payments whose answers were lost, due to be asked for now."""
    checkouts = [await shop.reserve(f"buyer-{index}") for index in range(number)]
    outcomes = await asyncio.gather(*(shop.pay(checkout, "pm_answer_lost") for checkout in checkouts))
    assert all(isinstance(outcome, StillPaying) for outcome in outcomes)
    return checkouts


async def test_processes_beside_each_other_share_them(shop: Process, other: Process, dsn: str) -> None:
    await unanswered(shop, 10)
    await make_due(dsn)
    await asyncio.gather(shop.owed("resolve"), other.owed("resolve"))
    assert (shop.wire.calls + other.wire.calls).count("look_up") == 10
    assert await shop.counts() == (0, 10)
    assert await recount(dsn, at_rest=True) == []


async def test_a_task_is_leased_while_it_is_worked_on(shop: Process, other: Process, dsn: str) -> None:
    await unanswered(shop, 3)
    await make_due(dsn)
    assert len(await shop.reads.take_tasks(["resolve"], 10, 60)) == 3
    assert await Owed("resolve", other.purchase, other.reads).tick() is False
    assert other.wire.calls == []
    await make_due(dsn)
    await other.owed("resolve")
    assert other.wire.calls.count("look_up") == 3
    assert await recount(dsn, at_rest=True) == []


async def test_one_that_fails_does_not_hold_up_the_others(
    shop: Process, other: Process, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *_good = await unanswered(shop, 4)
    look_up = other.wire.look_up

    async def broken(request: PaymentRequest, ref: str | None) -> object:
        if request.key == (await other.attempt(bad)).key:
            raise ZeroDivisionError("a mistake of the adapter")
        return await look_up(request, ref)

    other.wire.look_up = broken  # type: ignore[assignment, method-assign]
    await make_due(dsn)
    await other.owed("resolve")
    assert await other.counts() == (1, 3)
    assert bad.id in caplog.text
    other.wire.look_up = look_up  # type: ignore[method-assign]
    await make_due(dsn)
    await other.owed("resolve")
    assert await other.counts() == (0, 4)
    assert await recount(dsn, at_rest=True) == []


async def test_what_it_asks_in_vain_is_asked_less_and_less_often(shop: Process, dsn: str) -> None:
    (checkout,) = await unanswered(shop, 1)
    waits = []
    for _ in range(3):
        shop.wire.lose.add("look_up")
        await make_due(dsn)
        await shop.owed("resolve")
        waits.append(await value(dsn, "SELECT extract(epoch FROM due_at - clock_timestamp())::int FROM race.task"))
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert (await shop.attempt(checkout)).state == "unknown"


async def test_each_kind_is_taken_by_its_own_loop(shop: Process, dsn: str) -> None:
    await unanswered(shop, 2)
    await make_due(dsn)
    for kind in ("capture", "void", "deliver"):
        await shop.owed(kind)
    assert shop.wire.calls == ["authorize"] * 2


async def test_no_more_are_taken_than_it_works_on_at_once(
    shop: Process, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owed, "AT_ONCE", 4)
    await unanswered(shop, 6)
    await make_due(dsn)
    loop = Owed("resolve", shop.purchase, shop.reads)
    assert await loop.tick() is True
    assert shop.wire.calls.count("look_up") == 4
    assert await loop.tick() is False
    await shop.settle()
    assert await recount(dsn, at_rest=True) == []


async def test_old_keys_are_forgotten_and_young_ones_kept(shop: Process, dsn: str) -> None:
    for name in ("old", "young"):
        await shop.committer.submit(a_wish(name), a_key_use(name))
    await value(
        dsn, "UPDATE race.idempotency SET created_at = created_at - interval '49 h' WHERE key = 'old' RETURNING 1"
    )
    assert await Forget(shop.reads).tick() is False
    assert await value(dsn, "SELECT array_agg(key) FROM race.idempotency") == ["young"]
