"""The processes in which the crowd lives, apart from the server and from the demo that watches them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

import msgspec

from race_to_purchase.errors import RaceError
from race_to_purchase.rehearse.crowd.crowd import Errand
from race_to_purchase.rehearse.crowd.diary import Page
from race_to_purchase.rehearse.crowd.tally import Tally

LINE_BYTES_MAX = 1 << 24
READY_S_MAX = 30.0

_decode = msgspec.json.Decoder(Page).decode


class CrowdFailed(RaceError):
    """The simulated crowd {what}: {detail}"""

    code = "demo_crowd_failed"


class Crowds:
    """One or more processes of people: `start` gets them ready, `send` sends them, `finish` waits for the last."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes
        self._readers: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, number: int) -> Crowds:
        """Start the processes, and wait until each has said that it is ready for its errand."""
        command = (sys.executable, "-m", "race_to_purchase.rehearse.crowd")
        crowds = cls(
            [
                await asyncio.create_subprocess_exec(
                    *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LINE_BYTES_MAX
                )
                for _ in range(number)
            ]
        )
        try:
            async with asyncio.timeout(READY_S_MAX):
                for process in crowds._processes:
                    await _next_page(process)
        except TimeoutError:
            await crowds.stop()
            raise CrowdFailed(what="did not start", detail=f"no sign within {READY_S_MAX:g} s") from None
        return crowds

    async def send(self, errand: Errand, tally: Tally) -> None:
        """Give every process its part of the errand; what they tell is added to `tally` from now on."""
        parts = len(self._processes)
        for part, process in enumerate(self._processes):
            assert process.stdin is not None
            mine = msgspec.structs.replace(errand, part=part, parts=parts)
            process.stdin.write(msgspec.json.encode(mine) + b"\n")
            await process.stdin.drain()
            self._readers.append(asyncio.create_task(_read(process, part, tally)))

    @property
    def gone(self) -> bool:
        """Whether everybody has gone home, or a process has failed."""
        return all(reader.done() for reader in self._readers) or any(
            reader.done() and not reader.cancelled() and reader.exception() is not None for reader in self._readers
        )

    async def finish(self) -> None:
        """Wait until everybody has gone home. Raises CrowdFailed where a process ended in another way."""
        await asyncio.gather(*self._readers)

    async def stop(self) -> None:
        """End what is still there; a process ends by itself once its standard input is closed."""
        for reader in self._readers:
            reader.cancel()
        for process in self._processes:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()


async def _read(process: Process, part: int, tally: Tally) -> None:
    while True:
        page = await _next_page(process)
        tally.add(part, page)
        if page.last:
            return


async def _next_page(process: Process) -> Page:
    """The next page; CrowdFailed with what the process last said on standard error, where there is none."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = await process.stdout.readline()
    if not line:
        complaint = (await process.stderr.read()).decode(errors="replace").strip()
        raise CrowdFailed(what="ended early", detail=complaint or f"exit {process.returncode}")
    return _decode(line)
