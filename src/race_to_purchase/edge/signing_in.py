"""A browser's session: begun as a guest's, made a customer's, and ended."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.cookies import set_cookie
from race_to_purchase.edge.customers import Customers
from race_to_purchase.edge.origins import is_encrypted
from race_to_purchase.edge.problems import Refused, no_customers
from race_to_purchase.edge.reply import Header, Reply
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.edge.shapes import SessionBuyer, SessionView, SignIn
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import CustomerSignedIn, SessionBegun, SessionEnded
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.session import Session

_SIGN_IN = msgspec.json.Decoder(SignIn)
_encode = msgspec.json.Encoder().encode


class SigningIn:
    """Handlers of `/v1/session`."""

    def __init__(self, sessions: Sessions, customers: Customers | None, carts: CartDesk) -> None:
        self._sessions = sessions
        self._carts = carts
        self._customers = customers

    async def begin(self, call: Call) -> Answer:
        """POST /v1/session: the browser's session, a new one where it has none that still counts.

        Only our own pages may ask: another site's could put a new session in the place of the one that is there.
        """
        self._sessions.require_ours(call.headers)
        try:
            session = self._sessions.renewed(self._sessions.read(call.headers))
        except Refused:
            session = self._sessions.begin()
            emit(SessionBegun())
        return self._told(session, call)

    async def sign_in(self, call: Call) -> Answer:
        """POST /v1/session/sign-in: the browser is the customer that the shop's token names, from now on."""
        if self._customers is None:
            raise no_customers()
        customer = self._customers.identify(call.decoded(_SIGN_IN).token)
        session = self._sessions.signed_in(self._sessions.read(call.headers), customer)
        await self._carts.merge(session.guest, session.buyer)
        emit(CustomerSignedIn())
        return self._told(session, call)

    async def end(self, call: Call) -> Answer:
        """DELETE /v1/session: the cookie goes, and with it who the browser was."""
        emit(SessionEnded())
        gone = set_cookie("", max_age_s=0, secure=is_encrypted(call.headers))
        return Reply(200, b'{"ended":true}', headers=(gone,))

    def _told(self, session: Session, call: Call) -> Reply:
        kept = self._kept(session, call)
        view = SessionView(SessionBuyer(session.buyer, session.kind), self._sessions.csrf(session))
        return Reply(201, _encode(view), headers=(kept,))

    def _kept(self, session: Session, call: Call) -> Header:
        value, left_s = self._sessions.cookie(session)
        return set_cookie(value, max_age_s=left_s, secure=is_encrypted(call.headers))
