"""What a browser without a script keeps of a drop, in a cookie of that drop alone.

Nothing in it is believed unseen: tickets and passes are signed, and a checkout is looked up as its buyer's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from race_to_purchase.edge.cookies import cookie_of, set_cookie
from race_to_purchase.edge.reply import Header
from race_to_purchase.rules.signing import WrongToken, spelled, unspelled

COOKIE = "race_plain"
LIFETIME_S = 30 * 86_400
ASKED = "asked"
"""As `code`: a code by e-mail is needed, and none was sent yet."""

_WISH_CHARACTERS_MAX = 450
_PARTS = re.compile(rf"[A-Za-z0-9_.-]{{0,400}}(?:~[A-Za-z0-9_.-]{{0,{_WISH_CHARACTERS_MAX}}}){{4}}")


class Wish(msgspec.Struct, frozen=True):
    """What somebody was choosing when a code was asked for: the form is filled in with it again, and no more."""

    item: str = ""
    quantity: str = ""
    email: str = ""

    def with_fields(self, fields: Mapping[str, str]) -> Wish:
        """The same with what a form says, which names an item and its price."""
        item = fields.get("item", self.item).partition(" ")[0]
        quantity, email = fields.get("quantity", self.quantity), fields.get("email", self.email)
        return Wish(item[:64], quantity[:6], email[:254])

    def spelled(self) -> str:
        """As it stands in the cookie; empty where it does not fit there."""
        found = spelled("\n".join((self.item, self.quantity, self.email)).encode("utf-8", "replace"))
        return found if len(found) <= _WISH_CHARACTERS_MAX else ""


class Kept(msgspec.Struct, frozen=True):
    """The place in the line, the pass, the checkout that was begun, what a code by e-mail is appended to, and what was
    being chosen meanwhile.
    """

    ticket: str = ""
    admission: str = ""
    checkout: str = ""
    code: str = ""
    wish: str = ""

    def wished(self) -> Wish:
        """What was being chosen; nothing where the cookie does not say it in our words."""
        try:
            parts = unspelled(self.wish, _WISH_CHARACTERS_MAX, "wish").decode().split("\n")
        except ValueError:
            return Wish()
        return Wish(*parts) if len(parts) == len(Wish.__struct_fields__) else Wish()


def kept_by(headers: Mapping[bytes, bytes]) -> Kept:
    """What the cookie says; nothing where it is not one of ours."""
    try:
        given = cookie_of(headers.get(b"cookie"), COOKIE) or ""
    except WrongToken:
        return Kept()
    return Kept(*given.split("~")) if _PARTS.fullmatch(given) else Kept()


def keep(kept: Kept, drop: str, *, secure: bool) -> Header:
    """The header that leaves it in the browser, for the pages of this drop."""
    value = "~".join((kept.ticket, kept.admission, kept.checkout, kept.code, kept.wish))
    # Buyers come back from their bank, which is another site, so it has to be Lax.
    return set_cookie(value, max_age_s=LIFETIME_S, secure=secure, name=COOKIE, path=path_of(drop), same_site="Lax")


def path_of(drop: str) -> str:
    """Where the pages of a drop are."""
    return f"/shop/{drop}/plain"
