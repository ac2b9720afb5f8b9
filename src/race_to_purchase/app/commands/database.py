"""The configured database, for commands that look at it: wherever it is, and whether an engine uses it or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from race_to_purchase.app.reachable import data_dir, read
from race_to_purchase.errors import ConfigurationError, DataFolderInUse
from race_to_purchase.settings import Settings
from race_to_purchase.store.address import require_usable
from race_to_purchase.store.embedded.folder import has_database, telling_why
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from race_to_purchase.store.migrate import migrate


class NoDatabaseYet(ConfigurationError):
    """There is no database in {folder} yet. Run `race serve` or name another folder with --data-dir, or set
    RACE_DATABASE_URL."""

    code = "no_database_yet"


class Found(msgspec.Struct, frozen=True):
    """Where it is, and whether an engine may be using it."""

    dsn: str
    in_use: bool

    async def prepare(self) -> str:
        """Bring it to this version's schema; its address. The ConfigurationError that says why it cannot be used."""
        await require_usable(self.dsn)
        await migrate(self.dsn)
        return self.dsn


@contextmanager
def configured(settings: Settings, owner: str) -> Iterator[Found]:
    """An embedded database is used where it runs, and started for as long as needed if not, as `owner`'s."""
    if settings.database_url:
        yield Found(settings.database_url, True)
        return
    folder = data_dir(settings)
    with telling_why(folder):
        if not has_database(folder):
            raise NoDatabaseYet(folder=folder)
    try:
        server = EmbeddedPostgres.start(folder, owner)
    except DataFolderInUse:
        reachable = read(folder)
        if reachable is None:
            raise
        yield Found(reachable.dsn, True)
        return
    try:
        yield Found(server.dsn, False)
    finally:
        server.stop()
