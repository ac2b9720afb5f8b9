"""The Idempotency-Key header, and what makes two requests the same one.

The draft of the header (draft-ietf-httpapi-idempotency-key-header-07) writes the key as a quoted string; nearly every
client writes it bare. Both are read, and `"a"` is the same key as `a`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b

from race_to_purchase.edge.problems import bad_header

HEADER = "Idempotency-Key"
KEY_CHARACTERS_MAX = 255
FINGERPRINT_BYTES = 16

_ESCAPED = re.compile(r'\\(["\\])')


def key_of(headers: Mapping[bytes, bytes], *, required: bool) -> str | None:
    """The key of a request; None where there is none and none is needed."""
    given = headers.get(b"idempotency-key")
    if given is None:
        if not required:
            return None
        raise bad_header("idempotency_key_missing", HEADER, f"{HEADER} is missing: send a new one with each new wish.")
    key = given.decode("latin-1")
    if key.startswith('"'):
        key = _unquoted(key)
    if not key or len(key) > KEY_CHARACTERS_MAX or not (key.isascii() and key.isprintable()):
        raise _invalid()
    return key


def fingerprint(route: str, body: bytes) -> bytes:
    """What one key may be used for only once; `route` is method and path."""
    digest = blake2b(route.encode(), digest_size=FINGERPRINT_BYTES)
    digest.update(b"\n")
    digest.update(body)
    return digest.digest()


def _unquoted(key: str) -> str:
    inner = key[1:-1]
    if not key.endswith('"') or not {'"', "\\"}.isdisjoint(_ESCAPED.sub("", inner)):
        raise _invalid()
    return _ESCAPED.sub(r"\1", inner)


def _invalid() -> Exception:
    detail = f"{HEADER} takes 1 to {KEY_CHARACTERS_MAX} printable ASCII characters, bare or as a quoted string."
    return bad_header("idempotency_key_invalid", HEADER, detail)
