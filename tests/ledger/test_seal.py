"""Blocks have no gaps and no late comers, whoever writes and whoever seals; and anybody can compute them again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from datetime import datetime, timedelta

import asyncpg
import pytest

from race_to_purchase.checks import verify
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.migrate import migrate
from tests.ledger.books import book, column, connected, ledger_at, seal_all
from tests.samples import NOON

FUTURE = 10**12
PLACES = """
    CREATE OR REPLACE FUNCTION journal_place(xid8) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN $1::text::bigint + {}"""


async def findings(dsn: str) -> list[tuple[str, str]]:
    """What is wrong with the ledger at `dsn`."""
    async with AuditRows.open(dsn) as rows:
        return [(finding.check, finding.subject) for finding in await verify(rows)]


class TestCoverage:
    @pytest.mark.parametrize("entries", [100, 2], ids=["all there are", "no more than fit"])
    async def test_what_an_open_transaction_may_still_write_is_waited_for(
        self, database_dsn: str, entries: int
    ) -> None:
        async with ledger_at(database_dsn) as (ledger, pool), connected(database_dsn) as slow:
            await book(slow)
            transaction = slow.transaction()
            await transaction.start()
            late = await book(slow)
            fast = await book(pool)
            assert (await ledger.seal(entries), await ledger.seal(entries)) == (1, 0)
            await book(slow)
            await transaction.commit()
            assert await seal_all(ledger, entries) == (1 if entries == 100 else 2)
            assert {late, fast} < {str(order) for order in await column(pool, "SELECT order_id FROM journal")}
        assert await findings(database_dsn) == []

    async def test_control_a_block_that_takes_what_it_sees_is_found_to_have_missed_some(
        self, database_dsn: str
    ) -> None:
        async with ledger_at(database_dsn) as (ledger, pool), connected(database_dsn) as slow:
            transaction = slow.transaction()
            await transaction.start()
            late = await book(slow)
            await book(pool)
            # As if the horizon were the newest transaction that is known, and not the oldest that is open.
            await pool.execute(PLACES.format(10))
            assert await ledger.seal(100) == 1
            await transaction.commit()
        assert ("sealed_entry_changed", f"{late}/0") in await findings(database_dsn)

    async def test_a_transaction_is_never_in_two_blocks(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool), connected(database_dsn) as connection:
            for size in (1, 5, 2, 2, 7, 1):
                async with connection.transaction():
                    for _ in range(size):
                        await book(connection)
            assert await seal_all(ledger, 3) == 4
            assert await column(pool, "SELECT entries::int FROM seal ORDER BY number") == [6, 4, 7, 1]
        assert await findings(database_dsn) == []

    async def test_many_who_write_and_many_who_seal_leave_each_entry_in_one_block(self, database_dsn: str) -> None:
        chance = random.Random(7)

        async def write(pool: asyncpg.Pool) -> None:
            for _ in range(15):
                async with pool.acquire() as connection, connection.transaction():
                    for _ in range(chance.randint(1, 4)):
                        await book(connection, chance.randint(1, 10_000))
                        await asyncio.sleep(chance.random() / 300)

        async with ledger_at(database_dsn, 12) as (ledger, pool):
            done = asyncio.gather(*(write(pool) for _ in range(6)))

            async def keep_sealing() -> None:
                while not done.done():
                    await ledger.seal(4)

            await asyncio.gather(done, *(keep_sealing() for _ in range(4)))
            await seal_all(ledger)
            sealed = await pool.fetchval("SELECT sum(entries)::int FROM seal")
            assert sealed == await pool.fetchval("SELECT count(*) FROM journal") > 100
            assert await pool.fetchval("SELECT count(*) FROM seal") > 5
        assert await findings(database_dsn) == []

    async def test_a_database_that_was_restored_elsewhere_goes_on_sealing(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            # Where it came from, a great many transactions had been.
            await pool.execute(PLACES.format(FUTURE))
            await book(pool)
            assert await seal_all(ledger) == 1
            await book(pool)
            await pool.execute(PLACES.format(0))
            assert await seal_all(ledger) == 0
            await migrate(database_dsn)
            await book(pool)
            assert await seal_all(ledger) == 1
            assert await column(pool, "SELECT entries::int FROM seal ORDER BY number") == [1, 2]
            assert await migrate(database_dsn) == 0
            await book(pool)
            assert await seal_all(ledger) == 1
        assert await findings(database_dsn) == []


class TestHashes:
    async def test_anybody_can_compute_a_block_again(self, database_dsn: str) -> None:
        """By the description in the documents, and without a function of this database."""
        async with ledger_at(database_dsn) as (ledger, pool):
            for number in range(3):
                await book(pool, 1000 + number, at=NOON + timedelta(microseconds=number), seller='o"é')
                await ledger.seal(1)
            entries = await pool.fetch("SELECT * FROM journal ORDER BY place")
            seals = await pool.fetch("SELECT * FROM seal ORDER BY number")
        previous = b""
        for entry, seal in zip(entries, seals, strict=True):
            leaf = [
                *(str(entry["order_id"]), entry["entry"], entry["kind"], microseconds(entry["at"])),
                *(entry["currency"], entry["accounts"], entry["amounts"]),
            ]
            leaves = entry["order_id"].bytes + entry["entry"].to_bytes(4, "big") + sha256(json_of(leaf))
            head = [
                *(seal["number"], seal["since"], seal["until"], microseconds(seal["sealed_at"])),
                *(microseconds(seal["first_at"]), microseconds(seal["last_at"]), 1, json.loads(seal["totals"])),
            ]
            assert seal["leaves"] == leaves
            assert seal["hash"] == sha256(previous + json_of(head) + leaves)
            previous = seal["hash"]

    async def test_a_block_is_the_same_whatever_a_session_shows(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            await book(pool)
            await ledger.seal(1)
        strange = {"timezone": "Asia/Kathmandu", "datestyle": "German", "extra_float_digits": "-5"}
        async with connected(database_dsn, **strange) as connection:
            assert await connection.fetchval("SELECT hash = seal_hash(seal) FROM seal")
            assert await connection.fetchval("SELECT leaves = journal_leaf(journal) FROM seal, journal")


class TestAppendOnly:
    @pytest.mark.parametrize("table", ["journal", "seal"])
    @pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
    async def test_the_database_refuses_every_change(self, database_dsn: str, table: str, change: str) -> None:
        column = {"journal": "kind", "seal": "entries"}[table]
        async with ledger_at(database_dsn) as (ledger, pool):
            await book(pool)
            await ledger.seal(1)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=f"of {table} is refused: it is append-only"):
                await pool.execute(change.format(table, column, column))
            assert await pool.fetchval("SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM seal)") == 2

    @pytest.mark.parametrize(
        ("accounts", "amounts"),
        [
            (["a", "b", "c"], [119, -100, -18]),
            (["a", "b", "c"], [1, 0, 0]),
            (["a", "b", "c"], [119, -119]),
            (["a", "b"], [119, -100]),
            (["a", "b"], [119, None]),
            (["a"], [119]),
        ],
    )
    async def test_an_entry_that_does_not_balance_never_gets_in(
        self, database_dsn: str, accounts: list[str], amounts: list[int | None]
    ) -> None:
        """An entry has one currency and stands in one row, so this is all it takes for an order to sum to zero."""
        async with connected(database_dsn) as connection:
            with pytest.raises(asyncpg.CheckViolationError, match="journal_balance"):
                await connection.execute(
                    "INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)"
                    " VALUES (gen_random_uuid(), 0, 'sale', now(), 'EUR', $1, $2)",
                    accounts,
                    amounts,
                )


def microseconds(at: datetime) -> int:
    return (at - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(microseconds=1)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def json_of(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
