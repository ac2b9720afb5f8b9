"""Several worker processes on one socket: started, one started again that died, and signals passed on to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import msgspec

from race_to_purchase.app.listening import Ports, address
from race_to_purchase.app.worker import ORDERS, Orders
from race_to_purchase.settings import Settings

log = logging.getLogger("race.serve")

RESTART_PAUSE_S = 0.5


async def supervise(settings: Settings, dsn: str, ports: Ports, ready: Callable[[], None]) -> None:
    """Run the workers, and one again that died by itself, until a signal says stop."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    parent_fd, held_fd = os.pipe()  # Workers inherit the one; the other one closes with us, however we end.
    told_at = tuple(f"{address(port)}/metrics" for port in ports.metrics)
    orders = Orders(settings, dsn, ports.main.fileno(), parent_fd, None, told_at)
    own: list[int | None] = [port.fileno() for port in ports.metrics]
    own += [None] * (settings.workers - len(own))
    keepers = [asyncio.create_task(_keep(msgspec.structs.replace(orders, metrics_fd=fd), stopping)) for fd in own]
    try:
        await _answering(ports.main, stopping)
        if not stopping.is_set():
            ready()
        await stopping.wait()
    finally:
        stopping.set()
        await asyncio.gather(*keepers)
        os.close(parent_fd)
        os.close(held_fd)


async def _keep(orders: Orders, stopping: asyncio.Event) -> None:
    """One worker, started again whenever it ends without having been told to."""
    environment = {**os.environ, ORDERS: msgspec.json.encode(orders).decode()}
    told_to_stop = asyncio.create_task(stopping.wait())
    while not stopping.is_set():
        # In a session of its own, so that Ctrl-C reaches it through us alone, in order.
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "race_to_purchase.app.worker",
            env=environment,
            pass_fds=[fd for fd in (orders.socket_fd, orders.parent_fd, orders.metrics_fd) if fd is not None],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        ended = asyncio.create_task(worker.wait())
        await asyncio.wait([ended, told_to_stop], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            worker.terminate()
            done, _ = await asyncio.wait([ended], timeout=orders.settings.stop_grace_s + 5)
            if not done:
                worker.kill()
                await ended
        elif not stopping.is_set():
            log.error("worker %d ended with status %s; starting another", worker.pid, worker.returncode)
            await asyncio.sleep(RESTART_PAUSE_S)
    told_to_stop.cancel()


async def _answering(listening: socket.socket, stopping: asyncio.Event) -> None:
    """Return once a worker answers on the socket."""
    host, port = listening.getsockname()[:2]
    while not stopping.is_set():
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    writer.write(b"GET /healthz HTTP/1.1\r\nHost: race\r\nConnection: close\r\n\r\n")
                    if b" 200 " in await reader.readuntil(b"\r\n"):
                        return
                finally:
                    writer.close()
        await asyncio.sleep(0.05)
