"""The shop's customers: who they are is said by a token that the shop has signed (a JWT, RFC 7519).

Only asymmetric signatures of the configured algorithms are read, so that nothing here could sign one. A token has to be
made for us (audience), by the shop (issuer), and to end; clocks may differ by the leeway. Its subject is the buyer.
"""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError

from race_to_purchase.edge.problems import token_refused
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import CustomerRefused, TokenFault
from race_to_purchase.operate.customer_keys import CustomerKeys
from race_to_purchase.rules.session import CUSTOMER_BYTES_MAX, GUEST
from race_to_purchase.rules.signing import WrongToken

TOKEN_CHARACTERS_MAX = 8192
"""Longer ones are refused unread."""

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Those that may be configured."""

_FORM = re.compile(r"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SUBJECT = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_header = msgspec.json.Decoder(dict[str, Any])
_FAULT_OF_CLAIM = {"iss": "issuer", "aud": "audience", "exp": "expired", "nbf": "not_yet", "iat": "not_yet"}


class Believed(msgspec.Struct, frozen=True):
    """Which tokens are: by whom they are made, for whom, signed how, and how far clocks may differ."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    leeway_s: int


class Customers:
    """Reads customers' tokens. `clock` gives seconds since 1970."""

    def __init__(self, believed: Believed, keys: CustomerKeys, clock: Callable[[], float] = time.time) -> None:
        self._believed = believed
        self._keys = keys
        self._clock = clock
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=believed.leeway_s,
            iss={"essential": True, "value": believed.issuer},
            aud={"essential": True, "value": believed.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    def identify(self, token: str) -> str:
        """The buyer that the shop says somebody is; refused with 401 where the shop does not say so."""
        try:
            return self.read(token)
        except WrongToken as wrong:
            emit(CustomerRefused(cast(TokenFault, wrong.reason)))
            raise token_refused(expired=wrong.reason == "expired") from None

    def read(self, token: str) -> str:
        """The buyer that the shop says somebody is; WrongToken."""
        header = _header_of(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._believed.algorithms:
            raise WrongToken("token", "algorithm")
        claims = self._verified(token, str(algorithm), kid if isinstance(kid, str) else None)
        try:
            self._claims.validate(claims)
        except ClaimError as error:
            raise WrongToken("token", _FAULT_OF_CLAIM.get(error.claim, "subject")) from None
        subject = claims["sub"]
        if len(subject) > CUSTOMER_BYTES_MAX or not _SUBJECT.fullmatch(subject) or subject.startswith(GUEST):
            raise WrongToken("token", "subject")
        return str(subject)

    def _verified(self, token: str, algorithm: str, kid: str | None) -> dict[str, Any]:
        """The claims, under the first key that signed them."""
        keys = self._keys.named(kid)
        if not keys:
            raise WrongToken("token", "unknown_key")
        for key in keys:
            try:
                return jwt.decode(token, key, algorithms=[algorithm]).claims
            except (JoseError, ValueError, TypeError):
                # Another key's signature, a key of another kind than the algorithm's, an unknown critical header.
                continue
        raise WrongToken("token", "signature")


def is_token(text: str) -> bool:
    """Whether it may be a token at all, and no mistyped key."""
    return text.count(".") == 2


def _header_of(token: str) -> Mapping[str, Any]:
    if len(token) > TOKEN_CHARACTERS_MAX or not _FORM.fullmatch(token):
        raise WrongToken("token", "malformed")
    first = token.partition(".")[0]
    try:
        return _header.decode(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (NotBase64, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WrongToken("token", "malformed") from None
