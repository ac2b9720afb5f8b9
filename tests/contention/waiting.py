"""Another process that has stopped between two statements, and whether somebody waits for it."""

from __future__ import annotations

import asyncio

import asyncpg

BLOCKED = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"


async def waits_for(other: asyncpg.Connection, work: asyncio.Future[object]) -> bool:
    """Whether `work` stands still because of the other; False where it comes to its end."""
    while not work.done():
        if await other.fetchval(BLOCKED):
            return True
        await asyncio.sleep(0.02)
    return False
