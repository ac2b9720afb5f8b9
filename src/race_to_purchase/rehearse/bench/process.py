"""Measurements that run in processes of their own: how they are told what to do, and tell what they found.

`run` is the whole main of such a module; `ask` starts it and waits for its result. Orders go through the environment,
since they may hold keys and addresses that do not belong on a command line.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from race_to_purchase.errors import RaceError
from race_to_purchase.observe.logs import set_up
from race_to_purchase.rehearse.telling import tell_parent

ORDERS = "RACE_BENCH_ORDERS"

Found = TypeVar("Found")


class MeasurementFailed(RaceError):
    """The measurement {module} failed: {detail}"""

    code = "measurement_failed"


async def ask(module: str, orders: msgspec.Struct, kind: type[Found]) -> Found:
    """Run `module` as a process, with `orders`, and give what it found. Raises MeasurementFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env={**os.environ, ORDERS: msgspec.json.encode(orders).decode()},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        out, words = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise MeasurementFailed(module=module, detail=words.decode(errors="replace").strip()[-2000:])
    return msgspec.json.decode(out, type=kind)


def run(kind: type[Any], measure: Callable[[Any], Coroutine[Any, Any, msgspec.Struct]]) -> None:
    """Take the orders, measure, and tell the result on standard output."""
    set_up("human", "warning")
    orders = msgspec.json.decode(os.environ.pop(ORDERS), type=kind)
    with asyncio.Runner(loop_factory=_quickest_loop()) as runner:
        found = runner.run(measure(orders))
    tell_parent(msgspec.json.encode(found))


def _quickest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
