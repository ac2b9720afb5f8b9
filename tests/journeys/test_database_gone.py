"""PostgreSQL goes away in the middle of a sale, or its disk fills up: refused in order, and nothing lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import programs
from tests.journeys.crowd import come_to_rest
from tests.journeys.engine import Engine
from tests.journeys.test_start_and_stop import pay, post, reserve
from tests.proxy import Proxy
from tests.sale import recount, shoes, value

ROOM_FOR_TABLES = 4 << 20
WISH = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": "bob"}}


async def test_it_is_refused_with_a_time_to_come_again_and_recovers_by_itself(
    an_engine: Callable[..., Engine], database_dsn: str
) -> None:
    async with Proxy(database_dsn) as proxy:
        engine = an_engine(RACE_DATABASE_URL=proxy.dsn)
        await asyncio.to_thread(engine.start)
        await asyncio.to_thread(engine.put)
        kept = await asyncio.to_thread(reserve, engine)

        proxy.go_down()
        for _ in range(3):
            status, told, headers = await asyncio.to_thread(post, engine, "/v1/checkouts", "k", WISH)
            assert (status, told["code"], told["retryable"]) == (503, "database_unavailable", True)
            assert int(headers["retry-after"]) >= 1
            assert headers["content-type"] == "application/problem+json"
        assert (await asyncio.to_thread(pay, engine, kept))[0] == 503
        assert await asyncio.to_thread(engine.answers, "/healthz")
        assert not await asyncio.to_thread(engine.answers, "/readyz")

        proxy.come_back()
        await asyncio.to_thread(engine.until, lambda: pay(engine, kept)[0] == 200)
        assert (await asyncio.to_thread(post, engine, "/v1/checkouts", "k", WISH))[0] == 201
        await come_to_rest(database_dsn)
        assert await recount(database_dsn, at_rest=True) == []
        assert await asyncio.to_thread(engine.terminate) == 0
        assert engine.logged("Traceback") == [], "what is foreseen is told in one line"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with just room enough for a new server. Skips where the kernel lets nobody mount one, as in
    most containers: that is nothing which could be installed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        programs.missing("only root can make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip(f"no disk can be made here: {made.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("what", ["no table can grow", "no log can be written"])
def test_a_full_disk_is_refused_and_corrupts_nothing(
    small_disk: Path, an_engine: Callable[..., Engine], what: str
) -> None:
    """Without room for its log PostgreSQL ends itself, and does not start again until there is some."""
    engine = an_engine(RACE_DATA_DIR=str(small_disk / "data"))
    engine.data = small_disk / "data"
    engine.start()
    engine.put(items=shoes(1000))
    kept = [reserve(engine, f"before-{index}") for index in range(5)]
    assert pay(engine, kept[0])[0] == 200

    ballast = small_disk / "ballast"
    fill(ballast)
    if what == "no log can be written":
        os.truncate(ballast, ballast.stat().st_size - ROOM_FOR_TABLES)
        asyncio.run(value(engine.dsn, "SELECT pg_switch_wal()::text"))
    statuses: list[int] = []
    while 503 not in statuses:
        statuses.append(post(engine, "/v1/checkouts", f"full-{len(statuses)}", WISH)[0])
    statuses += [post(engine, "/v1/checkouts", f"fuller-{index}", WISH)[0] for index in range(4)]
    assert set(statuses) <= {201, 503}

    ballast.unlink()
    engine.until(lambda: post(engine, "/v1/checkouts", "after", WISH)[0] == 201)
    engine.until(lambda: pay(engine, kept[1])[0] == 200)
    asyncio.run(come_to_rest(engine.dsn))
    assert asyncio.run(recount(engine.dsn, at_rest=True)) == []
    stored = asyncio.run(value(engine.dsn, "SELECT count(*) FROM race.checkout"))
    assert len(kept) + statuses.count(201) + 1 <= stored <= len(kept) + len(statuses) + 1


def fill(ballast: Path) -> None:
    """Take all the room there is left."""
    with ballast.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(1 << 16))
