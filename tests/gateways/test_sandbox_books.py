"""The sandbox's books hold under parallel workers, cost what they may, and stay when everything else goes."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from race_to_purchase.gateways.sandbox.connection import Connection, connect, statement
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.rules.verdicts import Authorized, Captured, CaptureRefused, Declined, NoAnswer, Refunded, Verdict
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from tests.databases import Server
from tests.gateways.contract import AMOUNT, authorized, captured, new_key, request_of

PAYING = """
import asyncio, itertools, sys
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from datetime import UTC, datetime
from race_to_purchase.ports import PaymentRequest

BEGAN = datetime.now(UTC)

async def main():
    gateway = SandboxGateway(sys.argv[1])
    for n in itertools.count():
        key = f"{sys.argv[2]}-{n}"
        verdict = await gateway.authorize(PaymentRequest(key, 100, "EUR", "pm_approved", key, BEGAN), None)
        await gateway.capture(verdict.ref, 100, key)
        print(key, flush=True)

asyncio.run(main())
"""
"""A worker that pays for ever, and says of each payment that it was captured."""


@pytest.fixture
async def bare_dsn(server: Server) -> AsyncIterator[str]:
    """A database without books."""
    dsn = await asyncio.to_thread(server.bare)
    yield dsn
    await asyncio.to_thread(server.drop, dsn)


class TestPreparing:
    """Workers start at once, and start again."""

    async def test_many_workers_may_prepare_at_once(self, bare_dsn: str) -> None:
        await asyncio.gather(*(SandboxGateway(bare_dsn).make_books() for _ in range(8)))
        gateway = SandboxGateway(bare_dsn)
        assert isinstance(await gateway.authorize(request_of("pm_approved"), None), Authorized)
        await gateway.close()

    async def test_preparing_again_keeps_what_is_there(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_approved")
        verdict = await gateway.authorize(request, None)
        await gateway.make_books()
        assert await gateway.look_up(request, None) == verdict

    async def test_without_books_there_is_no_answer(self, bare_dsn: str) -> None:
        gateway = SandboxGateway(bare_dsn)
        assert isinstance(await gateway.authorize(request_of("pm_approved"), None), NoAnswer)
        await gateway.make_books()
        assert isinstance(await gateway.authorize(request_of("pm_approved"), None), Authorized)
        await gateway.close()


class TestSeveralWorkers:
    """Each has its own connections; the books alone decide."""

    async def test_one_key_from_all_sides_is_one_payment(
        self, gateway: SandboxGateway, neighbour: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        requests = [request_of("pm_approved") for _ in range(20)]
        calls = [
            side.authorize(request, None) for request in requests for side in (gateway, neighbour) for _ in range(2)
        ]
        verdicts = await asyncio.gather(*calls)
        assert len(set(verdicts)) == len(requests)
        assert all(isinstance(verdict, Authorized) for verdict in verdicts)
        keys = [f"sbx_{request.key}" for request in requests]
        assert await books.fetchval("SELECT count(*) FROM sandbox.payment WHERE ref = ANY ($1)", keys) == 20

    async def test_captures_of_the_same_payments_in_any_order_all_succeed(
        self, gateway: SandboxGateway, neighbour: SandboxGateway
    ) -> None:
        refs = await asyncio.gather(*(authorized(gateway, "pm_approved") for _ in range(40)))
        forward = [gateway.capture(ref, AMOUNT, "a" + ref) for ref in refs]
        backward = [neighbour.capture(ref, AMOUNT, "b" + ref) for ref in reversed(refs)]
        verdicts = await asyncio.gather(*forward, *backward)
        assert verdicts == [Captured(ref, AMOUNT) for ref in (*refs, *reversed(refs))]

    async def test_parallel_refunds_never_exceed_what_was_captured(
        self, gateway: SandboxGateway, neighbour: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        ref = await captured(gateway, "pm_approved")
        calls = [side.refund(ref, 3_000, new_key()) for _ in range(5) for side in (gateway, neighbour)]
        verdicts = await asyncio.gather(*calls)
        assert sum(isinstance(verdict, Refunded) for verdict in verdicts) == 5
        assert verdicts.count(Declined("more_than_captured", retryable=False)) == 5
        assert await books.fetchval("SELECT refunded FROM sandbox.payment WHERE ref = $1", ref) == 15_000

    async def test_parallel_refunds_under_one_key_pay_back_once(
        self, gateway: SandboxGateway, neighbour: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        ref, key = await captured(gateway, "pm_approved"), new_key()
        calls = [side.refund(ref, 3_000, key) for _ in range(5) for side in (gateway, neighbour)]
        assert await asyncio.gather(*calls) == [Refunded(ref, 3_000)] * 10
        assert await books.fetchval("SELECT refunded FROM sandbox.payment WHERE ref = $1", ref) == 3_000

    async def test_the_books_themselves_refuse_to_pay_back_too_much(
        self, gateway: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        ref = await captured(gateway, "pm_approved")
        with pytest.raises(asyncpg.CheckViolationError, match="payment_amounts"):
            await books.execute("UPDATE sandbox.payment SET refunded = captured + 1 WHERE ref = $1", ref)


class TestCost:
    """The books stand on the hot path."""

    async def test_a_purchase_is_one_insert_and_one_heap_only_update(self, bare_dsn: str) -> None:
        gateway = SandboxGateway(bare_dsn)
        await gateway.make_books()
        for _ in range(5):
            await asyncio.gather(*(captured(gateway, "pm_approved") for _ in range(100)))
        await gateway.close()  # A session that ends hands its statistics in.
        looking = await asyncpg.connect(bare_dsn)
        counted = "SELECT n_tup_ins, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = 'sandbox'"
        writes = {tuple(row) for row in await looking.fetch(counted)}
        await looking.close()
        assert writes == {(500, 500, 500), (0, 0, 0)}

    async def test_what_comes_meanwhile_is_one_transaction(
        self, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refs = [await authorized(gateway, "pm_approved") for _ in range(3)]
        statements: list[str] = []
        fetch = Connection.fetch

        async def noted(self: Connection, name: str, *values: object) -> object:
            statements.append(name)
            return await fetch(self, name, *values)

        monkeypatch.setattr(Connection, "fetch", noted)
        first = asyncio.create_task(authorized(gateway, "pm_approved"))
        await asyncio.sleep(0)
        verdicts = await asyncio.gather(
            *(gateway.authorize(request_of("pm_approved"), None) for _ in range(3)),
            *(gateway.capture(ref, AMOUNT, new_key()) for ref in refs),
            gateway.authorize(request_of("pm_insufficient_funds"), None),
            gateway.capture("sbx_nobodys", AMOUNT, new_key()),
        )
        await first
        assert statements == ["write", "write", "read_payments"]
        assert [type(verdict) for verdict in verdicts] == [Authorized] * 3 + [Captured] * 3 + [Declined, CaptureRefused]

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("write", "'{}', " * 7 + "ARRAY['sbx_5', 'sbx_900'], ARRAY[1, 1], ARRAY['a', 'b']"),
            ("void", "ARRAY['sbx_5', 'sbx_900']"),
            ("read_payments", "ARRAY['sbx_5', 'sbx_900']"),
            ("refund", "'key', 'sbx_5', 1"),
            ("read_refund", "'key'"),
        ],
    )
    async def test_a_statement_reads_few_of_many_rows(self, full_dsn: str, name: str, arguments: str) -> None:
        connection = await connect(full_dsn)
        await connection.execute(f"PREPARE asked AS {statement(name)}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE asked({arguments})"))
        await connection.close()
        assert "Index" in plan
        assert "Seq Scan" not in plan

    @pytest.fixture
    async def full_dsn(self, bare_dsn: str) -> str:
        """Books with many payments."""
        await SandboxGateway(bare_dsn).make_books()
        connection = await asyncpg.connect(bare_dsn)
        await connection.execute(
            "INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state)"
            " SELECT 'sbx_' || n, 'order', 1, 'EUR', 'pm_approved', 'authorized' FROM generate_series(1, 20000) n;"
            " ANALYZE sandbox.payment"
        )
        await connection.close()
        return bare_dsn


class TestSurviving:
    """Processes end at any moment."""

    def test_what_a_killed_worker_was_told_stands_in_the_books(self, books_dsn: str) -> None:
        name = str(uuid.uuid4())
        command = [sys.executable, "-c", PAYING, books_dsn, name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            told = [worker.stdout.readline().strip() for _ in range(50)]
            worker.send_signal(signal.SIGKILL)
            told += worker.stdout.read().split()
        assert asyncio.run(states_of(books_dsn, told)) == {"captured"}

    async def test_a_database_that_is_killed_is_no_answer_until_it_is_back(self, tmp_path: Path) -> None:
        running = await asyncio.to_thread(EmbeddedPostgres.start, tmp_path / "data", "pytest")
        try:
            gateway = SandboxGateway(running.dsn)
            await gateway.make_books()
            before = request_of("pm_approved")
            ref = await authorized(gateway, "pm_approved")
            verdict = await gateway.authorize(before, None)
            kill(running)
            await eventually(NoAnswer, lambda: gateway.authorize(request_of("pm_approved"), None))
            assert await all_calls(gateway, ref) == {NoAnswer}
            await asyncio.to_thread(running.restart_if_dead)
            assert await eventually(Authorized, lambda: gateway.look_up(before, None)) == verdict
            assert await gateway.capture(ref, AMOUNT, new_key()) == Captured(ref, AMOUNT)
            await gateway.close()
        finally:
            await asyncio.to_thread(running.stop)

    async def test_a_connection_that_was_cut_is_made_again(
        self, gateway: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        await captured(gateway, "pm_approved")
        await books.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'race-sandbox-gateway'"
        )
        await eventually(Authorized, lambda: gateway.authorize(request_of("pm_approved"), None))

    async def test_a_database_that_was_never_there_is_no_answer(self) -> None:
        gateway = SandboxGateway("postgresql://race@127.0.0.1:1/race")
        assert await all_calls(gateway, "sbx_any") == {NoAnswer}
        assert isinstance(await gateway.authorize(request_of("pm_of_another_shop"), None), Declined)
        await gateway.close()


async def eventually(kind: type, ask: Callable[[], Awaitable[Verdict]]) -> Verdict:
    """The first answer of that kind; the time limit of the test is the only one."""
    while True:
        verdict = await ask()
        if isinstance(verdict, kind):
            return verdict
        await asyncio.sleep(0.02)


async def all_calls(gateway: SandboxGateway, ref: str) -> set[type]:
    """The kinds of answers that everything the gateway can be asked gets."""
    answers = await asyncio.gather(
        gateway.authorize(request_of("pm_approved"), None),
        gateway.look_up(request_of("pm_approved"), None),
        gateway.capture(ref, AMOUNT, new_key()),
        gateway.void(ref, new_key()),
        gateway.refund(ref, AMOUNT, new_key()),
    )
    return {type(answer) for answer in answers}


async def states_of(dsn: str, keys: list[str]) -> set[str | None]:
    """The states of the payments of `keys`; None among them where one is missing."""
    gateway = SandboxGateway(dsn)
    found = await asyncio.gather(*(gateway.look_up(request_of("pm_approved", key), None) for key in keys))
    await gateway.close()
    return {"captured" if isinstance(verdict, Captured) else None for verdict in found}


def kill(running: EmbeddedPostgres) -> None:
    """End the postmaster as a power cut would; its children end by themselves."""
    os.kill(running.pid, signal.SIGKILL)
