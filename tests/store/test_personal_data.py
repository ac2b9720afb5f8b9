"""What the rows keep of people: the last address of a buyer, and of a gateway's message its body until it is worked on.

No port reads these columns, so they are looked at in the tables.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from race_to_purchase.rules.messages import MessageState, Worked
from race_to_purchase.rules.rows import Buyer
from race_to_purchase.store.inbox import PostgresInbox
from race_to_purchase.store.postgres import PostgresStore
from tests.conformance.batches import insert
from tests.messages import a_message


@pytest.fixture
async def rows(database_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The tables themselves."""
    connection = await asyncpg.connect(database_dsn, server_settings={"search_path": "race"})
    yield connection
    await connection.close()


async def test_the_last_address_of_a_buyer_counts_and_the_same_one_is_not_written_again(
    store: PostgresStore, rows: asyncpg.Connection
) -> None:
    find = "SELECT email, ctid::text FROM buyer WHERE id = 'ada'"
    await insert(store, Buyer("ada", "ada@example.org"), Buyer("bob", "bob@example.org"))
    first = await rows.fetchrow(find)
    await insert(store, Buyer("ada", "ada@example.org"))
    assert await rows.fetchrow(find) == first
    await insert(store, Buyer("ada", "ada@example.com"))
    assert (await rows.fetchrow(find))["email"] == "ada@example.com"
    assert await rows.fetchval("SELECT email FROM buyer WHERE id = 'bob'") == "bob@example.org"


@pytest.mark.parametrize(
    ("state", "kept"), [("waiting", b"as it came"), ("unmatched", b"as it came"), ("done", b""), ("left", b"")]
)
async def test_the_body_of_a_message_is_kept_until_it_is_done_or_given_up(
    store: PostgresStore, rows: asyncpg.Connection, state: MessageState, kept: bytes
) -> None:
    inbox = PostgresInbox(store.pool)
    await inbox.keep("bank", a_message(id_="evt_1"), b"as it came")
    await inbox.put([Worked("bank/evt_1", state, "tried", 60.0)])
    assert await rows.fetchval("SELECT body FROM inbox") == kept
