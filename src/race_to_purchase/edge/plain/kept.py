"""What a browser without a script keeps of a drop, in a cookie of that drop alone.

Nothing in it is believed unseen: tickets and passes are signed, and a checkout is looked up as its buyer's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from race_to_purchase.edge.cookies import cookie_of, set_cookie
from race_to_purchase.edge.reply import Header
from race_to_purchase.rules.signing import WrongToken

COOKIE = "race_plain"
LIFETIME_S = 30 * 86_400
ASKED = "asked"
"""As `code`: a code by e-mail is needed, and none was sent yet."""

_PARTS = re.compile(r"[A-Za-z0-9_.-]{0,400}(?:~[A-Za-z0-9_.-]{0,400}){3}")


class Kept(msgspec.Struct, frozen=True):
    """The place in the line, the pass, the checkout that was begun, and what a code by e-mail is appended to."""

    ticket: str = ""
    admission: str = ""
    checkout: str = ""
    code: str = ""


def kept_by(headers: Mapping[bytes, bytes]) -> Kept:
    """What the cookie says; nothing where it is not one of ours."""
    try:
        given = cookie_of(headers.get(b"cookie"), COOKIE) or ""
    except WrongToken:
        return Kept()
    return Kept(*given.split("~")) if _PARTS.fullmatch(given) else Kept()


def keep(kept: Kept, drop: str, *, secure: bool) -> Header:
    """The header that leaves it in the browser, for the pages of this drop."""
    value = "~".join((kept.ticket, kept.admission, kept.checkout, kept.code))
    # Buyers come back from their bank, which is another site, so it has to be Lax.
    return set_cookie(value, max_age_s=LIFETIME_S, secure=secure, name=COOKIE, path=path_of(drop), same_site="Lax")


def path_of(drop: str) -> str:
    """Where the pages of a drop are."""
    return f"/shop/{drop}/plain"
