"""Refunds: never above what was captured, never in two minds, and booked in shares that add up."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from race_to_purchase.rules.aftersale import REFUND, REFUND_OPEN, IllegalTransition, move_refund
from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Item
from race_to_purchase.rules.ledger_after import refund as entry_of
from race_to_purchase.rules.outcomes import KeyReused, RefundStored, Replayed, Unknown, WrongState
from race_to_purchase.rules.refund_outcomes import Disputed, NotCaptured, RefundTooLarge, RestockOfPart
from race_to_purchase.rules.verdicts import (
    Absent,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Refunded,
    RefundFailed,
    RefundPending,
)
from tests.rules import world
from tests.rules.aftersale import booked, give_back, guard, news, ordered, refund, said, told
from tests.rules.world import open_world
from tests.samples import NOON, PRICE, a_checkout, an_entry, an_order, new_id

NEWS = [("needs_response", "opened"), ("won", "closed"), ("lost", "closed")]
PAID = {"receivable:sandbox": PRICE, "revenue:house": -PRICE}


class TestAsking:
    def test_all_of_it_is_stored_with_its_key_and_its_task_before_the_gateway_is_asked(self) -> None:
        here, checkout = ordered()
        outcome = here.ask(refund(checkout))
        assert isinstance(outcome, RefundStored)
        row = here.rows.refunds[(checkout.id, 1)]
        assert outcome.refund == row
        assert (row.state, row.amount, row.payment_ref) == ("requested", PRICE, "ref-1")
        assert (guard(here, checkout).pending, guard(here, checkout).left) == (PRICE, 0)
        assert here.rows.tasks[f"{checkout.id}/1/refund"].kind == "refund"
        assert here.checkout(checkout.id).state == "paid"

    def test_a_command_run_again_finds_what_it_did(self) -> None:
        here, checkout = ordered()
        wish = refund(checkout, 100)
        assert here.ask(wish) == here.ask(wish)
        assert guard(here, checkout).pending == 100

    @pytest.mark.parametrize("amount", [0, -1, PRICE + 1])
    def test_no_more_than_there_is(self, amount: int) -> None:
        here, checkout = ordered()
        assert here.ask(refund(checkout, amount)) == RefundTooLarge(PRICE)
        assert not here.wrote

    def test_what_is_pending_is_not_left(self) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, 10_000))
        assert here.ask(refund(checkout, 5_901)) == RefundTooLarge(5_900)
        assert isinstance(here.ask(refund(checkout, 5_900)), RefundStored)
        assert here.ask(refund(checkout)) == RefundTooLarge(0)

    def test_two_of_one_batch_cannot_both_have_all(self) -> None:
        here, checkout = ordered()
        outcomes = here.batch([(refund(checkout), None), (refund(checkout), None)])
        assert [type(outcome) for outcome in outcomes] == [RefundStored, RefundTooLarge]

    def test_not_before_the_money_was_taken(self) -> None:
        here, checkout = ordered(captured=False)
        assert here.ask(refund(checkout)) == NotCaptured(checkout.id)
        here.ask(world.captured(checkout, CaptureRefused("expired")))
        assert isinstance(here.ask(refund(checkout)), WrongState)

    def test_what_was_never_ordered_is_unknown(self) -> None:
        here = open_world()
        assert here.ask(refund(a_checkout())) == Unknown("order", here.decisions[0].outcome.id)  # type: ignore[union-attr]

    def test_not_while_disputed_but_while_an_inquiry_asks(self) -> None:
        here, checkout = ordered()
        here.ask(told(checkout, "opened", news("warning_needs_response", fee=0)))
        give_back(here, checkout, 100)
        here.ask(told(checkout, "updated", news(), at_s=1))
        assert here.ask(refund(checkout, 100)) == Disputed(checkout.id)
        here.ask(told(checkout, "closed", news("won"), at_s=2))
        assert isinstance(here.ask(refund(checkout, 100)), RefundStored)

    def test_goods_go_back_only_with_all_of_the_money(self) -> None:
        here, checkout = ordered()
        assert here.ask(refund(checkout, 100, restock=True)) == RestockOfPart(PRICE)
        give_back(here, checkout, 100)
        assert isinstance(here.ask(refund(checkout, restock=True)), RefundStored)


class TestTheEnd:
    def test_all_of_it_ends_the_order_and_leaves_the_goods_with_the_buyer(self) -> None:
        here, checkout = ordered()
        row = give_back(here, checkout)
        assert (row.state, row.ended_at) == ("done", here.now)
        assert here.checkout(checkout.id).state == "refunded"
        assert here.used("item/shoe") == (0, 1)
        assert booked(here, checkout) == {"revenue:house": -PRICE, "refunds:house": PRICE}
        assert f"{checkout.id}/1/refund" not in here.rows.tasks

    def test_with_restock_they_go_on_sale_again(self) -> None:
        here, checkout = ordered()
        give_back(here, checkout, 5_000)
        give_back(here, checkout, restock=True)
        assert here.checkout(checkout.id).state == "returned"
        here.wait(3600)
        told_again = here.ask(world.begin(checkout))
        assert told_again == WrongState(checkout.id, "returned", "be paid"), "it was charged, and given back"
        assert here.used("item/shoe") == (0, 0)
        assert here.used("buyer/ada") == (0, 0)

    def test_the_restock_of_a_refund_that_ended_before_another_is_not_forgotten(self) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, 5_000))
        here.ask(refund(checkout, restock=True))
        here.ask(said(checkout, Refunded("ref-1", PRICE - 5_000), n=2))
        assert here.checkout(checkout.id).state == "paid"
        here.ask(said(checkout, Refunded("ref-1", 5_000), n=1))
        assert here.checkout(checkout.id).state == "returned"

    def test_a_part_leaves_the_order_standing(self) -> None:
        here, checkout = ordered()
        give_back(here, checkout, 900)
        assert here.checkout(checkout.id).state == "paid"
        assert booked(here, checkout) == {**PAID, "receivable:sandbox": PRICE - 900, "refunds:house": 900}

    def test_what_is_refunded_is_not_delivered_any_more(self) -> None:
        here, checkout = ordered(captured=False)
        here.ask(world.captured(checkout, Captured("ref-1", PRICE), deliver=True))
        assert len(here.rows.tasks) == 1
        give_back(here, checkout)
        assert here.rows.tasks == {}
        here.ask(world.delivered(checkout))
        assert here.checkout(checkout.id).state == "refunded"

    def test_a_refusal_makes_the_amount_free_again(self) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout))
        here.ask(said(checkout, Declined("no_funds", retryable=True)))
        row = here.rows.refunds[(checkout.id, 1)]
        assert (row.state, row.failure) == ("failed", "no_funds")
        assert guard(here, checkout).left == PRICE
        assert booked(here, checkout) == PAID
        assert here.rows.tasks == {}

    def test_money_that_comes_back_days_later_is_owed_again(self) -> None:
        here, checkout = ordered()
        done = give_back(here, checkout)
        here.wait(3 * 86_400)
        here.ask(said(checkout, RefundFailed("re_1", "account_closed")))
        row = here.rows.refunds[(checkout.id, 1)]
        assert (row.state, row.failure, row.answer) == ("failed", "account_closed", done.answer)
        assert booked(here, checkout) == PAID
        give_back(here, checkout)
        assert here.checkout(checkout.id).state == "refunded"


class TestMeanwhile:
    @pytest.mark.parametrize(
        ("verdict", "state"),
        [
            (NoAnswer("time-out"), "unknown"),
            (RefundPending("re_1"), "sent"),
            (NotSent("no connection"), "requested"),
            (Absent(), "requested"),
        ],
    )
    def test_it_is_asked_about_again_and_counts_as_pending(self, verdict: NoAnswer, state: str) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, 100))
        here.ask(said(checkout, verdict))
        task = here.rows.tasks[f"{checkout.id}/1/refund"]
        assert (here.rows.refunds[(checkout.id, 1)].state, task.tries) == (state, 1)
        assert task.due_at > here.now
        assert guard(here, checkout).pending == 100

    @pytest.mark.parametrize(
        "late", [Refunded("ref-1", 100), NoAnswer("?"), Declined("no", retryable=False), RefundPending("re"), Absent()]
    )
    def test_late_news_change_nothing(self, late: NoAnswer) -> None:
        here, checkout = ordered()
        give_back(here, checkout, 100)
        row = here.rows.refunds[(checkout.id, 1)]
        assert here.ask(said(checkout, late)) == RefundStored(row)
        assert not here.wrote

    @pytest.mark.parametrize("strange", [Refunded("ref-1", 99), Captured("ref-1", 100)])
    def test_another_amount_or_another_word_is_a_bug(self, strange: Refunded) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, 100))
        with pytest.raises(TypeError):
            here.ask(said(checkout, strange))


class TestItsKey:
    USE = KeyUse("refund shop", "k", b"digest")

    def test_replays_the_answer_of_its_end_byte_for_byte(self) -> None:
        here, checkout = ordered()
        first = here.ask(refund(checkout, 100), self.USE)
        again = here.ask(refund(checkout, 100), self.USE)
        assert first == again
        assert answer(again).status == 202
        here.ask(said(checkout, Refunded("ref-1", 100)))
        ended = here.ask(refund(checkout, 100), self.USE)
        assert isinstance(ended, Replayed)
        assert (ended.status, b'"state":"done"' in ended.body) == (201, True)
        here.ask(said(checkout, RefundFailed("re", "closed")))
        assert here.ask(refund(checkout, 100), self.USE) == ended
        assert guard(here, checkout).left == PRICE

    def test_belongs_to_one_wish(self) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, 100), self.USE)
        other = KeyUse(self.USE.scope, self.USE.key, b"another body")
        assert isinstance(here.ask(refund(checkout, 200), other), KeyReused)

    def test_a_refusal_leaves_it_unused(self) -> None:
        here, checkout = ordered()
        here.ask(refund(checkout, PRICE + 1), self.USE)
        assert isinstance(here.ask(refund(checkout, 1), self.USE), RefundStored)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(REFUND, ["accept", "lose", "finish", "fail"])))
def test_a_refund_moves_by_its_table(state: str, event: str) -> None:
    expected = REFUND[state].get(event)  # type: ignore[index, call-overload]
    if expected is None:
        with pytest.raises(IllegalTransition):
            move_refund(state, event)  # type: ignore[arg-type]
    else:
        assert move_refund(state, event) == expected  # type: ignore[arg-type]


def test_what_is_open_can_still_end_well_or_badly() -> None:
    assert all({"done", "failed"} <= set(REFUND[state].values()) for state in REFUND_OPEN)


@given(st.lists(st.integers(1, 999), min_size=1, max_size=8), st.lists(st.integers(1, 500), min_size=1, max_size=4))
def test_the_shares_of_parts_add_up_to_those_of_the_whole(parts: list[int], weights: list[int]) -> None:
    total, whole = sum(parts), sum(weights)
    accounts = ("receivable:sandbox", *(f"revenue:{i}" for i in range(len(weights) - 1)), "tax:0")
    sale = an_entry(an_order(a_checkout()), accounts=accounts, amounts=(whole, *(-weight for weight in weights)))
    booking = (NOON, 1, "refund")
    sums: dict[str, int] = {}
    before = 0
    for part in parts:
        entry = entry_of(sale, "sandbox", booking, before=before, after=before + part)
        before += part
        assert sum(entry.amounts) == 0
        for account, amount in zip(entry.accounts, entry.amounts, strict=True):
            sums[account] = sums.get(account, 0) + amount
    at_once = entry_of(sale, "sandbox", booking, before=0, after=total)
    assert {a: v for a, v in sums.items() if v} == dict(zip(at_once.accounts, at_once.amounts, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_it_never_gives_back_more_than_it_took(data: st.DataObject) -> None:
    here, checkout = ordered()
    for _ in range(data.draw(st.integers(1, 14))):
        count = len(here.rows.refunds)
        if count and data.draw(st.booleans()):
            n = data.draw(st.integers(1, count))
            amount = here.rows.refunds[(checkout.id, n)].amount
            verdicts = [Refunded("r", amount), Declined("x", False), RefundFailed("r", "x"), NoAnswer("?")]
            here.ask(said(checkout, data.draw(st.sampled_from(verdicts)), n))
        elif data.draw(st.booleans()):
            here.ask(refund(checkout, data.draw(st.integers(1, PRICE)), refund_id=new_id()))
        else:
            status, kind = data.draw(st.sampled_from(NEWS))
            about = news(status, data.draw(st.integers(0, PRICE)), id=data.draw(st.sampled_from(["a", "b"])))
            here.ask(told(checkout, kind, about))  # type: ignore[arg-type]
        if checkout.id in here.rows.guards:
            rows = here.rows.refunds.values()
            now = guard(here, checkout)
            assert now.refunded == sum(row.amount for row in rows if row.state == "done")
            assert now.pending == sum(row.amount for row in rows if row.state in REFUND_OPEN)
            assert now.lost == sum(row.lost for row in here.rows.disputes.values())
            assert now.disputes == sum(row.state == "open" for row in here.rows.disputes.values())
            assert now.left >= 0
            taken = sum(
                row.fee + (row.amount if row.state in ("open", "lost") else 0) for row in here.rows.disputes.values()
            )
            assert booked(here, checkout).get("receivable:sandbox", 0) == PRICE - now.refunded - taken


def test_seller_and_tax_get_their_shares_back() -> None:
    """A refund of a third takes a third of the tax with it, whatever the drop says by then."""
    items = (Item("shoe", "Shoe", PRICE, 10, seller="nord", tax_percent=19),)
    here, checkout = ordered(open_world(items=items))
    tax = -booked(here, checkout)["tax:nord"]
    assert tax > 0
    give_back(here, checkout, PRICE // 3)
    after = booked(here, checkout)
    assert after["receivable:sandbox"] == PRICE - PRICE // 3
    assert after["refunds:nord"] + (tax + after["tax:nord"]) == PRICE // 3
    assert abs((tax + after["tax:nord"]) - tax / 3) < 1
    give_back(here, checkout)
    assert booked(here, checkout) == {"revenue:nord": tax - PRICE, "refunds:nord": PRICE - tax}
