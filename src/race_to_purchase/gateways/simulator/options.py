"""What a gateway simulator is started with: one frozen value, checked before anything is opened."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from race_to_purchase.errors import ConfigurationError

WEBHOOK_RETRY_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 7200.0, 14400.0)
"""Pauses between the tries of one delivery. Stripe tries for three days; a rehearsal is over long before."""


class OptionRefused(ConfigurationError):
    """The gateway simulator cannot start: {option} is {value!r}, but must be {wanted}."""

    code = "gateway_option"


class GatewayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Address, books, chance and terms of one simulated gateway. Amounts in minor units, times in seconds.

    `store` is the file of its books; None keeps them in a temporary file that ends with the process. Two gateways of
    one shop want two seeds, since ids are made from the seed. `control_port` opens the control API on a port of its own
    as well, which stays open while the gateway refuses connections. `api_key` is the only key that is accepted; None
    accepts every test key. `rules_file` holds fault rules in JSON, as the control API takes them.
    """

    host: str = "127.0.0.1"
    port: int = 8200
    control_port: int | None = None
    store: Path | None = None
    seed: int = 1
    api_key: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_events: tuple[str, ...] = ("*",)
    webhook_retry_s: tuple[float, ...] = WEBHOOK_RETRY_S
    webhook_timeout_s: float = 10.0
    rules_file: Path | None = None
    per_second: float | None = None
    fee_basis_points: int = 290
    fee_fixed: int = 30
    dispute_fee: int = 1500
    authorization_days: float = 7.0


def require_sound(options: GatewayOptions) -> None:
    """Return if a gateway can be started with these; OptionRefused names the first that is wrong."""
    for option in ("port", "control_port"):
        port = getattr(options, option)
        if port is not None and not 0 <= port <= 65535:
            raise OptionRefused(option=option, value=port, wanted="a port number")
    if options.control_port is not None and options.control_port == options.port != 0:
        raise OptionRefused(option="control_port", value=options.control_port, wanted="another port than the gateway's")
    require_webhook(options.webhook_url, options.webhook_secret)
    if options.per_second is not None and not options.per_second > 0:
        raise OptionRefused(option="per_second", value=options.per_second, wanted="above zero")
    for option in ("fee_basis_points", "fee_fixed", "dispute_fee"):
        if getattr(options, option) < 0:
            raise OptionRefused(option=option, value=getattr(options, option), wanted="zero or more")


def require_webhook(url: str | None, secret: str | None) -> None:
    """Return if messages can be sent to `url`, signed with `secret`; both None is no webhook at all."""
    if url is None:
        if secret is not None:
            raise OptionRefused(option="webhook_url", value="", wanted="set where there is a webhook_secret")
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionRefused(option="webhook_url", value=url, wanted="an http or https address")
    if not secret:
        raise OptionRefused(option="webhook_secret", value="", wanted="set, since every message is signed")
