"""Who somebody is to the shop, on the wire: a customer whom the storefront vouches for, or a browser with a session.

Browsers write the headers that browsers write, bots' included: whoever scripts a purchase can do that much. Each stands
behind some network, which the demo's own trusted proxy tells.
"""

from __future__ import annotations

import msgspec

BROWSER = (
    "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "accept: application/json\r\naccept-language: en-GB,en;q=0.7\r\naccept-encoding: gzip, deflate, br\r\n"
    "sec-fetch-mode: cors\r\nsec-fetch-site: same-origin\r\n"
)


class Badge(msgspec.Struct, frozen=True):
    """With a `buyer`, a customer named by the shop's server; else a browser behind `network`.

    A browser has a `cookie` and its `csrf` once its session has begun.
    """

    buyer: str | None = None
    network: str = ""
    cookie: str = ""
    csrf: str = ""

    @property
    def guest(self) -> bool:
        """Whether it is a browser, of which nothing is known but its session."""
        return bool(self.network)

    def headers(self) -> str:
        """Its header lines; a storefront's key is the wire's own."""
        if not self.guest:
            return f"race-buyer: {self.buyer}\r\n" if self.buyer else ""
        known = f"cookie: {self.cookie}\r\nrace-csrf: {self.csrf}\r\n" if self.cookie else ""
        return f"{BROWSER}x-forwarded-for: {self.network}\r\n{known}"


STOREFRONT = Badge()
"""The shop's server, where the body says for whom it asks."""
