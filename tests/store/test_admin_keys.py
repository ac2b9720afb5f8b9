"""When an operator's key was used is written anew once a minute has passed, by the clock of the database."""

import asyncpg

from race_to_purchase.rules.admin_keys import digest_of
from race_to_purchase.store.admin_keys import PostgresAdminKeys
from race_to_purchase.store.postgres import PostgresStore
from tests.conformance.test_admin_keys import IDS, a_key


async def test_a_key_that_is_used_again_after_a_minute_says_so(store: PostgresStore, database_dsn: str) -> None:
    rows = await asyncpg.connect(database_dsn)
    try:
        keys = PostgresAdminKeys(store.pool)
        await keys.add(a_key(0), digest_of(b"ada"))
        await keys.note_used([IDS[0]])
        await rows.execute("UPDATE race.admin_key SET last_used_at = last_used_at - interval '61 seconds'")
        (before,) = await keys.all()
        await keys.note_used([IDS[0]])
        (after,) = await keys.all()
    finally:
        await rows.close()
    assert before.last_used_at is not None
    assert after.last_used_at is not None
    assert after.last_used_at > before.last_used_at
