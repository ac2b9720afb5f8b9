"""The two state tables, pair by pair: what is in a table moves, what is not raises and changes nothing."""

from collections.abc import Mapping
from itertools import product
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from race_to_purchase.rules import attempt, checkout
from race_to_purchase.rules.attempt import AttemptEvent
from race_to_purchase.rules.checkout import CheckoutEvent
from race_to_purchase.rules.rows import AttemptState, CheckoutState
from tests.samples import a_checkout, an_attempt

CHECKOUT_PAIRS = list(product(get_args(CheckoutState), get_args(CheckoutEvent)))
ATTEMPT_PAIRS = list(product(get_args(AttemptState), get_args(AttemptEvent)))


class TestCheckout:
    def test_the_table_speaks_of_every_state_and_every_event(self) -> None:
        assert set(checkout.TRANSITIONS) == set(get_args(CheckoutState))
        assert {event for out in checkout.TRANSITIONS.values() for event in out} == set(get_args(CheckoutEvent))

    @pytest.mark.parametrize(("state", "event"), CHECKOUT_PAIRS)
    def test_each_pair_moves_by_the_table_or_not_at_all(self, state: CheckoutState, event: CheckoutEvent) -> None:
        row = a_checkout(state=state)
        expected = checkout.TRANSITIONS[state].get(event)
        if expected is None:
            with pytest.raises(checkout.IllegalTransition, match=f"'{state}' cannot '{event}'"):
                replace(row, state=checkout.move(row.state, event))
            assert row.state == state
        else:
            assert replace(row, state=checkout.move(row.state, event)).state == expected

    def test_every_state_can_be_reached(self) -> None:
        assert reached(checkout.TRANSITIONS, {"open", "reserved"}) == set(get_args(CheckoutState))

    def test_every_state_can_still_end(self) -> None:
        for state in checkout.TRANSITIONS:
            assert reached(checkout.TRANSITIONS, {state}) & checkout.ENDS

    def test_ends_stay_ends(self) -> None:
        assert {"expired", "cancelled", "refunded", "returned"} == checkout.ENDS
        assert all(not checkout.TRANSITIONS[state] for state in checkout.ENDS)

    def test_what_holds_has_not_sold_and_has_not_ended(self) -> None:
        assert not checkout.HOLDING & checkout.SOLD
        assert not (checkout.HOLDING | checkout.EXPIRING) & checkout.ENDS
        assert {"refunded"} == checkout.SOLD & checkout.ENDS, "the goods are the buyer's, the money is not ours"

    def test_nothing_goes_back_over_the_pivot(self) -> None:
        """What was sold is fulfilled, refunded, or cancelled; it is never held or payable again."""
        assert reached(checkout.TRANSITIONS, {"paid"}) == {"paid", "fulfilled", "refunded", "returned", "cancelled"}


class TestAttempt:
    def test_the_table_speaks_of_every_state_and_every_event(self) -> None:
        assert set(attempt.TRANSITIONS) == set(get_args(AttemptState))
        assert {event for out in attempt.TRANSITIONS.values() for event in out} == set(get_args(AttemptEvent))

    @pytest.mark.parametrize(("state", "event"), ATTEMPT_PAIRS)
    def test_each_pair_moves_by_the_table_or_not_at_all(self, state: AttemptState, event: AttemptEvent) -> None:
        row = an_attempt(a_checkout(), state=state)
        expected = attempt.TRANSITIONS[state].get(event)
        if expected is None:
            with pytest.raises(attempt.IllegalTransition, match=f"'{state}' cannot '{event}'"):
                replace(row, state=attempt.move(row.state, event))
            assert row.state == state
        else:
            assert replace(row, state=attempt.move(row.state, event)).state == expected

    def test_every_state_can_be_reached(self) -> None:
        assert reached(attempt.TRANSITIONS, {"prepared"}) == set(get_args(AttemptState))

    def test_every_state_can_still_end(self) -> None:
        for state in attempt.TRANSITIONS:
            assert reached(attempt.TRANSITIONS, {state}) & attempt.TERMINAL

    def test_what_is_doomed_never_commits(self) -> None:
        assert reached(attempt.TRANSITIONS, {"doomed"}) == {"doomed", "voided"}

    def test_what_is_committed_is_never_doomed(self) -> None:
        assert reached(attempt.TRANSITIONS, {"committed"}) == {"committed", "captured", "capture_failed"}

    def test_only_the_gateway_says_that_unknown_has_failed(self) -> None:
        assert {event for event, after in attempt.TRANSITIONS["unknown"].items() if after == "declined"} == {"decline"}

    def test_an_open_attempt_is_neither_terminal_nor_authorized(self) -> None:
        assert {"prepared", "sent", "unknown", "action_required"} == attempt.OPEN
        assert not attempt.OPEN & attempt.TERMINAL


def reached(table: Mapping[Any, Mapping[Any, Any]], start: set[Any]) -> set[Any]:
    """Every state that can be come to from `start`, itself included."""
    known: set[Any] = set()
    while start:
        known |= start
        start = {after for state in start for after in table[state].values()} - known
    return known
