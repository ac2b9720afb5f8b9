"""The console's parts, wired: its sessions, what it asks, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_bytes

import asyncpg

from race_to_purchase.edge.console.handlers import ConsoleHandlers
from race_to_purchase.edge.console.live import Live
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.operator_sessions import ConsoleSessions
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.console.acts import Acts
from race_to_purchase.operate.console.queries import ConsoleQueries
from race_to_purchase.operate.console.shapes import NetworkSeen
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.path.counted import Counted
from race_to_purchase.path.route import Router
from race_to_purchase.ports import Keyrings, Reads, SeriesStore
from race_to_purchase.rules.signing import KEY_BYTES_MIN, Keyring
from race_to_purchase.settings import Settings
from race_to_purchase.store.console import PostgresConsole

KEPT = "console"
"""Name under which the key is kept that signs operators' sessions; it is made once, for all processes."""

NETWORKS = 10
"""So many of the busiest are told."""


async def open_console_sessions(settings: Settings, keyrings: Keyrings) -> ConsoleSessions:
    """Operators' sessions, which any process reads."""
    key = await keyrings.settle(KEPT, token_bytes(KEY_BYTES_MIN))
    return ConsoleSessions(Keyring({0: key}, 0), idle_s=settings.console_idle_minutes * 60)


class ConsoleParts:
    """One process's part in the console; `gate` knows whence most comes."""

    def __init__(
        self, pool: asyncpg.Pool, reads: Reads, series: SeriesStore, router: Router, gate: Gate, slo: Slo, source: str
    ) -> None:
        def counted() -> Sequence[Counted]:
            return [router.gateway(name).counted() for name in router.names]

        def networks() -> Sequence[NetworkSeen]:
            return [NetworkSeen(name, per_s) for name, per_s in gate.busiest.per_s(NETWORKS)]

        self._reads = reads
        self.queries = ConsoleQueries(reads, PostgresConsole(pool), series, counted, networks, slo)
        self.live = Live(self.queries.overview, source)

    def handlers(self, catalogue: Catalogue, line: LineDesk, gateways: Gateways) -> ConsoleHandlers:
        """What answers its requests."""
        return ConsoleHandlers(self.queries, Acts(self._reads, catalogue, line, gateways), catalogue, self.live)
