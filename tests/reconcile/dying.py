"""A process that reconciles, and is killed at its n-th step: `python -m tests.reconcile.dying <dsn> <n>`.

A step is the moment before or after a command is committed or the gateway is called. It exits with 0 where it came to
its end before.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from tests.path.shop import Process
from tests.reconcile.reconciler import Reconciler


class Fuse:
    """Burns down step by step."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Any) -> Any:
        async def burning(*arguments: Any, **named: Any) -> Any:
            self.burn()
            done = await call(*arguments, **named)
            self.burn()
            return done

        return burning


async def main(dsn: str, steps: int) -> None:
    process = await Process.start(dsn)
    fuse = Fuse(steps)
    for where, name in (
        (process.committer, "submit"),
        (process.wire, "void"),
        (process.wire, "refund"),
        (process.wire, "capture"),
        (process.wire, "look_up"),
    ):
        setattr(where, name, fuse.around(getattr(where, name)))
    await Reconciler(process, dsn).reconcile.whole()
    await process.settle()
    await process.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
