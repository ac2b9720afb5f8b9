"""What reconciliation needs of a simulated process: its findings, and rows for checks while no other process leads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from race_to_purchase.ports import Booked
from race_to_purchase.rehearse.world.database import SimulatedStore
from race_to_purchase.rehearse.world.parts import Process, World
from race_to_purchase.rehearse.world.rows import MemoryRows
from race_to_purchase.rules.rows import Attempt, Finding


class SimulatedFindings:
    """`ports.Findings` of one process."""

    def __init__(self, world: World, store: SimulatedStore) -> None:
        self._rows = world.database.findings
        self._store = store

    async def booked(self, checkout_ids: Sequence[str]) -> Mapping[str, Booked]:
        """See the port, here and below."""
        return await self._store.ask("booked", lambda: self._rows.booked(checkout_ids))

    async def captured(self, gateway: str, since: datetime, until: datetime) -> Sequence[Attempt]:
        return await self._store.ask("captured", lambda: self._rows.captured(gateway, since, until))

    async def finding(self, finding_id: str) -> Finding | None:
        return await self._store.ask("finding", lambda: self._rows.finding(finding_id))

    async def unended(self, after: str, limit: int, state: str = "") -> Sequence[Finding]:
        return await self._store.ask("unended", lambda: self._rows.unended(after, limit, state))

    async def reached(self) -> Mapping[str, str]:
        return await self._store.ask("reached", self._rows.reached)

    async def reach(self, walk: str, where: str) -> None:
        await self._store.ask("reach", lambda: self._rows.reach(walk, where))


class _Rows:
    """`checks.Rows` over the wire."""

    def __init__(self, world: World, store: SimulatedStore) -> None:
        self._rows = MemoryRows(world)
        self._store = store

    async def fetch(self, name: str, *arguments: Any) -> Sequence[Sequence[Any]]:
        """See `checks.Rows`."""
        return await self._store.ask("fetch", lambda: self._rows.fetch(name, *arguments))


@asynccontextmanager
async def leading(world: World, process: Process, store: SimulatedStore) -> AsyncIterator[_Rows | None]:
    """Rows while this process leads, None where another one does, which gives it up with its life."""
    database = world.database
    await store.ask("lead", world.database.store.ready)
    leads = database.leader is None or database.leader.dead
    if leads:
        database.leader = process.owner
    try:
        yield _Rows(world, store) if leads else None
    finally:
        if leads and database.leader is process.owner:
            database.leader = None
