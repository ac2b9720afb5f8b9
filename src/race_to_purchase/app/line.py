"""The line's parts, wired: signing keys, the buyers' side, the operator's, and the loops."""

from __future__ import annotations

import os
import secrets
import socket
from functools import partial

import asyncpg
import uuid_utils

from race_to_purchase.commit.committer import Committer
from race_to_purchase.loops.draw import DrawPlaces
from race_to_purchase.loops.loop import Loop
from race_to_purchase.loops.passes import ExpirePasses
from race_to_purchase.loops.release import Release
from race_to_purchase.operate.grants import GrantDesk
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.path.line import Line
from race_to_purchase.ports import Keyrings
from race_to_purchase.rules.line.commands import SealedSecret
from race_to_purchase.rules.line.draw import commitment
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.line.tickets import secret_of_draw
from race_to_purchase.rules.signing import KEY_BYTES_MIN, Keyring
from race_to_purchase.settings import Settings, signing_keys_of
from race_to_purchase.store.line import PostgresLineRows

DRAW_EVERY_S = 0.5
CALL_EVERY_S = 1.0
PASSES_EVERY_S = 1.0


KEPT = "line"
"""Name under which the signing key is kept that is made where no setting has one; as a key its number is 0."""


async def open_keys(settings: Settings, keyrings: Keyrings) -> Keyring:
    """What signs tickets: the configured keys, or one that is made once for all processes and restarts.

    One that was made still verifies when a setting takes its place, so that the tickets that are out stay good.
    """
    given = signing_keys_of(settings.line_keys, "line_keys")
    kept = await keyrings.read(KEPT) if given else await keyrings.settle(KEPT, secrets.token_bytes(KEY_BYTES_MIN))
    made = {} if kept is None else {0: kept}
    return Keyring(made | given, next(iter(given or made)))


def seal(keys: Keyring, drop_id: str) -> SealedSecret:
    """A new secret for the draw of a drop, as long as it is one."""
    salt = secrets.token_bytes(32)
    secret = secret_of_draw(keys.keys[keys.current], drop_id, salt)
    return SealedSecret(keys.current, salt.hex(), commitment(secret).hex())


def reveal(keys: Keyring, line: LineRow) -> bytes:
    """The secret of a draw; KeyError where its signing key is missing."""
    return secret_of_draw(keys.keys[line.key], line.drop_id, bytes.fromhex(line.salt))


class LineParts:
    """One process's part in the lines."""

    def __init__(self, committer: Committer, pool: asyncpg.Pool, keys: Keyring) -> None:
        self.keys = keys
        self.leader = f"{socket.gethostname()}/{os.getpid()}/{uuid_utils.uuid7()}"
        """Under this name the process leads lines: an operator finds the process by it, and no other one has it."""
        rows = PostgresLineRows(pool)
        self.line = Line(committer, rows, keys)
        self.seal = partial(seal, keys)
        self.grants = GrantDesk(committer, rows, keys)
        self.desk = LineDesk(committer, rows, partial(reveal, keys))
        self._release = Release(committer, rows, self.leader)
        self.loops = [
            Loop(DrawPlaces(committer, rows, partial(reveal, keys)), DRAW_EVERY_S),
            Loop(self._release, CALL_EVERY_S),
            Loop(ExpirePasses(committer, rows), PASSES_EVERY_S),
        ]

    async def leave(self) -> None:
        """Let another process lead; the loops have been stopped."""
        await self._release.leave()
