"""The arithmetic of the scorecard, and that its words are written down."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from race_to_purchase.observe.measures import Measure
from race_to_purchase.rehearse.crowd.diary import Page, Purchase
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.fairness import DrawSeen, LineSeen
from race_to_purchase.rehearse.scorecard import Ledgers, Rehearsal, Scorecard, Witness, scorecard
from tests.project.tree import ROOT

REHEARSAL = Rehearsal(buyers=10, bots=5, stock=204, seed=1, shelves={"aurora-42": 4, "aurora-43": 200})
LEDGERS = Ledgers(
    sold=4,
    oversold=0,
    duplicate_orders=0,
    captured_without_order=0,
    orders_without_capture=0,
    ledger_imbalance_minor=0,
    orders=3,
)
WITNESS = Witness(looks=40, inconsistent_looks=0)
PURCHASE = Purchase(
    order="order-0",
    who="human",
    buyer="human-0",
    item="aurora-42",
    pieces=1,
    amount=15900,
    expected=15900,
    currency="EUR",
    waited_ms=40.0,
    paid_at_s=1.1,
    placed_at_s=1.2,
)


class TestWhatIsNoFailure:
    @pytest.mark.parametrize("end", ["sold_out", "all_reserved", "limit_reached", "abandoned", "declined", "closed"])
    def test_an_outcome_is_left_out_of_the_success_rate(self, end: str) -> None:
        counts = {"end/human/bought": 3, f"end/human/{end}": 500, "end/bot/failed": 1}
        assert card(counts).checkout_success_rate == 0.75

    @pytest.mark.parametrize("reception", ["sold_out", "all_reserved", "limit_reached", "drop_not_open", "busy"])
    def test_a_refusal_for_want_of_stock_is_left_out_of_the_reservation_rate(self, reception: str) -> None:
        counts = {"reserve/accepted": 199, f"reserve/{reception}": 10_000, "reserve/failed": 1}
        assert measure(card(counts), "M3").value == 0.995

    def test_a_declined_card_is_left_out_of_the_authorization_rate(self) -> None:
        counts = {"pay/authorized": 98, "pay/declined": 60, "pay/failed": 2}
        assert measure(card(counts), "M5") == Measure("M5", "payment authorization rate", 0.98, "%", "≥ 98%", True)


class TestWhatIsAFailure:
    def test_a_reservation_that_ends_under_its_buyers_payment_counts_against_both(self) -> None:
        counts = {"end/human/bought": 1, "end/human/expired": 1, "reserve/accepted": 4}
        assert card(counts).checkout_success_rate == 0.5
        assert measure(card(counts), "M3").value == 0.75

    def test_a_missed_target_breaks_no_promise(self) -> None:
        result = card({"end/human/bought": 1, "end/human/failed": 9})
        assert (measure(result, "M1").met, result.broken) == (False, ())


class TestBrokenPromises:
    def test_a_sound_rehearsal_has_none(self) -> None:
        assert card({}).broken == ()

    @pytest.mark.parametrize(
        "key",
        ["oversold", "duplicate_orders", "captured_without_order", "orders_without_capture", "ledger_imbalance_minor"],
    )
    def test_whatever_the_audit_counts_is_told(self, key: str) -> None:
        result = card({}, ledgers=replace(LEDGERS, **{key: 3}))
        assert (getattr(result, key), len(result.broken)) == (3, 1)

    def test_an_imbalance_below_zero_is_one_too(self) -> None:
        assert len(card({}, ledgers=replace(LEDGERS, ledger_imbalance_minor=-1)).broken) == 1

    def test_the_audits_own_sentences_are_told(self) -> None:
        assert card({}, ledgers=replace(LEDGERS, violations=("a hold outlived its checkout",))).broken == (
            "a hold outlived its checkout",
        )

    @pytest.mark.parametrize("note", ["answers_differ", "tabs_disagree", "limit_evaded"])
    def test_what_only_the_crowd_can_see_is_told(self, note: str) -> None:
        result = card({f"note/{note}": 2})
        assert (getattr(result, note), len(result.broken)) == (2, 1)

    @pytest.mark.parametrize("what", ["missing_orders", "wrong_amounts"])
    def test_an_answered_order_that_is_not_there_or_is_another_is_told(self, what: str) -> None:
        result = card({}, witness=replace(WITNESS, **{what: 1}))
        assert (getattr(result, what), len(result.broken)) == (1, 1)

    def test_a_price_that_was_not_agreed_is_told(self) -> None:
        assert card({}, purchases=[replace(PURCHASE, amount=15901)]).wrong_amounts == 1

    def test_a_name_that_bought_twice_is_a_duplicate(self) -> None:
        result = card({}, purchases=[PURCHASE, replace(PURCHASE, order="order-1")])
        assert (result.duplicate_orders, measure(result, "M6").met, len(result.broken)) == (1, False, 1)

    def test_more_pieces_in_orders_than_there_were_is_oversold(self) -> None:
        result = card({}, purchases=[replace(PURCHASE, buyer=f"human-{n}", order=f"{n}", pieces=2) for n in range(3)])
        assert (result.oversold, len(result.broken)) == (2, 1)

    def test_a_look_that_found_too_much_is_told_and_measured(self) -> None:
        result = card({}, witness=Witness(looks=39, inconsistent_looks=10))
        assert (measure(result, "M4").value, measure(result, "M4").met, len(result.broken)) == (0.75, False, 1)

    @pytest.mark.parametrize("what", ["oversold", "stock_findings"])
    def test_stock_that_is_wrong_at_rest_is_one_more_inconsistent_look(self, what: str) -> None:
        result = card({}, ledgers=replace(LEDGERS, **{what: 1}), witness=Witness(looks=3, inconsistent_looks=0))
        assert (measure(result, "M4").value, measure(result, "M4").met) == (0.75, False)

    def test_stock_that_does_not_come_back_is_told(self) -> None:
        assert len(card({}, ledgers=replace(LEDGERS, still_held=2)).broken) == 1

    def test_a_rehearsal_in_which_nobody_could_buy_proves_nothing(self) -> None:
        assert len(card({"end/human/failed": 9}, purchases=[]).broken) == 1


class TestNumbers:
    def test_a_busy_second_is_one_with_an_order_in_it(self) -> None:
        moments = (0.1, 0.2, 0.9, 7.0, 7.5)
        result = card({}, purchases=[bought(n, placed_at_s=at_s) for n, at_s in enumerate(moments)])
        assert (result.purchases_per_s, result.busiest_second) == (2.5, 3)

    def test_the_pace_is_kept_where_the_orders_follow_the_payments(self) -> None:
        asked = [bought(n, paid_at_s=0.5, placed_at_s=0.6) for n in range(10)]
        assert measure(card({}, purchases=asked), "M13").met is True

    def test_the_pace_is_lost_where_orders_come_second_by_second(self) -> None:
        asked = [bought(n, paid_at_s=0.5, placed_at_s=0.6 + 2 * n) for n in range(10)]
        assert measure(card({}, purchases=asked), "M13") == Measure(
            "M13", "order commit rate, peak second", 1.0, "/s", "≥ 90% of 10", False
        )

    def test_the_bots_share_counts_pieces(self) -> None:
        purchases = [bought(0, pieces=1), bought(1, who="bot", pieces=2), bought(2, pieces=1)]
        assert card({}, purchases=purchases).bot_share == 0.5

    def test_percentiles_are_those_of_the_purchases(self) -> None:
        result = card({}, purchases=[bought(n, waited_ms=float(n + 1)) for n in range(100)])
        assert (result.p50_checkout_ms, result.p95_checkout_ms) == (50.0, 95.0)

    def test_nothing_measured_is_neither_met_nor_missed(self) -> None:
        result = card({}, purchases=[], ledgers=replace(LEDGERS, orders=0), witness=Witness(0, 0))
        assert {one.met for one in result.measures if one.id != "M4"} == {None}
        assert (result.checkout_success_rate, result.p95_checkout_ms, result.bot_share) == (None, None, None)

    def test_pages_of_several_processes_add_up(self) -> None:
        tally = Tally()
        tally.add(0, Page({"sent/pay": 2}, {"pay": [5.0, 7.0]}, [], in_shop=3))
        tally.add(1, Page({"sent/pay": 1}, {"pay": [9.0]}, [], in_shop=4))
        tally.add(0, Page({}, {}, [], in_shop=1))
        assert (tally.counts["sent/pay"], tally.requests("pay").count, tally.in_shop) == (3, 3, 5)
        assert tally.requests("pay").percentile_ms(50) == 7.0


class TestTheDoor:
    @pytest.mark.parametrize(
        ("note", "sentence"),
        [
            ("entered_without_pass", "1 reservations were made without a pass"),
            ("pass_used_twice", "1 passes were used for a second reservation"),
            ("proof_used_twice", "1 proofs of work were a second place"),
            ("place_lost", "1 places were lost by a reload or a second device"),
        ],
    )
    def test_what_gets_past_it_is_a_broken_promise(self, note: str, sentence: str) -> None:
        assert card({f"note/{note}": 1}).broken == (sentence,)

    def test_so_is_a_draw_that_cannot_be_verified(self) -> None:
        line = LineSeen(2, 0, 2, DrawSeen(("the list has the published root",), {}))
        found = card({}, witness=msgspec.structs.replace(WITNESS, line=line))
        assert found.broken == ("the draw cannot be verified: the list has the published root is not so",)
        assert found.fairness is not None
        assert not found.fairness.draw_holds


def test_every_key_of_the_scorecard_is_defined_in_words() -> None:
    page = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    keys = [field.name for field in msgspec.structs.fields(Scorecard)]
    assert [key for key in keys if f"`{key}`" not in page] == []


def card(
    counts: dict[str, int],
    purchases: list[Purchase] | None = None,
    ledgers: Ledgers = LEDGERS,
    witness: Witness = WITNESS,
) -> Scorecard:
    """The scorecard of a crowd that wrote down this."""
    tally = Tally()
    tally.add(0, Page(counts, {}, [PURCHASE] if purchases is None else purchases, last=True))
    return scorecard(REHEARSAL, tally, ledgers, witness, elapsed_s=12.34)


def bought(number: int, **changes: Any) -> Purchase:
    """Purchase number so and so, of a buyer of its own and an item of its own."""
    return replace(PURCHASE, order=f"order-{number}", buyer=f"buyer-{number}", item="aurora-43", **changes)


def measure(result: Scorecard, wanted: str) -> Measure:
    """One measure by its id."""
    return next(one for one in result.measures if one.id == wanted)
