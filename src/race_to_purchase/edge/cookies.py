"""The Cookie and Set-Cookie headers, as far as one cookie of ours needs them (RFC 6265)."""

from __future__ import annotations

from race_to_purchase.rules.signing import WrongToken

COOKIE = "race_session"

_PREFIX = COOKIE.encode("ascii") + b"="


def cookie_of(header: bytes | None) -> str | None:
    """The value of our cookie in a Cookie header, whatever else stands there.

    WrongToken where it stands there twice: somebody else on this domain has set one, and nobody can say which is whose.
    """
    if header is None or _PREFIX not in header:
        return None
    found = [part for part in map(bytes.strip, header.split(b";")) if part.startswith(_PREFIX)]
    if len(found) > 1:
        raise WrongToken("session", "twice")
    return found[0].removeprefix(_PREFIX).decode("latin-1") if found else None


def set_cookie(value: str, *, max_age_s: int, secure: bool) -> tuple[bytes, bytes]:
    """The header that leaves the cookie in the browser; with an empty value and age it takes it away."""
    attributes = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return b"set-cookie", f"{COOKIE}={value}; Max-Age={max_age_s}; {attributes}".encode("ascii")
