"""The Cookie and Set-Cookie headers, as far as one cookie of ours needs them (RFC 6265)."""

from __future__ import annotations

COOKIE = "race_session"

_PREFIX = COOKIE.encode("ascii") + b"="


class TwiceGiven(ValueError):
    """The cookie was sent twice: somebody else on this domain has set one, and nobody can say which is whose."""


def cookie_of(header: bytes | None) -> str | None:
    """The value of our cookie in a Cookie header, whatever else stands there; TwiceGiven."""
    if header is None or _PREFIX not in header:
        return None
    found = [part for part in map(bytes.strip, header.split(b";")) if part.startswith(_PREFIX)]
    if len(found) > 1:
        raise TwiceGiven(COOKIE)
    return found[0].removeprefix(_PREFIX).decode("latin-1") if found else None


def set_cookie(value: str, *, max_age_s: int, secure: bool) -> tuple[bytes, bytes]:
    """The header that leaves the cookie in the browser; with an empty value and age it takes it away."""
    attributes = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return b"set-cookie", f"{COOKIE}={value}; Max-Age={max_age_s}; {attributes}".encode("ascii")
