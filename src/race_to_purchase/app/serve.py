"""`race serve`: the database, the socket, and one or several worker processes, from start to stop.

With one worker everything runs in this process. With several, this process only holds the database and the socket, and
watches over the workers (`supervise`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

import msgspec

from race_to_purchase.app.engine import require_sound
from race_to_purchase.app.gateways import require_named
from race_to_purchase.app.line import open_keys, seal
from race_to_purchase.app.listening import Ports, address, everywhere, listen, metrics_ports
from race_to_purchase.app.reachable import Reachable, data_dir, leave, take_back
from race_to_purchase.app.supervise import supervise
from race_to_purchase.app.worker import ALONE, MetricsPort, run, run_worker
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import RaceError
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.drop import Drop
from race_to_purchase.settings import Settings, admin_key_of, keys_of
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.keyring import PostgresKeyrings
from race_to_purchase.store.migrate import migrate
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads


class DropRefused(RaceError):
    """The drop {drop} was refused: {reason}"""

    code = "drop_refused"
    exit_code = 2


def serve(settings: Settings, drops: Sequence[Drop], started: Callable[[Reachable], None]) -> None:
    """Serve until SIGTERM or SIGINT; `started` is called once requests are answered. Raises ConfigurationError."""
    require_sound(settings)
    listening = listen(settings.host, settings.port)
    embedded = None
    metrics: list[socket.socket] = []
    # Until the loop takes signals itself, one ends the start as an error does: with the database stopped.
    signal.signal(signal.SIGTERM, _end)
    try:
        metrics += metrics_ports(settings)
        if not settings.database_url:
            embedded = EmbeddedPostgres.start(data_dir(settings))
        dsn = embedded.dsn if embedded is not None else settings.database_url
        run(_serve(settings, dsn, Ports(listening, tuple(metrics)), embedded, drops, started))
    finally:
        for port in (listening, *metrics):
            port.close()
        if embedded is not None:
            take_back(data_dir(settings))
            embedded.stop()


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


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
        reachable = reachable_by(settings, ports, dsn)
        if embedded is not None:
            leave(data_dir(settings), reachable)
        started(reachable)

    try:
        if settings.workers == 1:
            own = MetricsPort(ports.metrics[0]) if ports.metrics else ALONE
            await run_worker(settings, dsn, ports.main, ready, metrics=own)
        else:
            await supervise(settings, dsn, ports, ready)
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


def reachable_by(settings: Settings, ports: Ports, dsn: str) -> Reachable:
    """What other commands of this machine need to speak to an engine on these ports."""
    return Reachable(
        url=address(ports.main),
        storefront_key=_first(keys_of(settings.storefront_keys, "storefront_keys")),
        admin_key=admin_key_of(settings.admin_keys),
        pid=os.getpid(),
        dsn=dsn,
        metrics=tuple(f"{address(port)}/metrics" for port in ports.metrics),
        everywhere=everywhere(ports.main),
    )


def _first(keys: dict[str, str]) -> str:
    return next(iter(keys.values()), "")
