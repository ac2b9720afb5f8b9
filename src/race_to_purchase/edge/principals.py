"""Who asks: the holder of a key, or a buyer in person.

A storefront's key speaks for its buyers: it names the buyer of a new checkout in the body, and may narrow any other
request to one buyer by `Race-Buyer`; what belongs to another buyer then does not exist. Operators' keys, those of the
settings and those that were issued, have one of three roles, of which each may do what the one before may. A key is
looked up by its SHA-256 digest, so that how long the look-up takes says nothing about a key.

A buyer in person is known by the cookie of their session, or by the token of a customer that the shop has signed, and
their principal's `buyer` is fixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, cast, get_args

import msgspec

from race_to_purchase.edge.customers import Customers, is_token
from race_to_purchase.edge.operator_sessions import ConsoleSessions
from race_to_purchase.edge.problems import bad_header, console_session_over, forbidden, not_this_buyer, unauthorized
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.operate.admin_keys import AdminKeys
from race_to_purchase.rules.admin_keys import NAME_PATTERN, KeyRole, digest_of
from race_to_purchase.rules.session import Session

Role = Literal["storefront", "buyer"] | KeyRole

Needed = Literal["buyer", "session", "merchant", "refunder", "viewer", "operator", "admin"]
"""What a path asks for: a storefront or a buyer in person; a browser's session alone; or one of those in `ENOUGH`."""

ENOUGH: dict[Needed, frozenset[Role]] = {
    "buyer": frozenset({"storefront", "buyer"}),
    "session": frozenset({"buyer"}),
    "merchant": frozenset({"storefront", "viewer", "operator", "admin"}),
    "refunder": frozenset({"storefront", "operator", "admin"}),
    "viewer": frozenset({"viewer", "operator", "admin"}),
    "operator": frozenset({"operator", "admin"}),
    "admin": frozenset({"admin"}),
}

Headers = Mapping[bytes, bytes]

KEY_CHARACTERS_MIN = 16
"""Shorter keys can be guessed by asking."""

NAME = re.compile(NAME_PATTERN)

IN_PERSON = "~"
"""The name of every buyer in person, and of no key: it is their buyer id that tells them apart."""

BUYER = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
"""A buyer's id, 1 to 128 printable ASCII characters, no space at its ends: it has to fit into a header."""


class Principal(msgspec.Struct, frozen=True):
    """Whoever asks; `name` is what the operator calls the holder of a key, and never the key."""

    name: str
    role: Role
    buyer: str | None = None
    """The one buyer that they are; None for the holder of a key."""
    guest: str | None = None
    """The buyer that they were in this browser before they signed in: what they had reserved is still theirs."""
    browser: str | None = None
    """What stands for their browser, so that something can be bound to it."""


class Principals:
    """Every key that is accepted; ValueError where a name is ill-formed, a key too short, or held twice.

    The names of `admin_keys` may say a role after a slash, as in `ada/viewer`; without one they are admins'. `issued`
    are those that count besides.
    """

    def __init__(
        self,
        storefront_keys: Mapping[str, str],
        admin_keys: Mapping[str, str],
        sessions: Sessions | None = None,
        customers: Customers | None = None,
        issued: AdminKeys | None = None,
        console: ConsoleSessions | None = None,
    ) -> None:
        self._issued = issued
        self._sessions = sessions
        self._customers = customers
        self._console = console
        self._by_digest: dict[bytes, Principal] = {}
        for principal, key in _holders(storefront_keys, admin_keys):
            if not NAME.fullmatch(principal.name):
                raise ValueError(f"{principal.name!r} is no name for a key: letters, digits, dot, dash and underscore")
            if len(key) < KEY_CHARACTERS_MIN:
                raise ValueError(
                    f"the {principal.role} key of {principal.name} has fewer than {KEY_CHARACTERS_MIN} characters"
                )
            digest = digest_of(key.encode())
            if digest in self._by_digest:
                raise ValueError(f"{principal.name} and {self._by_digest[digest].name} have the same key")
            self._by_digest[digest] = principal

    def by_key(self, key: str) -> Principal | None:
        """The holder of a key; None where nobody has it."""
        return self._holder(digest_of(key.encode()))

    def identify(self, headers: Headers, needed: Needed, *, changes: bool) -> Principal:
        """Who asks, if they may do what is `needed`; refused with 401 or 403 if not. `changes`: what not only reads."""
        given = headers.get(b"authorization")
        if given is None or needed == "session":
            if "buyer" in ENOUGH[needed]:
                return self._by_cookie(headers, changes=changes)
            return self._by_console(headers, needed, changes=changes)
        scheme, _, key = given.partition(b" ")
        principal = self._holder(digest_of(key.strip()))
        if scheme.lower() != b"bearer":
            raise unauthorized(wrong=True)
        if principal is None:
            return self._by_token(key.strip().decode("latin-1"), needed)
        if principal.role not in ENOUGH[needed]:
            raise forbidden(principal.role, needed, principal.name)
        return principal

    def _holder(self, digest: bytes) -> Principal | None:
        found = self._by_digest.get(digest)
        if found is None and self._issued is not None:
            holder = self._issued.holder(digest)
            return None if holder is None else Principal(holder.name, holder.role)
        return found

    def _by_console(self, headers: Headers, needed: Needed, *, changes: bool) -> Principal:
        """The operator whose browser it is, by the session of the console."""
        session = None if self._console is None else self._console.read(headers)
        if self._console is None or session is None:
            raise unauthorized(wrong=False)
        principal = self._behind(session.holder, self._console)
        if principal.role not in ENOUGH[needed]:
            raise forbidden(principal.role, needed, principal.name)
        if changes:
            self._console.require_meant(headers, session)
        return principal

    def _behind(self, holder: bytes, console: ConsoleSessions) -> Principal:
        """Whose session it is; refused where their key was taken away. There are a few keys, so each is tried."""
        issued = () if self._issued is None else self._issued.known
        for digest in (*self._by_digest, *issued):
            if holder in console.holders(digest):
                principal = self._holder(digest)
                if principal is not None:
                    return principal
        raise console_session_over()

    def _by_cookie(self, headers: Headers, *, changes: bool) -> Principal:
        if self._sessions is None:
            raise unauthorized(wrong=False)
        session = self._sessions.read(headers)
        if changes:
            self._sessions.require_meant(headers, session)
        return in_person(session)

    def _by_token(self, token: str, needed: Needed) -> Principal:
        """The customer of the shop whose token this is; it is given by a page itself, and never by a mere browser."""
        if self._customers is None or not is_token(token) or "buyer" not in ENOUGH[needed]:
            raise unauthorized(wrong=True)
        return Principal(IN_PERSON, "buyer", self._customers.identify(token))


def in_person(session: Session) -> Principal:
    """The buyer whose browser has this session."""
    guest = None if session.customer is None else session.guest
    return Principal(IN_PERSON, "buyer", session.buyer, guest, session.id.hex())


def buyer_of(principal: Principal, headers: Headers) -> str | None:
    """The buyer that a request is narrowed to; None where it may be about any. 403 for the name of somebody else."""
    asserted = asserted_buyer(headers)
    if principal.buyer is None:
        return asserted
    if asserted is not None and asserted != principal.buyer:
        raise not_this_buyer()
    return principal.buyer


def asserted_buyer(headers: Headers) -> str | None:
    """The buyer that a storefront acts for, by `Race-Buyer`; None for all of its buyers."""
    given = headers.get(b"race-buyer")
    if given is None:
        return None
    buyer = given.decode("latin-1")
    if not BUYER.fullmatch(buyer):
        raise bad_header("buyer_invalid", "Race-Buyer", "Race-Buyer takes 1 to 128 printable ASCII characters.")
    return buyer


def _holders(storefront_keys: Mapping[str, str], admin_keys: Mapping[str, str]) -> Iterator[tuple[Principal, str]]:
    for name, key in storefront_keys.items():
        yield Principal(name, "storefront"), key
    for label, key in admin_keys.items():
        name, slash, role = label.partition("/")
        if slash and role not in get_args(KeyRole):
            raise ValueError(f"{role!r}, of the key {name!r}, is no role: viewer, operator or admin")
        yield Principal(name, cast(KeyRole, role) if slash else "admin"), key
