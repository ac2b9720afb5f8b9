"""Telling the merchant's system by webhook, signed by the Standard Webhooks scheme: the adapter of ports.Publisher.

It sends one message once and says whether it was accepted. Trying again is not its business, nor is what the answer
says: only the status counts, and a redirect is not followed, since the signed message was not meant for elsewhere.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from race_to_purchase import __version__
from race_to_purchase.gateways.webhook.guard import public_socket
from race_to_purchase.gateways.webhook.secret import signer
from race_to_purchase.observe.request import traced

log = logging.getLogger("race.webhook")

TIMEOUT_S = 15.0
CONNECTIONS_MAX = 50


class WebhookPublisher:
    """Posts to one `url`. Only https and public addresses are taken, unless `allow_private`.

    `secret` is a Standard Webhooks secret; `timeout_s` bounds one delivery, from the look-up of the name to the status.
    ValueError for a url or a secret that cannot work. All methods belong to one event loop.
    """

    def __init__(self, url: str, secret: str, *, allow_private: bool = False, timeout_s: float = TIMEOUT_S) -> None:
        self._url = _checked(url, allow_private)
        self._webhook = signer(secret)
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, message_id: str, kind: str, payload: bytes) -> bool:
        """Whether the merchant answered 2xx to `payload`, which is JSON and says its `kind` itself.

        `message_id` is the message's and stays the same when it is sent again; time and signature are of this try.
        """
        try:
            status = await self._post(self._headers(message_id, payload), payload)
        except TimeoutError:
            why = f"no answer within {self._timeout_s:g} s"
        except (aiohttp.ClientError, OSError) as error:
            why = f"{type(error).__name__}: {error}"
        else:
            if 200 <= status < 300:
                return True
            why = f"it was answered with {status}"
        log.warning("%s %s was not accepted: %s", kind, message_id, why)
        return False

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _headers(self, message_id: str, payload: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message_id, now, payload.decode()),
            **traced(),
        }

    async def _post(self, headers: dict[str, str], payload: bytes) -> int:
        """The status of the answer. Its body is not read; where it has not arrived with the head, it is cut off."""
        async with self._opened().post(self._url, data=payload, headers=headers, allow_redirects=False) as response:
            return response.status

    def _opened(self) -> aiohttp.ClientSession:
        """The session, opened at its first use, when the event loop runs. It believes no proxy of the environment."""
        if self._session is None:
            guard = None if self._allow_private else public_socket
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, socket_factory=guard),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": f"race-to-purchase/{__version__}"},
            )
        return self._session


def _checked(url: str, allow_private: bool) -> str:
    """`url`, or ValueError, which does not quote it as it may hold a password."""
    parts = urlsplit(url)
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.port == 0:
        raise ValueError(f"a webhook url begins with {' or '.join(f'{scheme}://' for scheme in schemes)} and a host")
    return url
