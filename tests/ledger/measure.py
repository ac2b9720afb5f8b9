"""What the ledger costs, and how fast it is read: `python -m tests.ledger.measure [POSTINGS]`, a million without it.

Three postings are an entry; there are a hundred sellers. Tells what an entry costs with place, index and triggers
against without, in turn in one run; how fast it is sealed; and how long the balance of so many entries takes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from race_to_purchase.app.commands.ledger import cells
from race_to_purchase.checks import verify
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.ledger import LedgerReader, Wanted
from race_to_purchase.store.migrate import migrate
from tests.databases import apart
from tests.ledger.books import ledger_at

POSTINGS = 3
BATCH = 256
ROUNDS = 150
PLAIN = """
    CREATE TABLE IF NOT EXISTS plain (LIKE journal INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, entry));
    ALTER TABLE plain DROP COLUMN IF EXISTS place"""
INSERT = """
    INSERT INTO {} (order_id, entry, kind, at, currency, accounts, amounts)
    SELECT uuidv7(), 0, 'sale', clock_timestamp(), 'EUR',
           ARRAY['receivable:sandbox', 'revenue:seller-' || i % 100, 'tax:seller-' || i % 100], ARRAY[119, -100, -19]
    FROM generate_series(1, $1::int) AS i"""


async def main(dsn: str, entries: int) -> None:
    await migrate(dsn)
    async with ledger_at(dsn) as (ledger, pool):
        await cost(pool)
        for _ in range(entries // BATCH // 40):
            await pool.execute(INSERT.format("journal"), BATCH * 40)
        began = time.perf_counter()
        sealed = 0
        while block := await ledger.seal(10_000):
            sealed += block
        spent = time.perf_counter() - began
        tell(f"sealed                {sealed:,} entries in {spent:.1f} s: {sealed / spent:,.0f}/s")
        await pool.execute("ANALYZE")
        # As autovacuum does within a minute of an insert.
        await pool.execute("SELECT brin_summarize_new_values('journal_place')")
        seconds = [await a_second(pool, ledger) for _ in range(20)]
        empty_s = await median(lambda: ledger.seal(10_000))
        tell(f"2,000 more entries    sealed in {statistics.median(seconds) * 1000:.1f} ms")
        tell(f"a tick without any    {empty_s * 1000:.1f} ms")
        await pool.execute(INSERT.format("journal"), 2_000)
        tell(f"balance               {await median(ledger.balances) * 1000:.1f} ms with 2,000 entries unsealed")
        middle = await pool.fetchval("SELECT at FROM journal ORDER BY place OFFSET $1 LIMIT 1", entries // 2)
        tell(f"balance at a moment   {await median(lambda: ledger.balances(middle)) * 1000:.1f} ms")
    await read(dsn)


def tell(line: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def cost(pool: asyncpg.Pool) -> None:
    """The same insert into the journal and into a table without what the ledger added to it, by turns."""
    await pool.execute(PLAIN)
    took: dict[str, list[float]] = {"plain": [], "journal": []}
    async with pool.acquire() as connection:
        insert = {table: await connection.prepare(INSERT.format(table)) for table in took}
        for table in [*took] * ROUNDS:
            async with connection.transaction():
                began = time.perf_counter()
                await insert[table].fetch(BATCH)
                took[table].append((time.perf_counter() - began) / BATCH * 1e6)
    least, usual = ([f"{of(times):.1f}" for times in took.values()] for of in (min, statistics.median))
    tell(f"an entry costs        {least[1]} µs at least, {usual[1]} usually; without them {least[0]} and {usual[0]}")


async def a_second(pool: asyncpg.Pool, ledger: object) -> float:
    await pool.execute(INSERT.format("journal"), 2_000)
    began = time.perf_counter()
    assert await ledger.seal(10_000) == 2_000  # type: ignore[attr-defined]
    return time.perf_counter() - began


async def median(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds."""
    times = []
    for _ in range(9):
        began = time.perf_counter()
        await work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def read(dsn: str) -> None:
    """All of it."""
    began = time.perf_counter()
    async with AuditRows.open(dsn) as rows:
        assert await verify(rows) == []
    tell(f"verify                {time.perf_counter() - began:.1f} s")
    began, lines = time.perf_counter(), 0
    async with LedgerReader.open(dsn) as ledger:
        async for postings in ledger.postings(Wanted()):
            lines += len([cells(posting) for posting in postings])
    tell(f"export                {lines:,} postings in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres.start(Path(folder) / "data", "measure")
        try:
            apart(main(server.dsn, (int(sys.argv[1]) if sys.argv[1:] else 1_000_000) // POSTINGS))
        finally:
            server.stop()
