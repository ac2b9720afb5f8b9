"""From which pages a browser may ask: our own, and those of the origins that the shop has configured.

Where another site's page makes a buyer's browser send something, the browser says so: in Sec-Fetch-Site, or in Origin
where it is older. What neither header is sent with comes from no browser's page. This is the first fence against such
requests; the token of `Race-Csrf` is the second one, and SameSite of the cookie the third.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Headers = Mapping[bytes, bytes]

ORIGIN = re.compile(rb"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")

_OURS = (b"same-origin", b"none")
"""What Sec-Fetch-Site says of our own pages, and of what a person typed in."""


class Origins:
    """The shop's own origins, such as `https://www.example.com`; ValueError for what is none."""

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self.allowed = frozenset(origin.encode("ascii", "replace") for origin in allowed)
        for origin in self.allowed:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin.decode()!r} is no origin such as https://www.example.com, in small letters")

    def trusts(self, headers: Headers) -> bool:
        """Whether a request that changes something may come from where it comes from."""
        origin = headers.get(b"origin")
        if origin is not None and origin in self.allowed:
            return True
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site in _OURS
        # Without a port of its own, the host that was asked is the one that the page came from.
        return origin is None or origin.partition(b"://")[2] == headers.get(b"host")


def is_encrypted(headers: Headers) -> bool:
    """Whether the browser speaks HTTPS, be it to us or to a proxy before us: with a POST it names its page's origin."""
    return headers.get(b"origin", b"").startswith(b"https://")
