"""Sessions of browsers: read from their cookie without a look-up, so that any process answers any request.

A guest gets a session with the first thing that a page of ours asks. A request that the cookie vouches for and that
changes something has to come from a page of ours or of the shop's, and to carry the session's `Race-Csrf`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from secrets import token_bytes
from typing import cast

from race_to_purchase.edge.cookies import cookie_of
from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.problems import bad_csrf, cross_site, no_session, session_over
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import RequestNotMeant, SessionFault, SessionRefused
from race_to_purchase.rules.session import (
    SESSION_ID_BYTES,
    Session,
    csrfs_of,
    is_csrf,
    read_session,
    require_lasting,
    sign_session,
)
from race_to_purchase.rules.signing import Keyring, WrongToken

Headers = Mapping[bytes, bytes]

REMEMBERED = 8192
"""Cookies, and sessions' tokens, that were found to be ours lately: a page asks several things within some seconds.

What is forged is never remembered, and whether a session is over is asked each time. Five mebibytes at most."""


class Sessions:
    """Reads, makes and renews them. `lifetime_s`: a guest's from when they were last here, a customer's from when they
    signed in. `clock` gives seconds since 1970."""

    def __init__(
        self,
        keys: Keyring,
        origins: Origins,
        *,
        lifetime_s: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self.origins = origins
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._session = lru_cache(REMEMBERED)(partial(read_session, keys))
        self._csrfs = lru_cache(REMEMBERED)(partial(csrfs_of, keys))

    def read(self, headers: Headers) -> Session:
        """The session of a request; refused with 401 where it has none, or one that is not ours or over."""
        try:
            given = cookie_of(headers.get(b"cookie"))
            if given is None:
                raise no_session()
            session = self._session(given)
            require_lasting(session, self._clock(), self.lifetime_s)
            return session
        except WrongToken as wrong:
            emit(SessionRefused(cast(SessionFault, wrong.reason)))
            raise session_over(expired=wrong.reason == "expired") from None

    def require_meant(self, headers: Headers, session: Session) -> None:
        """Refuse with 403 what a page of somebody else's may have made this browser send."""
        self.require_ours(headers)
        if not is_csrf(self._csrfs(session.id), headers.get(b"race-csrf", b"")):
            emit(RequestNotMeant("csrf"))
            raise bad_csrf()

    def require_ours(self, headers: Headers) -> None:
        """Refuse with 403 what comes from a page that is neither ours nor one of the shop's."""
        if not self.origins.trusts(headers):
            emit(RequestNotMeant("origin"))
            raise cross_site()

    def begin(self) -> Session:
        """A new guest's session."""
        return Session(token_bytes(SESSION_ID_BYTES), self._now_s())

    def renewed(self, session: Session) -> Session:
        """The same session, here again: a guest's lasts longer for it."""
        if session.customer is not None:
            return session
        return Session(session.id, self._now_s())

    def signed_in(self, session: Session, customer: str) -> Session:
        """The session of the same browser, now that the shop has said who it is."""
        return Session(session.id, self._now_s(), customer)

    def cookie(self, session: Session) -> tuple[str, int]:
        """The cookie's value under the current key, and how many seconds it has left."""
        left_s = session.issued_at_s + self.lifetime_s - self._now_s()
        return sign_session(self._keys, session), max(0, left_s)

    def csrf(self, session: Session) -> str:
        """What goes into `Race-Csrf`."""
        return self._csrfs(session.id)[0].decode()

    def _now_s(self) -> int:
        return int(self._clock())
