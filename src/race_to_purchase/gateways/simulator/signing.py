"""How a message to the merchant is signed, as Stripe signs: `t=<seconds>,v1=<HMAC-SHA256 over "t.body">`.

The forgeries beside it are what a receiver has to see through; each is wrong in one way only.
"""

from __future__ import annotations

import hashlib
import hmac

OLD_S = 3600
"""How old an old message is; receivers allow five minutes."""


def signature(body: bytes, secret: str, at: int) -> str:
    """The value of the header `Stripe-Signature`; `at` is Unix time by the receiver's clock."""
    return f"t={at},v1={_mac(body, secret, at)}"


def forged(form: str, body: bytes, secret: str, at: int) -> tuple[bytes, str]:
    """Body and header of a message that must not be believed. Raises ValueError for a form that is none."""
    match form:
        case "wrong_secret":
            return body, signature(body, f"{secret}-of-somebody-else", at)
        case "changed_body":
            return body.replace(b'"object"', b'"object" ', 1), signature(body, secret, at)
        case "malformed":
            return body, f"t=yesterday,v1={_mac(body, secret, at)[:-2]}zz,,v0"
        case "old":
            return body, signature(body, secret, at - OLD_S)
    raise ValueError(f"{form!r} is no way to forge a message")


def _mac(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
