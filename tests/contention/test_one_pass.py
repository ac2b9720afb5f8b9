"""One pass and many clients at once: one reservation; and the proof that this would find more, if there were more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from race_to_purchase.app.line import seal
from race_to_purchase.commit.committer import Committer
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.commands import Reserve
from race_to_purchase.rules.decide import reserving
from race_to_purchase.rules.drop import passes_pool, ticket_pool
from race_to_purchase.rules.line.commands import Admitted
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.outcomes import PassRefused, Reserved
from race_to_purchase.rules.signing import Keyring
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from tests.sale import a_sale, a_wish, recount, value

CLIENTS = 32
PROCESSES = 4
TID = "00" * 16
OPENED = datetime(2020, 1, 1, tzinfo=UTC)
OUT = """
    INSERT INTO race.pool (id, drop_id, kind, capacity, held)
    VALUES ('aurora/line/passes', 'aurora', 'passes', 10, 1), ('aurora/ticket/{tid}', 'aurora', 'ticket', 1, 1)
    ON CONFLICT (id) DO UPDATE SET held = 1"""


@pytest.fixture
async def processes(database_dsn: str) -> AsyncIterator[list[Committer]]:
    """As many processes as there may be, with connections of their own; a pass of a drop with a door is out."""
    stores = [await PostgresStore.open(database_dsn, connections=2) for _ in range(PROCESSES)]
    door = Door(OPENED, OPENED + timedelta(hours=1), 10.0, 10)
    keys = Keyring({1: b"k" * 32}, 1)
    catalogue = Catalogue(Committer(stores[0]), PostgresReads(stores[0].pool), lambda drop_id: seal(keys, drop_id))
    await catalogue.put(a_sale(opens_at=OPENED + timedelta(hours=2), door=door))
    await value(database_dsn, OUT.format(tid=TID) + " RETURNING id")
    yield [Committer(store) for store in stores]
    for store in stores:
        await store.close()


def wish(n: int) -> Reserve:
    """Somebody with the one pass there is."""
    asked = a_wish(f"buyer-{n}")
    pools = (*asked.pools, passes_pool("aurora"), ticket_pool("aurora", TID))
    shown = Admitted(TID, 1, datetime.now(UTC) + timedelta(hours=1))
    return msgspec.structs.replace(asked, pools=pools, admitted=shown)


async def rush(processes: list[Committer]) -> list[object]:
    """All of them at the same moment, over all processes."""
    return list(await asyncio.gather(*(processes[n % len(processes)].submit(wish(n)) for n in range(CLIENTS))))


async def test_a_pass_that_many_show_at_once_lets_one_in(processes: list[Committer], database_dsn: str) -> None:
    ends = await rush(processes)
    assert sum(isinstance(end, Reserved) for end in ends) == 1
    assert [end.why for end in ends if isinstance(end, PassRefused)] == ["pass_used"] * (CLIENTS - 1)
    assert await recount(database_dsn) == []


async def test_without_the_guard_it_lets_in_many(
    processes: list[Committer], database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a door that looks at the pass and does not spend it."""
    monkeypatch.setattr(reserving, "spend", lambda *_: [])
    ends = await rush(processes)
    assert sum(isinstance(end, Reserved) for end in ends) > 1
