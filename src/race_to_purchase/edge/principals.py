"""Who asks: the holder of a storefront key, or of an admin key.

A storefront speaks for its buyers: it names the buyer of a new checkout in the body, and may narrow any other request
to one buyer by `Race-Buyer`; what belongs to another buyer then does not exist. A key is looked up by its SHA-256
digest, so that how long the look-up takes says nothing about a key.

A token that a buyer holds in person is to be recognised in `identify` too: it gives a principal whose buyer is fixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Literal

import msgspec

from race_to_purchase.edge.problems import bad_header, forbidden, unauthorized

Role = Literal["storefront", "admin"]
Needed = Role | Literal["merchant"]
"""What a path asks for; `merchant` is either of the two."""

Headers = Mapping[bytes, bytes]

KEY_CHARACTERS_MIN = 16
"""Shorter keys can be guessed by asking."""

NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A principal's name; it stands in the scope of idempotency keys, where space and slash separate."""

BUYER = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
"""A buyer's id, 1 to 128 printable ASCII characters, no space at its ends: it has to fit into a header."""


class Principal(msgspec.Struct, frozen=True):
    """The holder of a key; `name` is what the operator calls them, and never the key."""

    name: str
    role: Role


class Principals:
    """Every key that is accepted; ValueError where a name is ill-formed, a key too short, or held twice."""

    def __init__(self, storefront_keys: Mapping[str, str], admin_keys: Mapping[str, str]) -> None:
        self._by_digest: dict[bytes, Principal] = {}
        for principal, key in _holders(storefront_keys, admin_keys):
            if not NAME.fullmatch(principal.name):
                raise ValueError(f"{principal.name!r} is no name for a key: letters, digits, dot, dash and underscore")
            if len(key) < KEY_CHARACTERS_MIN:
                raise ValueError(f"the key of {principal.name} has fewer than {KEY_CHARACTERS_MIN} characters")
            digest = sha256(key.encode()).digest()
            if digest in self._by_digest:
                raise ValueError(f"{principal.name} and {self._by_digest[digest].name} have the same key")
            self._by_digest[digest] = principal

    def identify(self, headers: Headers, role: Needed) -> Principal:
        """Who asks, if they are of that `role`; refused with 401 or 403 if not."""
        given = headers.get(b"authorization")
        if given is None:
            raise unauthorized(wrong=False)
        scheme, _, key = given.partition(b" ")
        principal = self._by_digest.get(sha256(key.strip()).digest())
        if principal is None or scheme.lower() != b"bearer":
            raise unauthorized(wrong=True)
        if role not in (principal.role, "merchant"):
            raise forbidden(principal.role, role)
        return principal


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
    for name, key in admin_keys.items():
        yield Principal(name, "admin"), key
