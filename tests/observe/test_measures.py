"""M1 to M15 from counts: what goes into each, and what does not. The counts are made by real events."""

import re
from inspect import getsource
from typing import Any

import pytest

from race_to_purchase.observe import measures as module
from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.gateways import GatewayAnswered
from race_to_purchase.observe.events.guard import ChallengeAsked, ChallengePassed
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.observe.events.loops import FindingChanged, StockChecked
from race_to_purchase.observe.events.path import (
    CheckoutEnded,
    CheckoutReserved,
    OrderPlaced,
    PurchaseServed,
)
from race_to_purchase.observe.events.process import PulseTaken
from race_to_purchase.observe.events.rows import AftersaleSeen, ReconciliationSeen, TasksSeen
from race_to_purchase.observe.measures import Measure, measures
from race_to_purchase.observe.metrics.sinks import Sinks
from race_to_purchase.observe.series import Counted, Recorder, metrics_by_name

ORDER = OrderPlaced("aurora-1", "c", "o", 1, "bank", 15_900, "EUR", 1, 1.5, False)
RESERVED = CheckoutReserved("aurora-1", "c", 15_900, "EUR", 1)


def ended(how: Any, step: Any) -> CheckoutEnded:
    return CheckoutEnded("aurora-1", "c", how, step)


def answered(route: Any, status: int) -> RequestAnswered:
    answer: Any = f"{status // 100}xx"
    return RequestAnswered(route, answer, status, 0.01)


def gateway(said: Any, operation: Any = "authorize", took_s: float = 0.1) -> GatewayAnswered:
    return GatewayAnswered("bank", operation, said, "", took_s)


def authorized(took_s: float) -> GatewayAnswered:
    return gateway("authorized", took_s=took_s)


ASKED = ChallengeAsked("aurora-1", "line", 1, "", False)
PASSED = ChallengePassed("aurora-1", "line", 1, "", "proof_of_work")
CASES: dict[str, tuple[str, list[Event], float | None, bool | None]] = {
    "orders, of them and what the shop failed": (
        "M1",
        [*[ORDER] * 97, ended("expired", "paying"), answered("pay", 503), answered("reserve", 500)],
        0.97,
        False,
    ),
    "what a buyer or a scarce good decides is no failure": (
        "M1",
        [
            ORDER,
            ended("expired", "reserved"),
            ended("cancelled", "declined"),
            ended("expired", "confirming"),
            answered("pay", 402),
        ],
        1.0,
        True,
    ),
    "a purchase's time": ("M2", [PurchaseServed("aurora-1", "c", 3.0, True)] * 5, None, False),
    "reservations that lasted": ("M3", [*[RESERVED] * 4, ended("expired", "paying")], 0.75, False),
    "a failed request to reserve": ("M3", [*[RESERVED] * 3, answered("reserve", 503)], 0.75, False),
    "looks at the stock": ("M4", [StockChecked(True, 0)] * 3 + [StockChecked(False, 1)], 0.75, False),
    "a declined card is an outcome": ("M5", [gateway("authorized"), gateway("declined")], 1.0, True),
    "a gateway that did not answer": ("M5", [gateway("authorized"), gateway("no_answer", "prepare")], 0.5, False),
    "what else a gateway was asked": ("M5", [gateway("captured"), gateway("no_answer", "look_up")], 1.0, True),
    "second charges": (
        "M6",
        [
            *[ORDER] * 4,
            FindingChanged("aurora-1", "o", "charged_twice", "open"),
            FindingChanged("", "p", "late", "open"),
        ],
        0.25,
        False,
    ),
    "needs people": ("M7", [ORDER], None, None),
    "challenges passed": ("M8", [*[ASKED] * 4, *[PASSED] * 3], 0.75, False),
    "an answer that two processes were shown": ("M8", [ASKED, PASSED, PASSED], 1.0, True),
    "left before paying": (
        "M9",
        [*[RESERVED] * 4, ended("cancelled", "reserved"), ended("expired", "confirming"), ended("expired", "paying")],
        0.5,
        None,
    ),
    "what waits, as it was last": (
        "M10",
        [PulseTaken(0, 9, 0, 0, 0), PulseTaken(0, 2, 0, 0, 0), TasksSeen("capture", 3, 0)],
        5.0,
        None,
    ),
    "a gateway's time": ("M11", [authorized(0.004)] * 20, None, True),
    "how far behind": ("M12", [ReconciliationSeen(301.0, 0)], 301.0, False),
    "disputed": ("M14", [AftersaleSeen(200, 1)], 0.005, True),
    "the budget's rate": ("M15", [*[ORDER] * 95, *[answered("pay", 500)] * 5], 5.0, False),
}


def counted(events: list[Event]) -> Counted:
    """What the real metrics count of these, whatever drop they are of."""
    sinks = Sinks()
    recorder = Recorder(sinks.series)
    for event in events:
        sinks.by_event[type(event)](event)
    totals = Counted()
    for each in recorder.take().values():
        totals.add(each)
    return totals


def found(events: list[Event]) -> dict[str, Measure]:
    return {measure.id: measure for measure in measures(counted(events))}


@pytest.mark.parametrize("case", CASES)
def test_a_measure_counts(case: str) -> None:
    name, events, value, met = CASES[case]
    measure = found(events)[name]
    assert measure.met is met
    if value is not None:
        assert measure.value == pytest.approx(value)


def test_of_nothing_there_is_nothing_to_be_met_or_missed() -> None:
    assert [measure.id for measure in measures(Counted())] == [f"M{n}" for n in range(1, 16)]
    assert {(measure.value, measure.met) for measure in measures(Counted())} == {(None, None)}


def test_times_are_milliseconds_within_their_bucket() -> None:
    took_ms = found([PurchaseServed("aurora-1", "c", 3.0, True)] * 5)["M2"].value
    assert took_ms is not None
    assert 2_000 < took_ms <= 5_000
    assert found([authorized(0.004)])["M11"].value == pytest.approx(5, abs=2.5)


def test_every_metric_that_a_measure_counts_is_one_of_the_catalogue() -> None:
    used = set(re.findall(r'"(race_[a-z_]+)"', getsource(module)))
    assert len(used) > 10
    assert used <= set(metrics_by_name())
