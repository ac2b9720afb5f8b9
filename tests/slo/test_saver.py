"""A budget that burns slows the line of its drop, then pauses it; the cause is kept, and an operator undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import msgspec
import pytest

from race_to_purchase.app.line import reveal
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.slo import BudgetStepTaken
from race_to_purchase.observe.slo.burn import Burning
from race_to_purchase.observe.slo.objectives import Step
from race_to_purchase.operate.budget import BudgetSaver
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.rules.line.commands import SteerLine
from race_to_purchase.rules.outcomes import Unknown
from tests.edge.shop import STOREFRONT_KEY, Server, Shop
from tests.edge.test_line import Sale

FIVE_TIMES = Burning(5.0, 25, 500, 22.5)
NINE_TIMES = Burning(9.0, 45, 500, 22.5)
SLOW, PAUSE = Step(4.0, "slow"), Step(8.0, "pause")


class Watched(Sale):
    """A sale with a line that this process leads."""

    def __init__(self, shop: Shop, server: Server, client: Any) -> None:
        super().__init__(shop, server, client)
        self.desk = LineDesk(shop.line._committer, shop.line_rows, partial(reveal, shop.keys))

    def burns(self, step: Step, burning: Burning, leader: str = "this process") -> bool:
        saver = BudgetSaver(self.desk, leader)
        changed: bool = self.server.do(lambda: saver.act("aurora-1", step, burning))
        return changed

    @property
    def steered(self) -> list[dict[str, Any]]:
        """What was done with the line, as it is kept."""
        events = self.shop.store.rows.events
        return [msgspec.json.decode(event.data) for event in events if event.kind == "line_steered"]


@pytest.fixture
def sale() -> Iterator[Watched]:
    shop = Shop()
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Watched(shop, server, client)
        made.put()
        made.to(1.5)
        made.join("ada")
        made.to(3.1, ticks=3)
        yield made


def test_at_four_times_the_rate_is_halved_and_the_cause_is_kept(sale: Watched) -> None:
    assert sale.burns(SLOW, FIVE_TIMES)
    assert sale.status["rate_per_s"] == 500.0
    assert sale.steered == [{"by": "budget: 25 of 500 bad in 22.5 s, 5.0 times too fast", "rate_per_s": 500.0}]
    assert sale.burns(SLOW, FIVE_TIMES)
    assert sale.status["rate_per_s"] == 250.0


def test_at_eight_times_it_is_paused_until_somebody_resumes_it(sale: Watched) -> None:
    assert sale.burns(PAUSE, NINE_TIMES)
    assert sale.status["phase"] == "paused"
    assert not sale.burns(SLOW, FIVE_TIMES), "a line that stands is left alone"
    sale.server.do(lambda: sale.desk.steer(SteerLine("aurora-1", "ops", paused=False)))
    assert sale.status["phase"] == "open"


def test_only_the_process_that_leads_the_line_acts(sale: Watched) -> None:
    assert not sale.burns(PAUSE, NINE_TIMES, leader="another process")
    assert (sale.status["phase"], sale.steered) == ("open", [])


def test_a_drop_without_a_line_has_nothing_to_slow(sale: Watched) -> None:
    saver = BudgetSaver(sale.desk, "this process")
    assert not sale.server.do(lambda: saver.act("no-such-drop", PAUSE, NINE_TIMES))


@pytest.fixture
def told() -> Iterator[list[BudgetStepTaken]]:
    """The steps that were told."""
    found: list[BudgetStepTaken] = []
    end = subscribe(found.append, BudgetStepTaken)
    yield found
    end()


def test_a_step_that_changed_nothing_is_not_told(
    sale: Watched, told: list[BudgetStepTaken], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = AsyncMock(return_value=Unknown("line", "aurora-1"))
    monkeypatch.setattr(sale.desk, "steer", gone)
    assert not sale.burns(PAUSE, NINE_TIMES)
    assert gone.await_count == 1
    assert told == []


def test_every_step_is_told(sale: Watched, told: list[BudgetStepTaken]) -> None:
    sale.burns(PAUSE, NINE_TIMES)
    assert [(event.drop, event.budget_step, event.burn, event.bad) for event in told] == [
        ("aurora-1", "pause", 9.0, 45)
    ]
