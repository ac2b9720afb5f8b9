"""Grants of a drop with a door: issued to customers whom the shop knows, listed, and taken back."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.ports import LineRows
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.line.commands import IssueGrants, NewGrant, RevokeGrant
from race_to_purchase.rules.line.rows import GrantRow
from race_to_purchase.rules.line.tickets import Grant, sign_grant, tid_of_identity
from race_to_purchase.rules.outcomes import Granted, Outcome, SecretWrong, Unknown
from race_to_purchase.rules.signing import Keyring

GRANT_ID_BYTES = 16


class Wanted(msgspec.Struct, frozen=True):
    """Grants for these `identities`, one each, to come in by `lane` between two times."""

    lane: str
    identities: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime


class Issued(msgspec.Struct, frozen=True):
    """A grant as it is handed over: the token is told this once, and nowhere stored."""

    id: str
    identity: str
    token: str


class GrantDesk:
    """See the module."""

    def __init__(self, committer: Committer, rows: LineRows, keys: Keyring) -> None:
        self._committer = committer
        self._rows = rows
        self._keys = keys

    async def issue(
        self, drop_id: str, wanted: Wanted, by: str, once: KeyUse | None = None
    ) -> Sequence[Issued] | Outcome:
        """The grants with their tokens, in the order of the identities; asked for again under a key, the same ones."""
        seen = await self._rows.seen(drop_id)
        if seen is None:
            return Unknown("line", drop_id)
        key = self._keys.keys.get(seen.line.key)
        if key is None:
            return SecretWrong(drop_id)
        since, until = wanted.valid_from.replace(microsecond=0), wanted.valid_until.replace(microsecond=0)
        wished = tuple(
            NewGrant(_id(key, once, n), tid_of_identity(key, drop_id, identity).hex(), wanted.lane, since, until)
            for n, identity in enumerate(wanted.identities)
        )
        outcome = await self._committer.submit(IssueGrants(drop_id, wished, by))
        if not isinstance(outcome, Granted):
            return outcome
        return [
            Issued(row.id, identity, sign_grant(self._keys, drop_id, _signed(row)))
            for identity, row in zip(wanted.identities, outcome.grants, strict=True)
        ]

    async def revoke(self, drop_id: str, grant_id: str) -> Outcome:
        """Granted with the grant as it is now; GrantRefused where it was used, Unknown where there is none."""
        return await self._committer.submit(RevokeGrant(drop_id, grant_id))

    async def all(self, drop_id: str, after: str, limit: int) -> Sequence[GrantRow]:
        """Grants by their id, those after `after`."""
        return await self._rows.grants(drop_id, after, limit)


def _id(secret: bytes, once: KeyUse | None, n: int) -> str:
    """At random, or that of the n-th grant of one request: who repeats it finds what it has issued."""
    if once is None:
        return secrets.token_hex(GRANT_ID_BYTES)
    said = msgspec.json.encode(("grant", once.scope, once.key, once.fingerprint, n))
    return hmac.digest(secret, said, "sha256")[:GRANT_ID_BYTES].hex()


def _signed(row: GrantRow) -> Grant:
    since, until = int(row.valid_from.timestamp()), int(row.valid_until.timestamp())
    return Grant(bytes.fromhex(row.id), bytes.fromhex(row.tid), row.lane, since, until)
