"""A sale is read range by range, and comes to the same however small a range is."""

from __future__ import annotations

from race_to_purchase.app.report.walk import Walk
from race_to_purchase.store.report import ReportRows
from tests.report.sale import fill
from tests.samples import NOON


async def test_ranges_of_one_checkout_come_to_the_same_as_one_range(database_dsn: str) -> None:
    await fill(database_dsn)
    async with ReportRows.open(database_dsn) as rows:
        walks = []
        for at_once in (1, 1000):
            walk = Walk(NOON)
            async for part in rows.parts("aurora", at_once):
                walk.add(part)
            walks.append(walk)
    assert walks[0].curve() == walks[1].curve()
    assert walks[0].money() == walks[1].money()
    assert walks[0].reached == walks[1].reached
    assert walks[0].reached["reserved"] == 3
