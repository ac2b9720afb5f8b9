"""What a human buyer does at every turn that a sale can take."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rehearse.crowd.diary import Diary, Page
from race_to_purchase.rehearse.crowd.human import human
from race_to_purchase.rehearse.crowd.plan import Human
from race_to_purchase.rehearse.crowd.steps import REPEATS_MAX, Ask, Body, Cancel, Pay, Reserve
from tests.rehearse.shop import HUMAN, LATENCY_S, OPENS, Shop, Special, live, person


class TestAPlainPurchase:
    def test_reserves_thinks_and_pays(self) -> None:
        shop, page = visit()
        assert [type(ask) for ask in shop.asks] == [Reserve, Pay]
        assert shop.sends[1].at_s == pytest.approx(HUMAN.arrives_s + LATENCY_S + HUMAN.think_s)
        assert page.counts["end/human/bought"] == 1

    def test_waiting_is_what_the_shop_took_and_thinking_is_not(self) -> None:
        _, page = visit()
        assert page.purchases[0].waited_ms == pytest.approx(2 * LATENCY_S * 1000)

    def test_the_price_agreed_is_written_down_beside_the_price_charged(self) -> None:
        _, page = visit(quantity=2)
        assert (page.purchases[0].expected, page.purchases[0].amount) == (2 * 15900, 2 * 15900)

    def test_every_wish_has_a_key_of_its_own(self) -> None:
        shop, _ = visit(cards=("pm_declined", "pm_approved"))
        keys = [ask.key for ask in shop.asks if isinstance(ask, Reserve | Pay)]
        assert len(set(keys)) == len(keys) == 3


class TestImpatience:
    def test_a_double_click_is_the_same_request_twice_at_once(self) -> None:
        shop, page = visit(double_click=True)
        assert [len(send.asks) for send in shop.sends] == [2, 2]
        assert all(send.asks[0] == send.asks[1] for send in shop.sends)
        assert (len(shop.orders), len(page.purchases), page.counts["note/double_click"]) == (1, 1, 2)

    def test_the_click_that_was_answered_first_counts(self) -> None:
        """One of the two is told that the other is still being answered."""
        told: list[Ask] = []

        def first_is_in_flight(ask: Ask, _: Shop) -> tuple[int, Body] | None:
            told.append(ask)
            return (409, Body(code="idempotency_in_flight")) if len(told) == 1 else None

        shop, page = visit(first_is_in_flight, double_click=True)
        assert page.counts["end/human/bought"] == 1
        assert len(shop.of(Reserve)) == 2

    @pytest.mark.parametrize(("where", "kind"), [("reserve", Reserve), ("pay", Pay)])
    def test_after_a_lost_answer_the_same_request_is_repeated(self, where: str, kind: type[Ask]) -> None:
        shop, page = visit(lost_answer=where)
        asked = shop.of(kind)
        assert len(asked) == 2
        assert asked[0] == asked[1]
        assert page.counts["end/human/bought"] == 1
        assert page.purchases[0].waited_ms == pytest.approx(3 * LATENCY_S * 1000)

    def test_an_undecided_payment_is_asked_for_again_and_the_wait_counts(self) -> None:
        answers = iter([(202, Body(state="paying"))])
        shop, page = visit(lambda ask, _: next(answers, None) if isinstance(ask, Pay) else None)
        assert len(set(shop.of(Pay))) == 1
        assert page.purchases[0].waited_ms > 300

    def test_a_shop_that_never_answers_has_failed(self) -> None:
        shop, page = visit(lambda ask, _: (503, Body(code="overloaded")))
        assert len(shop.asks) == REPEATS_MAX + 1
        assert page.counts == {"reserve/busy": 1, "end/human/failed": 1}


class TestTwoTabs:
    def test_two_payments_under_two_keys_are_one_order(self) -> None:
        shop, page = visit(second_tab="payment")
        first, second = shop.sends[1].asks
        assert isinstance(first, Pay)
        assert isinstance(second, Pay)
        assert (first.checkout, first.key != second.key) == (second.checkout, True)
        assert (len(page.purchases), page.counts["pay/authorized"]) == (1, 1)
        assert "note/tabs_disagree" not in page.counts

    def test_two_orders_for_two_tabs_are_noticed(self) -> None:
        def another_order_each_time(ask: Ask, shop: Shop) -> tuple[int, Body] | None:
            if not isinstance(ask, Pay):
                return None
            order = replace(shop.order(ask.checkout), id=f"order-of-{ask.key}")
            return 200, Body(id=ask.checkout, order=order)

        _, page = visit(another_order_each_time, second_tab="payment")
        assert page.counts["note/tabs_disagree"] == 1

    def test_a_second_basket_is_refused_by_the_limit(self) -> None:
        def limit(ask: Ask, shop: Shop) -> tuple[int, Body] | None:
            return (409, Body(code="limit_reached")) if isinstance(ask, Reserve) and shop.held else None

        _, page = visit(limit, second_tab="checkout", quantity=2)
        assert page.counts["reserve/limit_reached"] == 1
        assert page.counts["end/human/bought"] == 1

    def test_a_second_basket_that_is_granted_is_noticed(self) -> None:
        _, page = visit(second_tab="checkout", quantity=2)
        assert page.counts["note/limit_evaded"] == 1

    def test_a_second_basket_after_the_first_has_lapsed_is_within_the_limit(self) -> None:
        """The shop takes so long over the first answer that the reservation is over when the second is granted."""
        _, page = visit(second_tab="checkout", quantity=2, latency_s=5.0)
        assert "note/limit_evaded" not in page.counts


class TestCards:
    def test_a_declined_card_is_followed_by_another(self) -> None:
        shop, page = visit(cards=("pm_declined", "pm_approved"))
        assert [ask.method for ask in shop.asks if isinstance(ask, Pay)] == ["pm_declined", "pm_approved"]
        assert (page.counts["pay/declined"], page.counts["pay/authorized"]) == (1, 1)
        assert page.purchases[0].waited_ms == pytest.approx(3 * LATENCY_S * 1000)

    def test_whoever_has_no_card_left_goes_home_declined(self) -> None:
        _, page = visit(cards=("pm_declined", "pm_declined"))
        assert (page.counts["end/human/declined"], page.purchases) == (1, [])

    def test_a_reservation_that_ended_under_a_payment_is_a_failure_of_its_own(self) -> None:
        _, page = visit(lambda ask, _: (409, Body(code="reservation_expired")) if isinstance(ask, Pay) else None)
        assert (page.counts["end/human/expired"], page.counts["pay/failed"]) == (1, 1)

    def test_paid_without_an_order_is_a_failure(self) -> None:
        _, page = visit(lambda ask, _: (200, Body(state="paid")) if isinstance(ask, Pay) else None)
        assert (page.counts["end/human/failed"], page.purchases) == (1, [])


class TestScarcity:
    def test_sold_out_sends_one_to_the_next_size_and_then_home(self) -> None:
        shop, page = visit(stock=0)
        assert [ask.item for ask in shop.asks if isinstance(ask, Reserve)] == ["42", "41", "43"]
        assert page.counts["end/human/sold_out"] == 1

    def test_who_wanted_two_takes_the_last_one(self) -> None:
        shop, page = visit(stock=1, quantity=2)
        assert [ask.quantity for ask in shop.asks if isinstance(ask, Reserve)] == [2, 1]
        assert page.purchases[0].pieces == 1

    def test_stock_in_other_hands_is_waited_for(self) -> None:
        back_at = OPENS + timedelta(seconds=9)
        answers = iter([(409, Body(code="all_reserved", retry_at=back_at))])
        shop, page = visit(lambda ask, _: next(answers, None))
        assert shop.sends[1].at_s > 9
        assert shop.asks[0] != shop.asks[1], "a new try is a new wish, under a new key"
        assert page.counts["end/human/bought"] == 1
        assert page.purchases[0].waited_ms == pytest.approx(2 * LATENCY_S * 1000), "waiting for stock is no slowness"

    def test_patience_ends(self) -> None:
        shop, page = visit(lambda ask, _: (409, Body(code="all_reserved")), patience=3)
        assert len(shop.asks) == 4
        assert page.counts["end/human/all_reserved"] == 1


class TestWalkingAway:
    def test_some_just_leave(self) -> None:
        shop, page = visit(abandons="leaves")
        assert [type(ask) for ask in shop.asks] == [Reserve]
        assert page.counts["end/human/abandoned"] == 1

    def test_some_press_cancel(self) -> None:
        shop, page = visit(abandons="cancels")
        assert [type(ask) for ask in shop.asks] == [Reserve, Cancel]
        assert page.counts["end/human/abandoned"] == 1

    def test_who_has_waited_long_does_not(self) -> None:
        back_at = OPENS + timedelta(seconds=30)
        answers = iter([(409, Body(code="all_reserved", retry_at=back_at))])
        _, page = visit(lambda ask, _: next(answers, None), abandons="leaves")
        assert page.counts["end/human/bought"] == 1


def visit(
    special: Special | None = None, *, stock: int = 10, latency_s: float = LATENCY_S, **changes: object
) -> tuple[Shop, Page]:
    """One visit of a buyer who is like HUMAN but for `changes`: the shop afterwards, and the diary."""
    me: Human = replace(HUMAN, **changes)
    shop, diary = Shop(stock, special, latency_s), Diary()
    return shop, live(human(me, person(me.name, diary)), shop, diary)
