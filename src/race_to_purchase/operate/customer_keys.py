"""The shop's public keys, by which its customers' tokens are believed: configured, or fetched from its JWKS.

They are fetched in the background, never while somebody waits for an answer, and kept where every process finds them.
While the shop does not answer, the keys that it gave last go on counting, also in a process that starts meanwhile: an
outage of the shop's login signs nobody out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.session import CustomerKeysFetched, CustomerKeysUnanswered
from race_to_purchase.ports import Keyrings, KeySource, KeysUnanswered

KEPT = "customers"
"""Name under which the keys are kept that were fetched last."""

HURRY_S = 10.0
"""However many tokens name keys that are not known, the shop is not asked more often."""

_PUBLIC = ("RSA", "EC", "OKP")
_json = msgspec.json.Decoder(dict[str, Any])


class CustomerKeys:
    """Every public key that counts. `source` is None where they are configured and nothing is fetched.

    `hurry` is called where a token names a key that is not known: it may be new.
    """

    def __init__(self, keys: Sequence[Any], source: KeySource | None, keyrings: Keyrings | None) -> None:
        assert (source is None) == (keyrings is None), "what is fetched has to be kept"
        self._keys = keys
        self._source = source
        self._keyrings = keyrings
        self._hurried_s = -HURRY_S
        self.hurry: Callable[[], None] = _nothing

    def named(self, kid: str | None) -> Sequence[Any]:
        """The keys of that id; all of them for a token that names none."""
        if kid is None:
            return self._keys
        found = [key for key in self._keys if key.kid == kid]
        if not found and self._source is not None and time.monotonic() - self._hurried_s >= HURRY_S:
            self._hurried_s = time.monotonic()
            self.hurry()
        return found

    async def recall(self) -> None:
        """Take over what any process has fetched last."""
        if self._keyrings is not None:
            kept = await self._keyrings.read(KEPT)
            if kept is not None:
                self._keys = keys_of(kept)

    async def follow(self) -> None:
        """Fetch them, and keep them; where the shop does not answer, those that are kept."""
        if self._source is None or self._keyrings is None:
            return
        try:
            told = await self._source.fetch()
            self._keys = keys_of(told)
        except (KeysUnanswered, ValueError) as error:
            emit(CustomerKeysUnanswered(str(error)))
            await self.recall()
            return
        emit(CustomerKeysFetched(len(self._keys)))
        await self._keyrings.replace(KEPT, told)


def keys_of(text: bytes) -> Sequence[Any]:
    """Public keys: a JWK set, one JWK, or PEM; ValueError for anything else, and for what is not public.

    A key of a set that is for something other than signatures, or of a kind that we do not know, is left out.
    """
    if text.lstrip().startswith(b"-----BEGIN"):
        found = [_key(text)]
    else:
        told = _object(text)
        listed = told.get("keys", [told])
        if not isinstance(listed, list):
            raise ValueError("this is no JWK set: its keys are no list")
        usable = [one for one in listed if isinstance(one, dict) and one.get("use", "sig") == "sig"]
        found = [_key(one) for one in usable if one.get("kty") in _PUBLIC]
    if not found:
        raise ValueError("there is no public key for signatures in it")
    return KeySet(found).keys


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        return _json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"this is neither PEM nor JSON: {error}") from None


def _key(value: Any) -> Any:
    try:
        key = JWKRegistry.import_key(value) if isinstance(value, dict) else _pem(value)
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError(f"a key cannot be read: {error}") from None
    if key.is_private:
        raise ValueError("a key is not a public one: only the shop may be able to sign")
    return key


def _pem(text: bytes) -> Any:
    for kind in _PUBLIC:
        try:
            return JWKRegistry.import_key(text, kind)
        except (JoseError, ValueError, TypeError):
            continue
    raise ValueError("this is no PEM of an RSA, EC or Ed25519 key")


def _nothing() -> None:
    """Nobody fetches keys."""
