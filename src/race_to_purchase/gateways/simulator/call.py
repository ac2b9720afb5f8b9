"""One request as the API reads it: who asks, with which key, for what; and one answer, ready to be sent.

Headers and form are judged here, before anything is remembered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import random
import re
from collections.abc import Mapping

import msgspec
from starlette.requests import ClientDisconnect, Request

from race_to_purchase.gateways.simulator import form, refusals
from race_to_purchase.gateways.simulator.core import API_VERSION
from race_to_purchase.gateways.simulator.form import Pairs

BODY_BYTES_MAX = 1 << 20
KEY_LENGTH_MAX = 255

_random = random.Random()
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
_TEST_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9_]{3,250}")


class Call(msgspec.Struct, frozen=True):
    """A request that may be carried out. `fingerprint` tells whether two requests ask for the same."""

    request_id: str
    version: str
    endpoint: str
    fields: Pairs
    key: str | None = None

    @property
    def fingerprint(self) -> bytes:
        """The same for the same parameters, in whatever order they are given."""
        return hashlib.sha256(msgspec.json.encode(sorted(self.fields))).digest()


class Reply(msgspec.Struct, frozen=True):
    """Status and body of an answer; `original` is the request whose answer this repeats.

    `remembered` says that the key will get it again.
    """

    status: int
    body: bytes
    original: str | None = None
    remembered: bool = False


def new_request_id() -> str:
    """An id for a request; it only has to be another one each time."""
    return f"req_{_random.getrandbits(56):014x}"


async def read_call(request: Request, request_id: str) -> Call:
    """The request's own words. Raises Refused where they cannot be understood."""
    if "stripe-account" in request.headers:
        raise refusals.invalid("Connected accounts are not simulated: leave the header Stripe-Account out.")
    fields = form.pairs(request.scope["query_string"])
    if request.method == "POST":
        body = await _body(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and kind != "application/x-www-form-urlencoded":
            raise refusals.invalid("Bodies are form-encoded: application/x-www-form-urlencoded.")
        fields = fields + form.pairs(body)
    return Call(
        request_id=request_id,
        version=_version(request.headers),
        endpoint=f"{request.method} {request.scope['path']}",
        fields=fields,
        key=_key(request.headers) if request.method == "POST" else None,
    )


def require_key(headers: Mapping[str, str], wanted: str | None) -> None:
    """Return if the caller has a key: `wanted`, or where that is None any test key. Raises Refused."""
    given = _api_key(headers.get("authorization", ""))
    if given is None:
        raise refusals.unauthorized("No API key was provided: send it as 'Authorization: Bearer sk_test_...'.")
    known = _TEST_KEY.fullmatch(given) is not None if wanted is None else _same(given, wanted)
    if not known:
        raise refusals.unauthorized(f"Invalid API Key provided: {given[:8]}****")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def _api_key(header: str) -> str | None:
    """The key of a Bearer or a Basic authorization, where it is the user's name."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY_BYTES_MAX:
                raise refusals.too_large()
            parts.append(part)
    except ClientDisconnect:
        raise refusals.invalid("The request ended before its body did.") from None
    return b"".join(parts)


def _version(headers: Mapping[str, str]) -> str:
    version = headers.get("stripe-version", API_VERSION)
    if not _VERSION.fullmatch(version):
        raise refusals.invalid(f"Invalid Stripe API version: {version[:40]}")
    return version


def _key(headers: Mapping[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise refusals.invalid(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.")
    return key
