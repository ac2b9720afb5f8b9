"""The shop's published keys over HTTP (a JWKS endpoint, RFC 7517): the adapter of ports.KeySource.

It asks once, bounded in time and size; when to ask again is not its business. A redirect is not followed: whoever may
redirect could name keys of their own.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import aiohttp

from race_to_purchase.ports import KeysUnanswered

TIMEOUT_S = 5.0
BYTES_MAX = 256 * 1024

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class JwksEndpoint:
    """At one `url`, which has to be https unless it is on this machine; ValueError for another."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if not parts.hostname or not (parts.scheme == "https" or parts.hostname in _LOOPBACK):
            raise ValueError("keys have to come over https, or somebody on the way could name others")
        self._url = url

    async def fetch(self) -> bytes:
        """See the port."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.get(self._url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise KeysUnanswered(f"the key endpoint answered {answer.status}")
                told = await answer.content.read(BYTES_MAX + 1)
                while not answer.content.at_eof() and len(told) <= BYTES_MAX:
                    told += await answer.content.read(BYTES_MAX + 1 - len(told))
        except TimeoutError:
            raise KeysUnanswered(f"the key endpoint gave no answer within {TIMEOUT_S:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise KeysUnanswered(f"the key endpoint cannot be asked: {type(error).__name__}") from None
        if len(told) > BYTES_MAX:
            raise KeysUnanswered(f"the key endpoint answered with more than {BYTES_MAX} bytes")
        return told
