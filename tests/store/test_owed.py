"""At which gateways something is left to do: without them in its file, an engine does not start."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.rows import Checkout, Task, TaskDone, TaskKind, task_id
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.conformance.batches import change, insert
from tests.samples import a_checkout, a_refund, a_task, an_attempt


class Rows:
    """A checkout whose first payment was declined by `first`, and whose second was made at `second`."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.checkout: Checkout = a_checkout(state="paid", live_n=2)

    async def owe(self, n: int, kind: TaskKind) -> None:
        await insert(self.store, a_task(self.checkout, n, kind=kind))

    async def owed(self) -> list[str]:
        return list(await PostgresReads(self.store.pool).gateways_owed())


@pytest.fixture
async def rows(store: PostgresStore) -> Rows:
    made = Rows(store)
    attempts = (an_attempt(made.checkout, n, gateway=name) for n, name in ((1, "first"), (2, "second")))
    await insert(store, made.checkout, *attempts)
    return made


async def test_a_payment_is_owed_at_the_gateway_of_its_own_attempt(rows: Rows) -> None:
    assert await rows.owed() == []
    await rows.owe(2, "capture")
    assert await rows.owed() == ["second"]
    await rows.owe(1, "void")
    assert await rows.owed() == ["first", "second"]


async def test_a_message_to_the_merchant_is_owed_at_none(rows: Rows) -> None:
    await rows.owe(2, "deliver")
    assert await rows.owed() == []


@pytest.mark.parametrize("n", [1, 3])
async def test_a_refund_is_owed_at_its_own_gateway_however_many_attempts_there_were(rows: Rows, n: int) -> None:
    """A refund's number counts refunds, and not attempts."""
    refunds: Any = [replace(a_refund(rows.checkout, n), gateway="second"), a_refund(rows.checkout, 9)]
    await change(rows.store, Keys(checkouts={rows.checkout.id}, after={rows.checkout.id}), lambda _: refunds)
    id_ = task_id(rows.checkout.id, n, "refund")
    await insert(rows.store, Task(id_, "refund", "aurora", rows.checkout.id, n, rows.checkout.created_at))
    assert await rows.owed() == ["second"]
    await insert(rows.store, TaskDone(id_))
    assert await rows.owed() == []
