"""The burn of a drop's budget: what the window counts, what it forgets, and what a rate means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.observe.slo.burn import SLICES, BurnWindow, left_s, spent
from race_to_purchase.observe.slo.objectives import DropBudget, Step

BUDGET = 0.01


def window(window_s: float = 10.0) -> BurnWindow:
    return BurnWindow(window_s, BUDGET)


class TestTheWindow:
    def test_nothing_happened_nothing_burns(self) -> None:
        burning = window().burning(100.0)
        assert (burning.rate, burning.bad, burning.total) == (0.0, 0, 0)

    def test_as_many_bad_ones_as_may_be_burn_at_one(self) -> None:
        counted = window()
        for number in range(100):
            counted.count(number / 100, good=number != 50)
        assert counted.burning(1.0).rate == pytest.approx(1.0)

    def test_four_in_a_hundred_of_one_percent_burn_at_four(self) -> None:
        counted = window()
        for number in range(100):
            counted.count(number / 100, good=number % 25 != 0)
        assert counted.burning(1.0).rate == pytest.approx(4.0)

    def test_what_is_older_than_the_window_is_forgotten(self) -> None:
        counted = window(10.0)
        counted.count(0.5, good=False)
        assert counted.burning(9.9).bad == 1
        assert counted.burning(11.0).bad == 0

    def test_of_its_slices_the_oldest_goes_as_soon_as_a_new_one_begins(self) -> None:
        counted = window(float(SLICES))
        counted.count(0.0, good=False)
        assert counted.burning(SLICES - 0.001).bad == 1
        assert counted.burning(float(SLICES)).bad == 0

    def test_a_clock_that_stands_or_steps_back_loses_no_event(self) -> None:
        counted = window()
        for at_s in (5.0, 5.0, 4.0, 5.5):
            counted.count(at_s, good=False)
        assert counted.burning(5.5).bad == 4

    @given(st.lists(st.tuples(st.floats(0, 500), st.booleans()), max_size=200))
    def test_it_holds_what_a_list_of_all_events_holds(self, events: list[tuple[float, bool]]) -> None:
        """Up to the width of one slice, in which an event may already be forgotten or not yet."""
        counted, events = window(20.0), sorted(events)
        for at_s, good in events:
            counted.count(at_s, good=good)
        now_s = events[-1][0] if events else 0.0
        surely = sum(not good for at_s, good in events if at_s > now_s - 20.0 + 20.0 / SLICES)
        perhaps = sum(not good for at_s, good in events if at_s > now_s - 20.0 - 20.0 / SLICES)
        assert surely <= counted.burning(now_s).bad <= perhaps

    @given(st.lists(st.floats(0, 1e6), max_size=500))
    def test_it_keeps_no_more_than_its_slices(self, times: list[float]) -> None:
        counted = window()
        for at_s in sorted(times):
            counted.count(at_s, good=True)
        assert len(counted._slices) <= SLICES + 1

    def test_what_is_told_late_is_counted_with_the_latest_and_takes_no_room(self) -> None:
        counted = window(20.0)
        for _ in range(100):
            counted.count(9.5, good=False)
            counted.count(3.5, good=False)
        assert counted.burning(9.5).bad == 200
        assert len(counted._slices) == 1


class TestWhatARateMeans:
    def test_a_window_of_an_eightieth_spends_five_percent_at_four(self) -> None:
        assert spent(4.0, DropBudget().window_s(1800.0), 1800.0) == pytest.approx(0.05)

    def test_thirty_minutes_have_a_window_of_22_seconds_and_a_half(self) -> None:
        assert DropBudget().window_s(1800.0) == 22.5

    def test_a_drop_without_an_end_has_the_usual_length(self) -> None:
        assert DropBudget(seconds=800.0).window_s(None) == 10.0

    def test_a_whole_budget_at_a_rate_of_four_lasts_a_quarter_of_the_time(self) -> None:
        assert left_s(4.0, 1800.0) == 450.0
        assert left_s(0.0, 1800.0) is None


class TestTheSteps:
    @pytest.mark.parametrize(
        ("burn", "does"), [(3.9, None), (4.0, "slow"), (7.9, "slow"), (8.0, "pause"), (99, "pause")]
    )
    def test_the_strongest_that_is_reached_is_taken(self, burn: float, does: str | None) -> None:
        step = DropBudget().step(burn)
        assert (step and step.do) == does

    def test_their_order_in_the_file_does_not_matter(self) -> None:
        turned = DropBudget(steps=(Step(8.0, "pause"), Step(4.0, "slow")))
        assert turned.step(9.0) == Step(8.0, "pause")
