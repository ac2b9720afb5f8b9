"""A process that is frozen in the middle of its transaction, the hot row in its hand, does not stop the sale."""

import asyncio
import os
import signal

from race_to_purchase.rules.outcomes import Reserved
from tests.contention.racing import committers, open_for, program, race
from tests.databases import empty
from tests.sale import recount, value


async def test_the_others_go_on_and_the_frozen_one_has_lost_its_batch(module_dsn: str) -> None:
    await empty(module_dsn)
    await open_for(module_dsn, 100)
    frozen = program({"dsn": module_dsn})
    assert frozen.stdout is not None
    try:
        assert await asyncio.to_thread(frozen.stdout.readline) == "holding\n"
        os.kill(frozen.pid, signal.SIGSTOP)
        async with committers(module_dsn, 2) as others:
            outcomes = await race(others, 20)
        assert all(isinstance(outcome, Reserved) for outcome in outcomes)
        os.kill(frozen.pid, signal.SIGCONT)
        told, _ = await asyncio.to_thread(frozen.communicate, "go\n", 30)
    finally:
        frozen.kill()
        frozen.wait()
    assert told in ("Conflict\n", "DatabaseUnavailable\n")
    assert await value(module_dsn, "SELECT held FROM race.pool WHERE kind = 'item'") == 20
    assert await recount(module_dsn) == []
