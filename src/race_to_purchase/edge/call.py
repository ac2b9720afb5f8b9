"""One request, as handlers see it: who asks, for whom, under which idempotency key, with which body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from race_to_purchase.edge.body import decoded
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.edge.idempotency import fingerprint
from race_to_purchase.edge.principals import Principal
from race_to_purchase.edge.problems import bad_header, invalid, no_such
from race_to_purchase.rules.decide import KeyUse

T = TypeVar("T")

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Call(msgspec.Struct, gc=False):
    """See the module. `alive()` says whether the client is still there; `buyer` is None where all are meant."""

    route: str
    headers: Mapping[bytes, bytes]
    path: Mapping[str, str]
    alive: Callable[[], bool]
    principal: Principal | None = None
    buyer: str | None = None
    key: str | None = None
    body: bytes = b""
    query: bytes = b""
    origin: Origin | None = None

    def decoded(self, decoder: msgspec.json.Decoder[T]) -> T:
        """The value in the body; refused with 400 or 422."""
        return decoded(decoder, self.body)

    def id(self, what: str, called: str = "id") -> str:
        """The id in the path, in lower case; refused as unknown where it cannot be one."""
        given = self.path[called]
        if not _UUID.fullmatch(given):
            raise no_such(what)
        return given.lower()

    def drop(self) -> str:
        """The drop in the path; refused as unknown where it cannot be one."""
        given = self.path["drop"]
        if not _SLUG.fullmatch(given):
            raise no_such("drop")
        return given

    def the_buyer(self) -> str:
        """The one buyer that this is about; refused with 400 where a storefront does not say whom it acts for."""
        if self.buyer is None:
            raise bad_header("buyer_required", "Race-Buyer", "Say whose it is: Race-Buyer names the buyer.")
        return self.buyer

    def buyer_named(self, named: str | None) -> str:
        """The buyer that the body is about: the one who asks, or whom a storefront names there (422 where it does not,
        or names two)."""
        if named is None and self.buyer is None:
            raise invalid("buyer.id", "Say whose checkout this is: a storefront key speaks for all buyers.")
        if named is not None and self.buyer is not None and named != self.buyer:
            raise invalid("buyer.id", "This is not the buyer who asks, or that Race-Buyer names.")
        buyer = self.buyer if named is None else named
        assert buyer is not None
        return buyer

    def key_use(self, subject: str = "") -> KeyUse | None:
        """The idempotency key as the committer wants it; `subject` is the id in the path, if there is one.

        Its scope holds everything that says whose request it is, since a stored answer is given before any rule is
        asked: a key of one buyer must never show another buyer's answer.
        """
        if self.key is None:
            return None
        assert self.principal is not None
        route = f"{self.route} {subject}" if subject else self.route
        who = self.principal.name if self.buyer is None else f"{self.principal.name}/{self.buyer}"
        return KeyUse(f"{route} {who}", self.key, fingerprint(route, self.body))
