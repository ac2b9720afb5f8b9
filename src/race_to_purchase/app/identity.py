"""Who is believed: the keys that sign buyers' sessions, and the shop's own origins."""

from __future__ import annotations

from secrets import token_bytes

from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.ports import Keyrings
from race_to_purchase.rules.signing import KEY_BYTES_MIN, Keyring
from race_to_purchase.settings import Settings, list_of, signing_keys_of

KEPT = "session"
"""Name under which the signing key is kept that is made where no setting has one; as a key its number is 0."""


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
