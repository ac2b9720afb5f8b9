"""The Cookie and Set-Cookie headers, as far as one cookie of ours needs them (RFC 6265)."""

from __future__ import annotations

from typing import Literal

from race_to_purchase.rules.signing import WrongToken

COOKIE = "race_session"


def cookie_of(header: bytes | None, name: str = COOKIE) -> str | None:
    """The value of a cookie of ours in a Cookie header, whatever else stands there.

    WrongToken where it stands there twice: somebody else on this domain has set one, and nobody can say which is whose.
    """
    prefix = name.encode("ascii") + b"="
    if header is None or prefix not in header:
        return None
    found = [part for part in map(bytes.strip, header.split(b";")) if part.startswith(prefix)]
    if len(found) > 1:
        raise WrongToken("session", "twice")
    return found[0].removeprefix(prefix).decode("latin-1") if found else None


def set_cookie(
    value: str,
    *,
    max_age_s: int,
    secure: bool,
    name: str = COOKIE,
    path: str = "/",
    same_site: Literal["Lax", "Strict"] = "Lax",
) -> tuple[bytes, bytes]:
    """The header that leaves the cookie in the browser; with an empty value and age it takes it away.

    Buyers come by links of other sites and from their bank, which a cookie that is Strict would not survive.
    """
    attributes = f"Path={path}; HttpOnly; SameSite={same_site}" + ("; Secure" if secure else "")
    return b"set-cookie", f"{name}={value}; Max-Age={max_age_s}; {attributes}".encode("ascii")
