"""Disputes: whatever a gateway tells, once or twice and in any order, comes to the same rows and accounts."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from race_to_purchase.rules.aftersale import DISPUTE, DISPUTE_ENDS, IllegalTransition, move_dispute
from race_to_purchase.rules.commands import Dispute
from race_to_purchase.rules.outcomes import Ignored, Unknown
from race_to_purchase.rules.refund_outcomes import RefundTooLarge
from tests.rules.aftersale import booked, dispute, give_back, guard, news, ordered, refund, told
from tests.rules.world import open_world
from tests.samples import NOON, PRICE, a_checkout

PAID = {"receivable:sandbox": PRICE, "revenue:house": -PRICE}
DUE = NOON + timedelta(days=7)


def test_when_it_opens_amount_and_fee_are_gone_and_refunds_are_frozen() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "opened", news(due_by=DUE)))
    row = dispute(here)
    assert (row.state, row.amount, row.fee, row.due_by) == ("open", PRICE, 1_500, DUE)
    assert (guard(here, checkout).disputes, guard(here, checkout).lost) == (1, 0)
    assert booked(here, checkout) == {
        "receivable:sandbox": -1_500,
        "revenue:house": -PRICE,
        "disputes:house": PRICE,
        "fees:sandbox": 1_500,
    }
    assert [line.what for line in here.rows.history[checkout.id]][-1] == "dispute_opened"


@pytest.mark.parametrize(("fee_at_end", "kept"), [(1_500, 1_500), (0, 0), (None, 1_500)])
def test_won_the_amount_comes_back_and_the_fee_as_the_gateway_says(fee_at_end: int | None, kept: int) -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "opened", news()))
    here.ask(told(checkout, "closed", news("won", fee=fee_at_end), at_s=9))
    assert dispute(here).state == "won"
    assert (guard(here, checkout).disputes, guard(here, checkout).left) == (0, PRICE)
    fees = {"fees:sandbox": kept, "receivable:sandbox": PRICE - kept} if kept else {}
    assert booked(here, checkout) == {**PAID, **fees}


def test_lost_it_is_gone_for_good() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "opened", news(amount=10_000)))
    here.ask(told(checkout, "closed", news("lost", amount=10_000), at_s=9))
    assert (guard(here, checkout).lost, guard(here, checkout).disputes) == (10_000, 0)
    assert here.ask(refund(checkout, 5_901)) == RefundTooLarge(5_900)
    assert booked(here, checkout)["disputes:house"] == 10_000
    give_back(here, checkout)
    assert here.checkout(checkout.id).state == "paid", "the buyer got the rest by the dispute"


def test_lost_after_a_refund_takes_no_more_than_is_left_of_the_guard() -> None:
    """The money is gone twice, and the journal says so; the guard only keeps refunds from adding to it."""
    here, checkout = ordered()
    give_back(here, checkout)
    here.ask(told(checkout, "closed", news("lost")))
    assert (dispute(here).lost, guard(here, checkout).lost) == (0, 0)
    assert booked(here, checkout)["receivable:sandbox"] == -PRICE - 1_500


def test_an_inquiry_takes_nothing_and_may_become_a_dispute() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "opened", news("warning_needs_response", fee=0)))
    assert (dispute(here).state, guard(here, checkout).disputes, booked(here, checkout)) == ("inquiry", 0, PAID)
    here.ask(told(checkout, "updated", news(), at_s=1))
    assert (dispute(here).state, guard(here, checkout).disputes) == ("open", 1)


def test_an_inquiry_that_is_closed_was_one() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "closed", news("warning_closed", fee=0)))
    assert (dispute(here).state, booked(here, checkout)) == ("closed", PAID)


@pytest.mark.parametrize("end", ["won", "lost"])
def test_every_order_of_arrival_ends_the_same(end: str) -> None:
    """Each message comes twice, too."""

    def messages(checkout: Any) -> list[Dispute]:
        return [
            told(checkout, "opened", news(due_by=DUE), at_s=0),
            told(checkout, "updated", news("under_review", due_by=DUE), at_s=60),
            told(checkout, "closed", news(end, fee=700, due_by=DUE), at_s=120),
        ]

    ends = set()
    for order in set(itertools.permutations([0, 1, 2, 0, 1, 2], 6)):
        here, checkout = ordered()
        for number in order:
            here.ask(messages(checkout)[number])
        row = dispute(here)
        what = (row.state, row.amount, row.fee, row.status, row.due_by, row.closed_at, row.lost)
        ends.add((what, guard(here, checkout).left, guard(here, checkout).disputes, *booked(here, checkout).items()))
    assert len({(what, left, number) for what, left, number, *_ in ends}) == 1
    assert len({frozenset(accounts) for _, _, _, *accounts in ends}) == 1


def test_older_news_do_not_replace_newer_ones() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "updated", news("under_review"), at_s=60))
    assert isinstance(here.ask(told(checkout, "opened", news(), at_s=60)), Ignored)
    assert isinstance(here.ask(told(checkout, "updated", news(), at_s=30)), Ignored)
    assert dispute(here).status == "under_review"


def test_two_disputes_of_one_order_are_counted_apart() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "opened", news(amount=4_000, id="a")))
    here.ask(told(checkout, "opened", news(amount=3_000, id="b")))
    assert guard(here, checkout).disputes == 2
    here.ask(told(checkout, "closed", news("won", amount=4_000, id="a"), at_s=5))
    assert guard(here, checkout).disputes == 1
    here.ask(told(checkout, "closed", news("lost", amount=3_000, id="b"), at_s=6))
    assert (guard(here, checkout).disputes, guard(here, checkout).left) == (0, PRICE - 3_000)


def test_in_another_currency_it_is_booked_there_and_nothing_more_is_refunded() -> None:
    here, checkout = ordered()
    here.ask(told(checkout, "closed", news("lost", amount=1, currency="USD")))
    assert guard(here, checkout).left == 0
    assert {entry.currency for entry in here.rows.entries.values()} == {"EUR", "USD"}


def test_before_its_capture_is_recorded_it_is_taken_down_all_the_same() -> None:
    here, checkout = ordered(captured=False)
    here.ask(told(checkout, "opened", news()))
    assert guard(here, checkout).captured == PRICE


def test_about_no_order_it_is_unknown_so_that_it_is_told_again() -> None:
    here = open_world()
    assert isinstance(here.ask(told(a_checkout(), "opened", news())), Unknown)
    assert not here.wrote


@pytest.mark.parametrize("wrong", [{"amount": -1}, {"amount": 10**16}, {"fee": 10**16}])
def test_what_no_dispute_can_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="is none"):
        news(**wrong)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(DISPUTE, ["ask", "open", "win", "lose", "close"])))
def test_a_dispute_moves_by_its_table(state: str, event: str) -> None:
    expected = DISPUTE[state].get(event)  # type: ignore[index, call-overload]
    if expected is None:
        assert state in DISPUTE_ENDS
        with pytest.raises(IllegalTransition):
            move_dispute(state, event)  # type: ignore[arg-type]
    else:
        assert move_dispute(state, event) == expected  # type: ignore[arg-type]


def test_a_batch_with_several_numbers_its_entries_on() -> None:
    here, checkout = ordered()
    here.batch([(told(checkout, "opened", news(amount=n, id=str(n))), None) for n in (100, 200, 300)])
    assert sorted(number for order_id, number in here.rows.entries if order_id == checkout.id) == [0, 1, 2, 3]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_fee_that_comes_back_after_the_end_is_booked_in_whatever_order_it_is_told(order: tuple[int, ...]) -> None:
    here, checkout = ordered()
    messages = [
        told(checkout, "opened", news(fee=0), at_s=0),
        told(checkout, "updated", news(fee=1_500), at_s=0),
        told(checkout, "closed", news("won", fee=1_500), at_s=60),
        told(checkout, "updated", news("won", fee=0), at_s=60),
    ]
    for number in order:
        here.ask(messages[number])
    assert (dispute(here).state, dispute(here).fee, guard(here, checkout).disputes) == ("won", 0, 0)
    assert booked(here, checkout) == PAID
