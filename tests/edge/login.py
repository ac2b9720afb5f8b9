"""The shop's own login: it signs tokens that say who its customers are, with keys that it publishes and rotates."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from race_to_purchase.edge.customers import Believed, Customers
from race_to_purchase.operate.customer_keys import CustomerKeys, keys_of

ISSUER = "https://login.shop.example"
AUDIENCE = "race-to-purchase"
BELIEVED = Believed(ISSUER, AUDIENCE, frozenset({"RS256", "ES256", "EdDSA"}), leeway_s=60)


class Login:
    """`key` signs; whatever is in `published` is published."""

    def __init__(self) -> None:
        self.key: Any = ECKey.generate_key("P-256", {"kid": "first"})
        self.published: list[Any] = [self.key]

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish it beside the old one."""
        self.key = ECKey.generate_key("P-256", {"kid": kid})
        self.published.append(self.key)

    def jwks(self) -> bytes:
        """What the shop publishes."""
        return json.dumps(KeySet(self.published).as_dict(private=False)).encode()

    def customers(self, clock: Callable[[], float] = time.time) -> Customers:
        """What believes the keys that are published now."""
        return Customers(BELIEVED, CustomerKeys(keys_of(self.jwks()), None, None), clock)

    def token(self, subject: Any = "ada", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """What the shop gives its customer's page; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, **(header or {})}, kept, self.key)
