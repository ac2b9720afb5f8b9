"""Hands out the shop's page and the assets.

A page is the same for everybody and every drop, and the database is not asked for it: what a drop is, its script asks
of the API. So a million visitors cost a cache, and a page still comes where nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.pages.built import SHOP, Built
from race_to_purchase.edge.problems import no_such, pages_not_built
from race_to_purchase.edge.reply import Reply
from race_to_purchase.rules.answers import Answer


class Pages:
    """Handlers of `/shop/…` and `/assets/…`, over the built files by their path."""

    def __init__(self, files: Mapping[str, Built]) -> None:
        self._files = files

    async def shop(self, call: Call) -> Answer:
        """GET /shop/{drop}: one page, which reads its own address. Only what can be no drop's name is unknown here."""
        drop = call.drop()
        if call.query == b"plain":  # A page without a script knows its own address as little as we do.
            return Reply(303, b"", headers=((b"location", f"/shop/{drop}/plain".encode("ascii")),))
        page = self._files.get(SHOP)
        return pages_not_built() if page is None else page.reply(call.headers)

    async def checkout(self, call: Call) -> Answer:
        """GET /shop/{drop}/checkout/{id}."""
        call.id("checkout")
        return await self.shop(call)

    async def order(self, call: Call) -> Answer:
        """GET /shop/{drop}/orders/{id}."""
        call.id("order")
        return await self.shop(call)

    async def console(self, call: Call) -> Answer:
        """GET /console: the same page for everybody; who may see what, the API says."""
        page = self._files.get("console.html")
        return pages_not_built() if page is None else page.reply(call.headers)

    async def asset(self, call: Call) -> Answer:
        """GET /assets/{file}."""
        found = self._files.get(f"assets/{call.path['file']}")
        if found is None:
            raise no_such("asset")
        return found.reply(call.headers)
