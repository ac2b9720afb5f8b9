"""Kill -9, of the server and of PostgreSQL, in the middle of a race: what was answered exists, and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress

import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.app.commands.audit import audit_at
from tests.journeys.crowd import Crowd, End, come_to_rest, hurry
from tests.journeys.engine import Engine, pause_and_go
from tests.sale import recount, shoes, value

STOCK = 40
BUYERS = 70
SEED = 7


async def sold_out_and_sound(engine: Engine, ends: list[End]) -> None:
    """Everything is sold, to those and only to those who were told so, and every book agrees."""
    dsn = engine.dsn
    await come_to_rest(dsn)
    paid = sorted(end.checkout for end in ends if end.status == 200)
    assert {end.code for end in ends if end.status != 200} <= {"sold_out", "all_reserved"}
    assert paid == sorted(await value(dsn, "SELECT array_agg(id::text) FROM race.orders"))
    assert len(paid) == len(set(paid)) == STOCK
    assert await value(dsn, "SELECT count(*) FROM sandbox.payment WHERE captured > 0") == STOCK
    assert await recount(dsn, at_rest=True) == []
    assert (await audit_at(dsn)).violations == 0


async def racing(engine: Engine, harm: Callable[[random.Random], object], times: int) -> tuple[Crowd, list[End]]:
    """A race in whose course `harm` is done so many times, at moments of chance from one seed."""
    crowd, chance = Crowd(engine, SEED), random.Random(SEED)
    race = asyncio.create_task(crowd.race(BUYERS))
    for _ in range(times):
        await asyncio.sleep(0.3 + chance.random() * 0.6)
        await asyncio.to_thread(harm, chance)
    hurrying = asyncio.create_task(hurry(engine.dsn))
    ends = await race
    hurrying.cancel()
    return crowd, ends


def serving(engine: Engine) -> list[psutil.Process]:
    """The backends of PostgreSQL that work for the engine."""
    pid = engine.postmaster
    children = psutil.Process(pid).children() if pid is not None and psutil.pid_exists(pid) else []
    found = []
    for child in children:
        with suppress(psutil.NoSuchProcess):
            found += [child] if "race race" in " ".join(child.cmdline()) else []
    return found


async def test_the_server_is_killed_and_started_again(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine()
    engine.start()
    engine.put(items=shoes(STOCK))

    def harm(_: random.Random) -> None:
        engine.kill()
        engine.start()

    crowd, ends = await racing(engine, harm, 3)
    assert crowd.unanswered > 0, "the kills came in the middle of it"
    await sold_out_and_sound(engine, ends)


async def test_the_keeper_of_the_workers_is_killed(an_engine: Callable[..., Engine]) -> None:
    """They leave the port at once, whoever of them was just starting, so that the next one can have it."""
    engine = an_engine(workers=2)
    engine.start()
    engine.put(items=shoes(STOCK))
    orphans: list[psutil.Process] = []

    def harm(_: random.Random) -> None:
        orphans.extend(engine.workers())
        engine.kill()
        engine.start()

    _, ends = await racing(engine, harm, 2)
    await sold_out_and_sound(engine, ends)
    assert len(orphans) == 4
    engine.until(lambda: not any(orphan.is_running() and orphan.status() != "zombie" for orphan in orphans))


async def test_one_of_the_workers_is_killed_and_comes_back_by_itself(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine(workers=2)
    engine.start()
    engine.put(items=shoes(STOCK))

    def harm(chance: random.Random) -> None:
        engine.until(lambda: len(engine.workers()) == 2)
        chance.choice(engine.workers()).kill()

    _, ends = await racing(engine, harm, 3)
    assert len(engine.logged("starting another")) == 3
    await sold_out_and_sound(engine, ends)


async def test_postgresql_is_killed_as_a_whole(engine: Engine) -> None:
    engine.put(items=shoes(STOCK))

    def harm(_: random.Random) -> None:
        times, pid = len(engine.logged("runs again")), engine.postmaster
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        engine.until(lambda: len(engine.logged("runs again")) > times)

    crowd, ends = await racing(engine, harm, 3)
    assert crowd.answers.get(503, 0) + crowd.unanswered > 0
    await sold_out_and_sound(engine, ends)


async def test_backends_of_postgresql_are_killed(engine: Engine) -> None:
    """One killed backend makes PostgreSQL drop all others and recover."""
    engine.put(items=shoes(STOCK))

    def harm(chance: random.Random) -> None:
        engine.until(lambda: serving(engine))
        chance.choice(serving(engine)).kill()

    _, ends = await racing(engine, harm, 3)
    await sold_out_and_sound(engine, ends)


async def test_a_worker_is_frozen_for_the_rest_of_the_sale(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine(workers=2)
    engine.start()
    engine.put(items=shoes(STOCK))
    frozen: list[int] = []

    def harm(chance: random.Random) -> None:
        frozen.append(chance.choice(engine.workers()).pid)
        os.kill(frozen[0], signal.SIGSTOP)

    try:
        _, ends = await racing(engine, harm, 1)
    finally:
        pause_and_go(frozen[0])
    await sold_out_and_sound(engine, ends)
