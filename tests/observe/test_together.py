"""Several processes at once: what adds up, what is the same in each, and who has gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from race_to_purchase.observe.measures import measures_of
from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.observe.together import Together

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def said(source: str, at_s: float, drop: str = "", orders: int = 0, **levels: float | dict[str, float]) -> Slice:
    """What a process wrote so many seconds after noon; a level is a number, or one for each label."""
    told = {
        f"race_{name}": {(label,): number for label, number in level.items()}
        if isinstance(level, dict)
        else {(): level}
        for name, level in levels.items()
    }
    counted = Counted({"race_orders_total": {("bank",): float(orders)}} if orders else {}, told)
    return Slice(drop, NOON + timedelta(seconds=at_s), source, counted)


def found(*slices: Slice) -> dict[str, float | None]:
    return {one.id: one.value for one in measures_of(Together.of(slices))}


def test_what_waits_in_each_process_is_summed_and_what_all_read_off_the_rows_is_not() -> None:
    one = said("one", 5, commands_waiting=3, tasks_due={"capture": 4, "deliver": 1})
    two = said("two", 6, commands_waiting=2, tasks_due={"capture": 4, "deliver": 2})
    assert found(one, two)["M10"] == 3 + 2 + 4 + 2


def test_a_process_says_what_it_said_last() -> None:
    assert found(said("one", 5, commands_waiting=9), said("one", 10, commands_waiting=1))["M10"] == 1


def test_a_process_that_has_gone_leaves_nothing_behind_but_its_counts() -> None:
    gone, here = said("gone", 0, "aurora", 7, commands_waiting=9), said("here", 31, "aurora", 1, commands_waiting=1)
    together = Together.of([gone, here])
    assert found(gone, here)["M10"] == 1
    assert together.counted().total("race_orders_total") == 8


def test_the_furthest_behind_and_the_most_disputed_count() -> None:
    one = said("one", 5, reconcile_lag_seconds=3, orders_recent=200, orders_disputed_recent=1)
    two = said("two", 6, reconcile_lag_seconds=8, orders_recent=200, orders_disputed_recent=2)
    assert (found(one, two)["M12"], found(one, two)["M14"]) == (8, 0.01)


@pytest.mark.parametrize(
    ("orders", "per_s"),
    [
        ([], 0.0),
        ([("one", 5, 20), ("two", 6, 10)], 3.0),
        ([("one", 5, 20), ("one", 14.9, 10), ("one", 15, 10)], 3.0),
        ([("two", 95, 7), ("one", 5, 20)], 2.0),
    ],
)
def test_the_busiest_ten_seconds_are_those_of_all_processes(orders: list[tuple[str, float, int]], per_s: float) -> None:
    slices = [said(source, at_s, "aurora", number) for source, at_s, number in orders]
    assert found(said("one", 0), *slices)["M13"] == per_s
