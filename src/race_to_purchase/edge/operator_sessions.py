"""Sessions of the console: an admin key is shown once, and a short-lived cookie stands for it from then on.

The cookie is HttpOnly and SameSite=Strict, and goes to `/v1/admin` alone. What changes something carries `Race-Csrf`
too, and comes from a page of ours: the shop's own origins do not count here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from secrets import token_bytes
from typing import cast

from race_to_purchase.edge.cookies import cookie_of
from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.problems import bad_csrf, console_session_over, cross_site
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import RequestNotMeant, SessionFault, SessionRefused
from race_to_purchase.rules.admin_keys import digest_of
from race_to_purchase.rules.operator_session import (
    OperatorSession,
    holder_of,
    is_operator_csrf,
    operator_csrf,
    read_operator,
    sign_operator,
)
from race_to_purchase.rules.signing import Keyring, WrongToken

COOKIE = "race_console"
COOKIE_PATH = "/v1/admin"

Headers = Mapping[bytes, bytes]


class ConsoleSessions:
    """Reads, makes and renews them; they end `idle_s` seconds after they were renewed last."""

    def __init__(self, keys: Keyring, *, idle_s: int, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self.idle_s = idle_s
        self._clock = clock
        self._ours = Origins()

    def read(self, headers: Headers) -> OperatorSession | None:
        """The session of a request, None where it has none; refused with 401 where it is over or not ours."""
        try:
            given = cookie_of(headers.get(b"cookie"), COOKIE)
            return None if given is None else read_operator(self._keys, given, self._clock(), self.idle_s)
        except WrongToken as wrong:
            emit(SessionRefused(cast(SessionFault, wrong.reason)))
            raise console_session_over() from None

    def require_meant(self, headers: Headers, session: OperatorSession) -> None:
        """Refuse with 403 what another page may have made this browser send."""
        self.require_ours(headers)
        if not is_operator_csrf(self._keys, session, headers.get(b"race-csrf", b"").decode("latin-1")):
            emit(RequestNotMeant("csrf"))
            raise bad_csrf()

    def require_ours(self, headers: Headers) -> None:
        """Refuse with 403 what comes from a page that is not ours."""
        if not self._ours.trusts(headers):
            emit(RequestNotMeant("origin"))
            raise cross_site()

    def begin(self, key: str) -> OperatorSession:
        """A session for the holder of an admin key, which was found to be one."""
        now_s = int(self._clock())
        holder = holder_of(self._keys.keys[self._keys.current], digest_of(key.encode()))
        return OperatorSession(token_bytes(16), now_s, now_s, holder)

    def renewed(self, session: OperatorSession) -> OperatorSession:
        """The same session, used again just now."""
        return OperatorSession(session.id, session.began_s, int(self._clock()), session.holder)

    def cookie(self, session: OperatorSession) -> tuple[str, int]:
        """The cookie's value, and how many seconds it has left."""
        return sign_operator(self._keys, session), max(0, session.ends_s(self.idle_s) - int(self._clock()))

    def csrf(self, session: OperatorSession) -> str:
        """What goes into `Race-Csrf`."""
        return operator_csrf(self._keys, session)

    def holders(self, digest: bytes) -> list[bytes]:
        """What may stand for the key of that digest, by any signing key."""
        return [holder_of(key, digest) for key in self._keys.keys.values()]
