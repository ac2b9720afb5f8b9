"""Keys of operators, wired: those that were issued are followed, and when they were used last is noted."""

from __future__ import annotations

import asyncpg

from race_to_purchase.loops.calls import Calls
from race_to_purchase.loops.loop import Loop
from race_to_purchase.operate.admin_keys import AdminKeys
from race_to_purchase.settings import Settings, keys_of
from race_to_purchase.store.admin_keys import PostgresAdminKeys

FOLLOWED_EVERY_S = 0.8
NOTED_EVERY_S = 60.0


class AdminKeyParts:
    """`loops` are this process' own."""

    def __init__(self, settings: Settings, pool: asyncpg.Pool) -> None:
        labels = (*keys_of(settings.storefront_keys, "storefront_keys"), *keys_of(settings.admin_keys, "admin_keys"))
        self.known = AdminKeys(PostgresAdminKeys(pool), [label.partition("/")[0] for label in labels])
        self.loops = (
            Loop(Calls("admin keys", self.known.follow), FOLLOWED_EVERY_S),
            Loop(Calls("admin keys used", self.known.note_used), NOTED_EVERY_S),
        )
