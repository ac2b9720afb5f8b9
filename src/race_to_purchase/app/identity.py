"""Who is believed: the keys that sign buyers' sessions, those that sign the shop's tokens, and the shop's origins."""

from __future__ import annotations

from pathlib import Path
from secrets import token_bytes

import msgspec

from race_to_purchase.edge.customers import ALGORITHMS, Believed, Customers
from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.errors import ConfigurationError, reason_of
from race_to_purchase.gateways.jwks import JwksEndpoint
from race_to_purchase.loops.calls import Calls
from race_to_purchase.loops.loop import Loop
from race_to_purchase.operate.customer_keys import CustomerKeys, keys_of
from race_to_purchase.ports import Keyrings
from race_to_purchase.rules.signing import KEY_BYTES_MIN, Keyring
from race_to_purchase.settings import Settings, list_of, signing_keys_of

KEPT = "session"
"""Name under which the signing key is kept that is made where no setting has one; as a key its number is 0."""


KEYS_EVERY_S = 300.0
"""How long a key of the shop may go on counting that it has taken back."""


class Identity(msgspec.Struct, frozen=True):
    """Whom a process believes; `loops` keep it up to date."""

    sessions: Sessions
    customers: Customers | None
    loops: tuple[Loop, ...]


async def open_identity(settings: Settings, keyrings: Keyrings) -> Identity:
    """What any process has learned is known at once; nothing outside is asked yet."""
    keys = customer_keys_of(settings, keyrings)
    loops: tuple[Loop, ...] = ()
    if keys is not None and settings.customers_jwks:
        await keys.recall()
        loop = Loop(Calls("customer keys", keys.follow), KEYS_EVERY_S)
        keys.hurry = loop.nudge
        loops = (loop,)
    return Identity(await open_sessions(settings, keyrings), customers_of(settings, keys), loops)


async def open_sessions(settings: Settings, keyrings: Keyrings) -> Sessions:
    """Buyers' sessions, signed by the configured keys, or by one that is made once for all processes and restarts."""
    keys = signing_keys_of(settings.session_keys, "session_keys")
    if not keys:
        keys = {0: await keyrings.settle(KEPT, token_bytes(KEY_BYTES_MIN))}
    return Sessions(Keyring(keys, next(iter(keys))), origins_of(settings), lifetime_s=settings.session_days * 86_400)


def origins_of(settings: Settings) -> Origins:
    """The shop's own origins; ConfigurationError for what is none."""
    try:
        return Origins(frozenset(list_of(settings.cors_origins)))
    except ValueError as error:
        raise ConfigurationError(detail=f"RACE_CORS_ORIGINS: {error}.") from None


def customer_keys_of(settings: Settings, keyrings: Keyrings | None) -> CustomerKeys | None:
    """The shop's public keys, where its customers' tokens are taken; ConfigurationError where they cannot be had."""
    if not settings.customers_issuer:
        return None
    try:
        if settings.customers_jwks:
            source = JwksEndpoint(settings.customers_jwks)
            return CustomerKeys((), source, keyrings) if keyrings is not None else None
        return CustomerKeys(keys_of(Path(settings.customers_key).read_bytes()), None, None)
    except (OSError, ValueError) as error:
        name = "RACE_CUSTOMERS_JWKS" if settings.customers_jwks else "RACE_CUSTOMERS_KEY"
        raise ConfigurationError(detail=f"{name}: {reason_of(error)}.") from None


def believed_of(settings: Settings) -> Believed:
    """Which tokens of customers are believed; ConfigurationError for an algorithm that is none, or no safe one."""
    algorithms = frozenset(list_of(settings.customers_algorithms))
    if not algorithms or not algorithms <= ALGORITHMS:
        wrong = ", ".join(sorted(algorithms - ALGORITHMS)) or "nothing"
        known = ", ".join(sorted(ALGORITHMS))
        raise ConfigurationError(detail=f"RACE_CUSTOMERS_ALGORITHMS: {wrong} cannot be taken; there are {known}.")
    return Believed(settings.customers_issuer, settings.customers_audience, algorithms, settings.customers_leeway_s)


def customers_of(settings: Settings, keys: CustomerKeys | None) -> Customers | None:
    """What reads customers' tokens, where any are taken."""
    return None if keys is None else Customers(believed_of(settings), keys)


def require_sound_identity(settings: Settings) -> None:
    """Raise the ConfigurationError for what would be refused later."""
    origins_of(settings)
    believed_of(settings)
    customer_keys_of(settings, None)
