"""`race ledger` as its users run it, on a database that they name."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from race_to_purchase.app.commands.ledger import cells
from race_to_purchase.cli.command import app
from race_to_purchase.store.ledger import Posting
from tests.databases import Server, apart
from tests.ledger.books import book, connected, ledger_at
from tests.samples import NOON, a_checkout, an_order, new_id

ORDER = """
    INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    VALUES ($1, $2, 'ada', $3, 'EUR', 'sandbox', 'ref', 1, $4)"""


def race(dsn: str, *arguments: str) -> Result:
    """Run the command on a database: in this process, which is quicker, but on an event loop of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        run = thread.submit(CliRunner().invoke, app, ["ledger", *arguments], env={"RACE_DATABASE_URL": dsn})
        return run.result()


@pytest.fixture(scope="module")
def books(server: Server) -> Iterator[str]:
    """Three sales, two of them sealed: ada's shoe, the house's, and one in yen a day later."""
    dsn = server.fresh()
    apart(fill(dsn))
    yield dsn
    server.drop(dsn)


async def fill(dsn: str) -> None:
    async with ledger_at(dsn) as (ledger, pool):
        for drop_id, seller in (("aurora", "ada"), ("borealis", "house")):
            order = an_order(a_checkout(), drop_id=drop_id)
            await pool.execute(ORDER, order.id, drop_id, 11_900, NOON)
            await book(pool, 11_900, seller=seller, order_id=order.id)
            await ledger.seal(1)
        await book(pool, 1_190, currency="JPY", at=NOON + timedelta(days=1))


async def spoil(dsn: str, statement: str, *arguments: str) -> None:
    """As somebody would who may do anything."""
    async with connected(dsn, session_replication_role="replica") as connection:
        await connection.execute(statement, *arguments)


class TestBalance:
    def test_every_account_and_the_trial_balance(self, books: str, tmp_path: Path) -> None:
        done = race(books, "balance", "--json", str(tmp_path / "out.json"))
        assert (done.exit_code, done.stderr_bytes) == (0, b"")
        text = done.stdout_bytes.decode()
        assert "EUR of all accounts: debits 238.00, credits 238.00: balanced" in text
        assert "JPY of all accounts: debits 1190, credits 1190: balanced" in text
        told = json.loads((tmp_path / "out.json").read_bytes())
        assert told["balanced"] is True
        assert told["totals"]["EUR"] == {"debit": 23_800, "credit": 23_800}
        assert told["accounts"][:2] == [
            {"account": "receivable:sandbox", "currency": "EUR", "debit": 23_800, "credit": 0, "amount": 23_800},
            {"account": "revenue:ada", "currency": "EUR", "debit": 0, "credit": 10_000, "amount": -10_000},
        ]

    def test_some_accounts(self, books: str, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        assert race(books, "balance", "--account", "tax:", "--currency", "EUR", "--json", str(out)).exit_code == 0
        assert [one["account"] for one in json.loads(out.read_bytes())["accounts"]] == ["tax:ada", "tax:house"]

    def test_as_of_a_moment(self, books: str, tmp_path: Path) -> None:
        out = tmp_path / "out.json"
        assert race(books, "balance", "--at", "2026-06-02T11:59:59Z", "--json", str(out)).exit_code == 0
        assert json.loads(out.read_bytes())["totals"].keys() == {"EUR"}
        assert race(books, "balance", "--at", "2026-06-01", "--json", str(out)).exit_code == 0
        assert json.loads(out.read_bytes())["accounts"] == []

    async def test_books_that_do_not_balance_end_it_with_one(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            await book(pool)
            await ledger.seal(1)
        await spoil(database_dsn, "UPDATE balance SET debit = debit + 5 WHERE account LIKE 'receivable%'")
        done = race(database_dsn, "balance")
        assert (done.exit_code, b"WRONG by 0.05" in done.stdout_bytes) == (1, True)


class TestExport:
    def rows(self, dsn: str, *options: str) -> list[dict[str, str]]:
        done = race(dsn, "export", *options)
        assert (done.exit_code, done.stderr_bytes) == (0, b"")
        assert done.stdout_bytes.count(b"\n") == done.stdout_bytes.count(b"\r\n") > 0
        return list(csv.DictReader(io.StringIO(done.stdout_bytes.decode(), newline="")))

    def test_every_posting_in_the_order_of_booking(self, books: str) -> None:
        rows = self.rows(books)
        assert [row["account"] for row in rows] == [
            *("receivable:sandbox", "revenue:ada", "tax:ada"),
            *("receivable:sandbox", "revenue:house", "tax:house"),
            *("receivable:sandbox", "revenue:house", "tax:house"),
        ]
        first, last = rows[0], rows[-2]
        assert first["entry"].endswith("/0")
        assert {**first, "entry": ""} == {
            "at": "2026-06-01T12:00:00Z",
            "entry": "",
            "kind": "sale",
            "drop": "aurora",
            "account": "receivable:sandbox",
            "currency": "EUR",
            "amount_minor": "11900",
            "amount": "119.00",
        }
        assert (last["drop"], last["amount_minor"], last["amount"]) == ("", "-1000", "-1000")
        assert sum(int(row["amount_minor"]) for row in rows) == 0

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            (("--drop", "borealis"), 3),
            (("--drop", "nothing"), 0),
            (("--seller", "ada"), 2),
            (("--seller", "sandbox"), 0),
            (("--from", "2026-06-02"), 3),
            (("--to", "2026-06-02"), 6),
            (("--from", "2026-06-01T12:00:00+00:00", "--to", "2026-06-01T12:00:00.000001Z"), 6),
        ],
    )
    def test_some_of_them(self, books: str, options: tuple[str, ...], found: int) -> None:
        assert len(self.rows(books, *options)) == found

    async def test_many_blocks_come_one_after_the_other(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            orders = []
            for _ in range(9):
                orders.append(await book(pool))
                await ledger.seal(3)
        rows = self.rows(database_dsn)
        assert [row["entry"] for row in rows[::3]] == [f"{order}/0" for order in orders]

    def test_whoever_reads_only_the_beginning_is_no_error(self, books: str) -> None:
        command = f"{sys.executable} -m race_to_purchase.cli ledger export | head -c 1"
        environment = {**os.environ, "RACE_DATABASE_URL": books}
        done = subprocess.run(command, shell=True, env=environment, capture_output=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == (b"a", b"")

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_no_text_is_run_by_a_spreadsheet(self, text: str) -> None:
        line = cells(Posting(NOON, new_id(), 0, text, text, text, "EUR", -5))
        assert line[2:5] == (f"'{text}",) * 3
        assert line[6:] == (-5, "-0.05")


class TestVerify:
    def test_a_ledger_as_it_was_sealed(self, books: str, tmp_path: Path) -> None:
        done = race(books, "verify", "--json", str(tmp_path / "out.json"))
        assert done.exit_code == 0
        head = json.loads((tmp_path / "out.json").read_bytes())["head"]
        assert (head["number"], head["sealed"]) == (2, 2)
        text = done.stdout_bytes.decode()
        assert "2 entries in 2 blocks: as it was sealed" in text
        assert f"2:{head['hash']}" in text
        assert race(books, "verify", "--noted", f"2:{head['hash']}").exit_code == 0

    async def test_a_changed_entry_is_named_with_its_block(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            order, other = await book(pool), await book(pool)
            await ledger.seal(1)
            await ledger.seal(1)
        await spoil(database_dsn, "UPDATE journal SET amounts = '{118,-99,-19}' WHERE order_id = $1", order)
        await spoil(database_dsn, "DELETE FROM journal WHERE order_id = $1", other)
        done = race(database_dsn, "verify")
        assert done.exit_code == 1
        text = done.stdout_bytes.decode()
        assert f"sealed_entry_changed: {order}/0: block 1: changed" in text
        assert f"sealed_entry_changed: {other}/0: block 2: removed" in text

    async def test_a_chain_that_was_written_anew_is_not_the_one_that_was_noted(self, database_dsn: str) -> None:
        async with ledger_at(database_dsn) as (ledger, pool):
            await book(pool)
            await ledger.seal(1)
            (noted,) = await pool.fetchrow("SELECT encode(hash, 'hex') FROM seal")
            await spoil(database_dsn, "UPDATE journal SET amounts = '{1,-1,0}'")
            await spoil(database_dsn, "DELETE FROM seal")
            await spoil(database_dsn, "DELETE FROM balance")
            await ledger.seal(1)
        assert race(database_dsn, "verify").exit_code == 0
        done = race(database_dsn, "verify", "--noted", f"1:{noted}")
        assert (done.exit_code, b"noted_hash_differs: 1" in done.stdout_bytes) == (1, True)
        assert race(database_dsn, "verify", "--noted", f"2:{noted}").exit_code == 1

    async def test_before_anything_is_sealed(self, database_dsn: str) -> None:
        done = race(database_dsn, "verify")
        assert (done.exit_code, b"Nothing is sealed yet" in done.stdout_bytes) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("balance", "--at", "soon"), "no time such as"),
        (("balance", "--at", "2026-06-01T12:00:00"), "time zone"),
        (("export", "--from", "2026-13-01"), "no time such as"),
        (("verify", "--noted", "7"), "no block such as"),
        (("verify", "--noted", "x:00"), "no block such as"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(books: str, arguments: tuple[str, ...], word: str) -> None:
    done = race(books, *arguments)
    assert done.exit_code == 2
    assert word in " ".join(done.stderr_bytes.decode().replace("│", " ").split())


def test_a_folder_without_a_database_is_told(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RACE_")}
    command = [sys.executable, "-m", "race_to_purchase.cli", "ledger", "balance", "--data-dir", str(tmp_path / "none")]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, b"There is no database in" in done.stderr) == (2, True)
