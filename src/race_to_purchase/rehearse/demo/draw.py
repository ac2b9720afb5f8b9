"""The line of a demo once it is over, and its draw, checked from outside by the verifier that anybody can run."""

from __future__ import annotations

import asyncio

from race_to_purchase.app.commands.verify_draw import check, place_in_draw, published, tids_of
from race_to_purchase.rehearse.demo.server import Served
from race_to_purchase.rehearse.demo.shop import Shop
from race_to_purchase.rehearse.fairness import DrawSeen, LineSeen


async def line_seen(shop: Shop, served: Served) -> LineSeen | None:
    """The line afterwards, and its draw as anybody can check it from outside."""
    watched = await shop.watched_line()
    if watched is None:
        return None
    draw, listed = await asyncio.to_thread(published, f"http://{served.host}:{served.port}", shop.drop.id)
    failed = tuple(name for name, holds, _ in check(draw, listed) if not holds)
    places = {} if failed else {tid.hex(): place_in_draw(draw, tid) for tid in tids_of(listed)}
    told = watched.status
    return LineSeen(told.registered or 0, watched.late, told.cursor, DrawSeen(failed, places))
