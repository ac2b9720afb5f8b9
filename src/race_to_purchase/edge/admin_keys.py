"""The admin's requests about keys: issue one, list them, revoke one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import invalid, key_name_taken, no_such
from race_to_purchase.operate.admin_keys import AdminKeys
from race_to_purchase.rules.admin_keys import NAME_PATTERN, AdminKey, KeyRole
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.moments import LATEST


class NewAdminKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is wanted. `name` says whose or what for; without `expires_at` it counts until it is revoked."""

    name: Annotated[
        str, msgspec.Meta(pattern=NAME_PATTERN, description="up to 64 letters, digits, dots, underscores and hyphens")
    ]
    role: KeyRole
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class IssuedAdminKey(msgspec.Struct, frozen=True):
    """`secret` is the key itself. It is told this once, and nowhere stored."""

    key: AdminKey
    secret: str


class AdminKeyList(msgspec.Struct, frozen=True):
    """Every key that was issued, those that are not revoked first."""

    keys: tuple[AdminKey, ...]


_new = msgspec.json.Decoder(NewAdminKey)
_encode = msgspec.json.Encoder().encode


class KeysAdmin:
    """Handlers of `/v1/admin/keys…`."""

    def __init__(self, keys: AdminKeys) -> None:
        self._keys = keys

    async def issue(self, call: Call) -> Answer:
        """POST /v1/admin/keys."""
        assert call.principal is not None
        wish = call.decoded(_new)
        if wish.expires_at is not None and not datetime.now(UTC) < wish.expires_at < LATEST:
            raise invalid("expires_at", "It must be in the future, and before the year 3000.")
        issued = await self._keys.issue(wish.name, wish.role, wish.expires_at, call.principal.name)
        if issued is None:
            raise key_name_taken()
        return Answer(201, _encode(IssuedAdminKey(issued.key, issued.secret)))

    async def all(self, call: Call) -> Answer:
        """GET /v1/admin/keys."""
        return Answer(200, _encode(AdminKeyList(tuple(await self._keys.all()))))

    async def revoke(self, call: Call) -> Answer:
        """POST /v1/admin/keys/{key}/revoke. Twice is harmless."""
        assert call.principal is not None
        key = await self._keys.revoke(call.id("key", "key"), call.principal.name)
        if key is None:
            raise no_such("key")
        return Answer(200, _encode(key))
