"""`race serve`: the database, the socket, and one or several worker processes, from start to stop.

With one worker everything runs in this process. With several, this process only holds the database and the socket,
starts the workers, starts one again that died, and passes signals on.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec

from race_to_purchase.app.desks import require_named
from race_to_purchase.app.engine import require_sound
from race_to_purchase.app.line import open_keys, seal
from race_to_purchase.app.worker import ALONE, ORDERS, MetricsPort, Orders, run, run_worker
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import ConfigurationError, RaceError
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.drop import Drop
from race_to_purchase.settings import Settings, admin_key_of, keys_of
from race_to_purchase.store.embedded import EmbeddedPostgres, default_data_dir
from race_to_purchase.store.keyring import PostgresKeyrings
from race_to_purchase.store.migrate import migrate
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads

log = logging.getLogger("race.serve")

RESTART_PAUSE_S = 0.5


class PortInUse(ConfigurationError):
    """Port {port} of {host} is already in use. Stop what uses it, or choose another one with {setting}."""

    code = "port_in_use"


class PortForbidden(ConfigurationError):
    """This account may not listen on port {port} of {host}; ports below 1024 need a privilege on most systems. Choose
    another one with {setting}."""

    code = "port_forbidden"


class AddressNotHere(ConfigurationError):
    """Cannot listen on {host}: {reason}. Choose an address of this machine with {setting}."""

    code = "address_not_here"


class DropRefused(RaceError):
    """The drop {drop} was refused: {reason}"""

    code = "drop_refused"
    exit_code = 2


class Reachable(msgspec.Struct, frozen=True):
    """Where a running engine can be reached, for other commands on this machine."""

    url: str
    storefront_key: str
    admin_key: str
    pid: int
    dsn: str
    metrics: tuple[str, ...] = ()
    """Where each process tells its metrics; empty where none has a port for it."""


class Ports(msgspec.Struct, frozen=True):
    """The sockets that are held while serving: that of the shop, and one a worker for its metrics."""

    main: socket.socket
    metrics: tuple[socket.socket, ...] = ()


FILE = "serve.json"
"""Name of the file in the data folder that holds Reachable while the embedded database is served."""


def data_dir(settings: Settings) -> Path:
    """The folder of the embedded database."""
    return Path(settings.data_dir) if settings.data_dir else default_data_dir()


def serve(settings: Settings, drops: Sequence[Drop], started: Callable[[Reachable], None]) -> None:
    """Serve until SIGTERM or SIGINT; `started` is called once requests are answered. Raises ConfigurationError."""
    require_sound(settings)
    listening = listen(settings.host, settings.port)
    embedded = None
    metrics: list[socket.socket] = []
    # Until the loop takes signals itself, one ends the start as an error does: with the database stopped.
    signal.signal(signal.SIGTERM, _end)
    try:
        metrics += _metrics_ports(settings)
        if not settings.database_url:
            embedded = EmbeddedPostgres.start(data_dir(settings))
        dsn = embedded.dsn if embedded is not None else settings.database_url
        run(_serve(settings, dsn, Ports(listening, tuple(metrics)), embedded, drops, started))
    finally:
        for port in (listening, *metrics):
            port.close()
        if embedded is not None:
            (data_dir(settings) / FILE).unlink(missing_ok=True)
            embedded.stop()


def _metrics_ports(settings: Settings) -> Iterator[socket.socket]:
    """A port for each worker, held here, so that one that is started again finds its own."""
    if settings.metrics and settings.metrics_port:
        for number in range(settings.workers):
            where = ("RACE_METRICS_HOST", "RACE_METRICS_PORT")
            yield listen(settings.metrics_host, settings.metrics_port + number, where)


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


def listen(host: str, port: int, where: tuple[str, str] = ("--host", "--port")) -> socket.socket:
    """A socket that takes connections from now on; PortInUse, PortForbidden or AddressNotHere.

    `where` is what says host and port, so that the error says what to change.
    """
    by_host, by_port = where
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressNotHere(host=host, reason=error.strerror, setting=by_host) from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(4096)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=port, host=host, setting=by_port) from None
        if error.errno == errno.EACCES:
            raise PortForbidden(port=port, host=host, setting=by_port) from None
        raise AddressNotHere(host=host, reason=error.strerror, setting=by_host) from None
    listening.set_inheritable(True)
    return listening


async def _serve(
    settings: Settings,
    dsn: str,
    ports: Ports,
    embedded: EmbeddedPostgres | None,
    drops: Sequence[Drop],
    started: Callable[[Reachable], None],
) -> None:
    await migrate(dsn)
    await _prepare(settings, dsn, drops)
    watching = asyncio.create_task(embedded.watch()) if embedded is not None else None

    def ready() -> None:
        reachable = _reachable(settings, ports, dsn)
        if embedded is not None:
            _leave_word(data_dir(settings) / FILE, reachable)
        started(reachable)

    try:
        if settings.workers == 1:
            own = MetricsPort(ports.metrics[0]) if ports.metrics else ALONE
            await run_worker(settings, dsn, ports.main, ready, metrics=own)
        else:
            await _supervise(settings, dsn, ports, ready)
    finally:
        if watching is not None:
            watching.cancel()


async def _prepare(settings: Settings, dsn: str, drops: Sequence[Drop]) -> None:
    """Create or change the drops that were named at the start; DropRefused says which and why not, or GatewayOwed."""
    store = await PostgresStore.open(dsn, connections=1)
    try:
        reads = PostgresReads(store.pool)
        require_named(settings, await reads.gateways_owed())
        keys = await open_keys(settings, PostgresKeyrings(store.pool))
        catalogue = Catalogue(Committer(store), reads, partial(seal, keys))
        for drop in drops:
            told = answer(await catalogue.put(drop))
            if told.problem:
                raise DropRefused(drop=drop.id, reason=msgspec.json.decode(told.body)["detail"])
    finally:
        await store.close()


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _reachable(settings: Settings, ports: Ports, dsn: str) -> Reachable:
    return Reachable(
        url=_address(ports.main),
        storefront_key=_first(keys_of(settings.storefront_keys, "storefront_keys")),
        admin_key=admin_key_of(settings.admin_keys),
        pid=os.getpid(),
        dsn=dsn,
        metrics=tuple(f"{_address(port)}/metrics" for port in ports.metrics),
    )


def _first(keys: dict[str, str]) -> str:
    return next(iter(keys.values()), "")


def _leave_word(file: Path, reachable: Reachable) -> None:
    """For this user's eyes alone: it holds keys."""
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.encode(reachable))


async def _supervise(settings: Settings, dsn: str, ports: Ports, ready: Callable[[], None]) -> None:
    """Run the workers, and one again that died by itself, until a signal says stop."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    parent_fd, held_fd = os.pipe()  # Workers inherit the one; the other one closes with us, however we end.
    told_at = tuple(f"{_address(port)}/metrics" for port in ports.metrics)
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
