"""Hands out the shop's page and the assets.

A page is the same for everybody and every drop, and the database is not asked for it: what a drop is, its script asks
of the API. So a million visitors cost a cache, and a page still comes where nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.pages.built import Built
from race_to_purchase.edge.problems import no_such_page, pages_not_built
from race_to_purchase.rules.answers import Answer


class Pages:
    """Handlers of `/shop/…` and `/assets/…`, over the built files by their path."""

    def __init__(self, files: Mapping[str, Built]) -> None:
        self._files = files

    async def shop(self, call: Call) -> Answer:
        """GET /shop/{drop}, and what is below it: one page, which reads its own address."""
        page = self._files.get("shop.html")
        return pages_not_built() if page is None else page.reply(call.headers)

    async def asset(self, call: Call) -> Answer:
        """GET /assets/{file}."""
        found = self._files.get(f"assets/{call.path['file']}")
        return no_such_page() if found is None else found.reply(call.headers)
