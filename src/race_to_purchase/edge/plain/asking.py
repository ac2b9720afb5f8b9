"""From a form to the request that a page's script would send, and who it is that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.principals import Principal
from race_to_purchase.edge.problems import Refused, invalid, wrong_media_type
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import SessionBegun
from race_to_purchase.rules.session import Session

FORM = b"application/x-www-form-urlencoded"
FORM_BYTES_MAX = 16 * 1024
FIELDS_MAX = 20

_encode = msgspec.json.Encoder().encode


def fields_of(call: Call) -> dict[str, str]:
    """The fields of a form, each once; refused with 415 or 422 where the body is none."""
    media_type = call.headers.get(b"content-type", b"")
    if media_type.partition(b";")[0].strip().lower() != FORM:
        raise wrong_media_type(media_type.decode("latin-1"))
    try:
        pairs = parse_qsl(call.body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:  # Bytes that are no UTF-8, too.
        raise invalid(None, "This is no form of these pages.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise invalid(None, "A field stands in it twice.")
    return fields


def session_of(sessions: Sessions, headers: Mapping[bytes, bytes]) -> Session | None:
    """The browser's session; None where it has none that counts."""
    try:
        return sessions.read(headers)
    except Refused:
        return None


def meant(sessions: Sessions, call: Call, fields: Mapping[str, str]) -> tuple[Session, bool]:
    """Whose form it is, and whether their session has only begun with it.

    Refused with 403 where it comes from another site, or a session's form does not carry its `csrf`. A browser without
    a session has nothing that a forged form could use, so the first one needs none.
    """
    session = session_of(sessions, call.headers)
    if session is None:
        sessions.require_ours(call.headers)
        emit(SessionBegun())
        return sessions.begin(), True
    csrf = fields.get("csrf", "").encode("latin-1", "replace")
    sessions.require_meant({**call.headers, b"race-csrf": csrf}, session)
    return session, False


def asked_as(
    call: Call, principal: Principal, body: Any = None, key: str | None = None, headers: Mapping[bytes, bytes] = {}
) -> Call:
    """The request that a script would send in this buyer's name."""
    return Call(
        call.route,
        {**call.headers, **headers},
        call.path,
        call.alive,
        principal,
        principal.buyer,
        key,
        b"" if body is None else _encode(body),
        origin=call.origin,
    )
