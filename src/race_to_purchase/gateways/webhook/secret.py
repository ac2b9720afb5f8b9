"""The shared secret of Standard Webhooks: `whsec_` and the base64 of 24 to 64 random bytes."""

from __future__ import annotations

import base64
import binascii
import secrets

from standardwebhooks import Webhook

PREFIX = "whsec_"
BYTES_MIN = 24
BYTES_MAX = 64


def new_secret() -> str:
    """A secret that nobody else has."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signer(secret: str) -> Webhook:
    """What signs and checks with `secret`; ValueError, which does not quote it, where it is none.

    The library itself would take an empty or mistyped secret, leaving out what is no base64.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not (secret.startswith(PREFIX) and BYTES_MIN <= len(key) <= BYTES_MAX):
        raise ValueError(f"a webhook secret is {PREFIX} and the base64 of {BYTES_MIN} to {BYTES_MAX} random bytes")
    return Webhook(key)
