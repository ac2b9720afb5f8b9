"""Challenges of third parties: a token from their widget, which they are asked about once.

Turnstile and hCaptcha are asked in the same way (POST of a form to `siteverify`, JSON back); what differs stands in
`KINDS`. Both accept a token once, within some minutes, so what they confirmed is remembered here for as long: a join
that is sent again by a flaky network must not fail. Another process does not know it, and asks for a new challenge.

https://developers.cloudflare.com/turnstile/get-started/server-side-validation, https://docs.hcaptcha.com/#verify
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Literal, Protocol

import aiohttp
import msgspec

from race_to_purchase.edge.challenge.score import STRONGER
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from race_to_purchase.errors import TryAgainLater

log = logging.getLogger("race.guard")

Name = Literal["turnstile", "hcaptcha"]

KINDS: dict[Name, str] = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
TOKEN_LENGTH_MAX = 8192
"""Turnstile's are at most 2,048 characters long, hCaptcha's some thousands."""
TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 16 * 1024
REMEMBERED_S = 600.0
REMEMBERED_MAX = 10_000


class ThirdPartyUnavailable(TryAgainLater):
    """{name} does not answer: {reason}; try again in {retry_after_s} s."""


class ThirdParty(Protocol):
    """Somebody else's challenge. `name` begins an answer (`turnstile.<token>`), `site_key` is for their widget."""

    name: Name
    site_key: str

    async def check(self, token: str, address: str, wanted: Wanted) -> Solved | Wrong:
        """What a token is worth; ThirdPartyUnavailable where they cannot be asked."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class _Verified(msgspec.Struct, frozen=True):
    """What they answer; `cdata` is what our page gave to Turnstile's widget, and hCaptcha has nothing like it."""

    success: bool
    cdata: str | None = None


_DECODER = msgspec.json.Decoder(_Verified)


class SiteVerify:
    """Either of the two; `url` is another one in tests alone."""

    def __init__(
        self, name: Name, site_key: str, secret: str, *, now: Callable[[], float], url: str | None = None
    ) -> None:
        self.name: Name = name
        self.site_key = site_key
        self._secret = secret
        self._url = url or KINDS[name]
        self._now = now
        self._session: aiohttp.ClientSession | None = None
        self._confirmed: OrderedDict[bytes, float] = OrderedDict()

    async def check(self, token: str, address: str, wanted: Wanted) -> Solved | Wrong:
        """See ThirdParty."""
        if not 0 < len(token) <= TOKEN_LENGTH_MAX or not (token.isascii() and token.isprintable()):
            return Wrong("malformed")
        # What it was for is part of what is remembered, so that a confirmed token opens one door only.
        seal = sha256("\n".join((wanted.drop, wanted.purpose, wanted.digest(), token)).encode()).digest()
        solved = Solved(f"{self.name} {seal.hex()[:32]}", STRONGER, self.name)
        if self._remembers(seal):
            return solved
        verified = await self._ask(token, address)
        if not verified.success:
            return Wrong("third_party")
        if verified.cdata not in (None, "", wanted.drop):
            return Wrong("other_drop")
        self._remember(seal)
        return solved

    async def close(self) -> None:
        """See ThirdParty."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, token: str, address: str) -> _Verified:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        form = {"secret": self._secret, "response": token, "remoteip": address}
        if self.name == "hcaptcha":
            form["sitekey"] = self.site_key
        try:
            async with self._session.post(self._url, data=form, allow_redirects=False) as answer:
                if answer.status >= 500:
                    raise self._unavailable(f"status {answer.status}")
                return _DECODER.decode(await _read(answer.content))
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise self._unavailable(type(error).__name__) from None
        except msgspec.MsgspecError:
            raise self._unavailable("an answer that is not theirs") from None

    def _unavailable(self, reason: str) -> ThirdPartyUnavailable:
        log.warning("%s cannot be asked: %s", self.name, reason)
        return ThirdPartyUnavailable(name=self.name, reason=reason, retry_after_s=2.0)

    def _remembers(self, seal: bytes) -> bool:
        until = self._confirmed.get(seal)
        return until is not None and self._now() < until

    def _remember(self, seal: bytes) -> None:
        self._confirmed[seal] = self._now() + REMEMBERED_S
        while len(self._confirmed) > REMEMBERED_MAX:
            self._confirmed.popitem(last=False)


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The whole body, or of one that is too long only as much as shows it to be wrong."""
    body = b""
    async for part in content.iter_any():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            break
    return body
