"""Signing in to the console with an admin key, staying signed in, and signing out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.cookies import set_cookie
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.operator_sessions import COOKIE, COOKIE_PATH, ConsoleSessions
from race_to_purchase.edge.origins import is_encrypted
from race_to_purchase.edge.principals import ENOUGH, Principal, Principals, Role
from race_to_purchase.edge.problems import console_session_over, unauthorized
from race_to_purchase.edge.reply import Header, Reply
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.operator_session import OperatorSession


class OperatorSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The admin key, as it stands in the settings."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class OperatorView(msgspec.Struct, frozen=True):
    """Who is signed in, what they may do, and until when. `csrf` goes into the header `Race-Csrf`."""

    name: str
    role: Role
    csrf: str
    ends_at: datetime


_SIGN_IN = msgspec.json.Decoder(OperatorSignIn)
_encode = msgspec.json.Encoder().encode


class ConsoleSigningIn:
    """Handlers of `/v1/admin/session`."""

    def __init__(self, sessions: ConsoleSessions, principals: Principals, gate: Gate) -> None:
        self._sessions = sessions
        self._gate = gate
        self._principals = principals

    async def begin(self, call: Call) -> Answer:
        """POST /v1/admin/session: the key is checked, and a cookie stands for it from now on."""
        self._sessions.require_ours(call.headers)
        key = call.decoded(_SIGN_IN).key.strip()
        principal = self._principals.by_key(key)
        assert call.origin is not None
        if principal is None or principal.role not in ENOUGH["viewer"]:
            await self._gate.wrong_key(call.origin)
            raise unauthorized(wrong=True)
        await self._gate.right_key(principal.name, call.origin)
        return self._told(201, self._sessions.begin(key), principal, call)

    async def show(self, call: Call) -> Answer:
        """GET /v1/admin/session: who is signed in; being asked keeps the session alive."""
        assert call.principal is not None
        session = self._sessions.read(call.headers)
        if session is None:  # Somebody came with a key, who needs none.
            raise console_session_over()
        return self._told(200, self._sessions.renewed(session), call.principal, call)

    async def end(self, call: Call) -> Answer:
        """DELETE /v1/admin/session: the cookie goes."""
        return Reply(200, b'{"ended":true}', headers=(_cookie("", 0, call),))

    def _told(self, status: int, session: OperatorSession, principal: Principal, call: Call) -> Reply:
        value, left_s = self._sessions.cookie(session)
        kept = _cookie(value, left_s, call)
        ends_at = datetime.fromtimestamp(session.ends_s(self._sessions.idle_s), UTC)
        view = OperatorView(principal.name, principal.role, self._sessions.csrf(session), ends_at)
        return Reply(status, _encode(view), headers=(kept,))


def _cookie(value: str, left_s: int, call: Call) -> Header:
    """The console's own: nobody comes to it by a link of another site."""
    secure = is_encrypted(call.headers)
    return set_cookie(value, max_age_s=left_s, secure=secure, name=COOKIE, path=COOKIE_PATH, same_site="Strict")
