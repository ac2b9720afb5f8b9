"""Stripe's keys: which text can be one, and what is said where Stripe does not take it. No key is ever shown whole."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from race_to_purchase.errors import ConfigurationError


class GatewayKeyRefused(ConfigurationError):
    """Stripe does not take the key {key} of the gateway {name!r} (HTTP {status}: {reason}). Give it a secret or
    restricted key of your account, of the right mode, that may write payments and refunds; see docs/stripe.md."""

    code = "gateway_key_refused"


class GatewayKeyUnfit(ConfigurationError):
    """The key of the gateway {name!r} cannot be used: {reason}."""

    code = "gateway_key_unfit"


def require_fit(name: str, api_key: str, base_address: str | None) -> None:
    """Refuse what people paste by mistake, before it is sent anywhere."""
    if api_key.startswith("pk_"):
        raise GatewayKeyUnfit(name=name, reason="it is the publishable one; give the secret or a restricted one")
    if not re.fullmatch(r"(sk|rk)_[A-Za-z0-9_]+", api_key):
        raise GatewayKeyUnfit(name=name, reason="a secret key is sk_ or rk_, then letters, digits and underscores")
    if "_live_" in api_key and urlsplit(base_address or "https:").scheme != "https":
        raise GatewayKeyUnfit(name=name, reason=f"it is a live key, and {base_address} is not reached by https")


def shown(api_key: str) -> str:
    """Enough of a key to know it by."""
    return f"{api_key[:8]}…{api_key[-4:]}"
