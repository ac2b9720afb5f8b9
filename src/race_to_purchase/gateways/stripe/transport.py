"""How requests reach Stripe: one pool of connections with a time limit, and a clear word on what cannot have arrived.

It stands in for the HTTP client that Stripe's library would choose, which does not tell a refused connection from a
lost answer: for a payment that is the difference between "send it elsewhere" and "it may have been charged". Nothing
that changes something is sent twice here, and no redirect is followed: the key would travel with it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, NoReturn

import aiohttp
import stripe

from race_to_purchase.observe.request import traced

CONNECT_SHARE = 0.5
"""Of the time limit, how much may pass until a connection stands; a request that never got one was not sent."""


class Unanswered(stripe.APIConnectionError):
    """The request may have arrived; no whole answer came back."""

    def __init__(self, message: str) -> None:
        stripe.StripeError.__init__(self, message)
        self.should_retry = False


class Unsent(Unanswered):
    """No connection was made, so nothing left this machine."""


class Transport(stripe.HTTPClient):
    """For one event loop; `timeout_s` is for a whole request. Raises Unanswered and Unsent."""

    name = "aiohttp"

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=timeout_s * CONNECT_SHARE)
        self._opened: aiohttp.ClientSession | None = None

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Body, status and headers of the answer."""
        try:
            sending = self._session().request(
                method, url, headers={**headers, **traced()}, data=post_data, allow_redirects=False
            )
            async with sending as answer:
                return await answer.read(), answer.status, answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unsent(f"no connection: {_words(error)}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(f"no answer: {_words(error)}") from error

    def request(self, *_: Any, **__: Any) -> NoReturn:
        """Not offered: nobody waits for a gateway while the event loop stands still."""
        raise NotImplementedError("requests to Stripe are asynchronous")

    async def close_async(self) -> None:
        """Close every connection."""
        if self._opened is not None:
            await self._opened.close()

    def _session(self) -> aiohttp.ClientSession:
        # Made with the first request, since it belongs to the running event loop. How many requests may be under way
        # is decided by whoever calls.
        if self._opened is None:
            trusted = ssl.create_default_context(cafile=stripe.ca_bundle_path)
            connector = aiohttp.TCPConnector(ssl=trusted, limit=0)
            self._opened = aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        return self._opened


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
