"""The parts of a report: a sale is read range by range, and what was changed in it is told field by field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from race_to_purchase.app.commands.report.counted import refusals
from race_to_purchase.app.commands.report.incidents import incidents
from race_to_purchase.app.commands.report.walk import Walk
from race_to_purchase.observe.series import Counted
from race_to_purchase.rules.changes import changes
from race_to_purchase.rules.line.door import Door
from race_to_purchase.store.report import ReportRows, Told
from tests.report.sale import DROP, fill
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


class TestWhatWasChanged:
    @staticmethod
    def told(**data: Any) -> str:
        event = Told(NOON, "aurora", "drop_changed", msgspec.json.encode(data).decode())
        return incidents([event], [], NOON)[0].sentence

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"title": "Aurora Two"}, "title from “Aurora <One>” to “Aurora Two”"),
            ({"closes_at": NOON.replace(hour=20)}, "closes at from nothing to 1 June 2026, 20:00:00 UTC"),
            ({"tax_percent": 7}, "tax percent from 19 to 7"),
            (
                {"items": (msgspec.structs.replace(DROP.items[0], price=9_900),)},
                "price of shoe from 119.00 EUR to 99.00 EUR",
            ),
            ({"items": (msgspec.structs.replace(DROP.items[0], stock=1_500),)}, "stock of shoe from 3 to 1,500"),
        ],
    )
    def test_is_told_from_what_to_what(self, changed: dict[str, Any], said: str) -> None:
        found = changes(DROP, msgspec.structs.replace(DROP, **changed))
        assert (
            self.told(currency="EUR", changed=found, changes=1, by="ops") == f"The sale was changed: {said}. By: ops."
        )

    def test_of_many_changes_the_first_are_told_and_how_many_more_there_were(self) -> None:
        found = changes(DROP, msgspec.structs.replace(DROP, title="Two", seller="other"))
        said = "The sale was changed: title from “Aurora <One>” to “Two”; seller from “house” to “other”; 40 more."
        assert self.told(currency="EUR", changed=found, changes=42) == said

    def test_the_door_is_called_so(self) -> None:
        door = Door(NOON, NOON.replace(hour=13), 2.0, 10)
        found = changes(
            msgspec.structs.replace(DROP, opens_at=door.registration_closes_at, door=door),
            msgspec.structs.replace(
                DROP, opens_at=door.registration_closes_at, door=msgspec.structs.replace(door, rate_per_s=5.0)
            ),
        )
        assert self.told(changed=found, changes=1) == "The sale was changed: rate per s of the door from 2.0 to 5.0."

    def test_an_older_event_only_says_that_it_was(self) -> None:
        assert self.told(title="Aurora") == "The sale was changed."


def test_who_came_too_often_is_told_in_words_and_not_counted_while_limits_are_only_tried_out() -> None:
    limited = {("join", "network", "true"): 7, ("join", "network", "false"): 20, ("pay", "buyer", "false"): 5}
    counted = Counted({"race_requests_limited_total": limited, "race_requests_shed_total": {("reserve",): 2}})
    found = [(one.words, one.number) for one in refusals(counted)]
    assert found == [("came too often from one network", 7), ("found no room (reserve)", 2)]
