"""Reserve: all pools or none, a deadline, and the first reason why not."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.commands import CloseDrop
from race_to_purchase.rules.drop import Flow
from race_to_purchase.rules.outcomes import (
    AllReserved,
    Closed,
    LimitReached,
    NotOpen,
    Outcome,
    PromoUsedUp,
    Reserved,
    SoldOut,
    Unknown,
)
from race_to_purchase.rules.rows import Checkout
from tests.rules.world import World, authorized, begin, cancel, expire, open_world, put, reserve
from tests.samples import NOON, a_drop


def reserved(outcome: Outcome) -> Checkout:
    assert isinstance(outcome, Reserved), outcome
    return outcome.checkout


def buy(world: World, *lines: tuple[str, int], buyer: str) -> None:
    """All the way over the pivot."""
    checkout = reserved(world.ask(reserve(*lines, buyer=buyer)))
    world.ask(begin(checkout))
    world.ask(authorized(checkout))


class TestClaiming:
    def test_a_reservation_holds_stock_and_the_buyers_limit_until_its_deadline(self) -> None:
        world = open_world()
        checkout = reserved(world.ask(reserve(("shoe", 2))))
        assert (checkout.state, checkout.deadline) == ("reserved", world.now + timedelta(seconds=300))
        assert (world.used("item/shoe"), world.used("buyer/ada")) == ((2, 0), (2, 0))

    def test_several_lines_are_claimed_all_or_nothing(self) -> None:
        world = open_world(limit_per_buyer=None)
        world.ask(reserve(("lace", 98), buyer="bob"))
        refused = world.ask(reserve(("shoe", 1), ("lace", 3)))
        assert refused == AllReserved("lace", left=2)
        assert not world.wrote
        assert world.used("item/shoe") == (0, 0)

    def test_an_item_in_two_lines_is_claimed_by_their_sum(self) -> None:
        world = open_world()
        checkout = reserved(world.ask(reserve(("shoe", 1), ("shoe", 1))))
        assert world.used("item/shoe") == (2, 0)
        assert checkout.quote.total == 2 * 15_900

    def test_a_promo_is_a_pool_like_any_other(self) -> None:
        world = open_world()
        for buyer in ("ada", "bob", "cyd"):
            reserved(world.ask(reserve(buyer=buyer, promo="TEN")))
        assert world.ask(reserve(buyer="dan", promo="TEN")) == PromoUsedUp("TEN")

    def test_the_same_command_again_answers_as_it_did(self) -> None:
        world = open_world()
        command = reserve()
        first = world.ask(command)
        assert world.ask(command) == first
        assert not world.wrote
        assert world.used("item/shoe") == (1, 0)

    def test_later_commands_of_a_batch_see_earlier_ones(self) -> None:
        world = open_world(limit_per_buyer=None)
        outcomes = world.batch([(reserve(("shoe", 6), buyer=buyer), None) for buyer in ("ada", "bob")])
        assert [type(outcome) for outcome in outcomes] == [Reserved, AllReserved]


class TestRefusing:
    @pytest.mark.parametrize("flow", ["reservation_first", "payment_first"])
    def test_sold_out_differs_from_all_reserved(self, flow: Flow) -> None:
        world = open_world(limit_per_buyer=None, flow=flow)
        buy(world, ("shoe", 9), buyer="bob")
        assert world.ask(reserve(("shoe", 2))) == SoldOut("shoe", left=1)
        first = reserved(world.ask(reserve(("shoe", 1), buyer="cyd")))
        if flow == "reservation_first":
            assert world.ask(reserve()) == AllReserved("shoe")
            world.ask(cancel(first))
        assert isinstance(world.ask(reserve()), Reserved)

    def test_less_than_was_wanted_differs_from_nothing(self) -> None:
        world = open_world(limit_per_buyer=None)
        buy(world, ("shoe", 6), buyer="bob")
        reserved(world.ask(reserve(("shoe", 2), buyer="cyd")))
        assert world.ask(reserve(("shoe", 3))) == AllReserved("shoe", left=2)
        assert world.ask(reserve(("shoe", 5))) == SoldOut("shoe", left=2)
        reserved(world.ask(reserve(("shoe", 2), buyer="dan")))
        assert world.ask(reserve()) == AllReserved("shoe")

    def test_a_limit_counts_what_is_held_and_what_is_bought(self) -> None:
        world = open_world()
        buy(world, ("shoe", 1), buyer="ada")
        assert world.ask(reserve(("shoe", 2))) == LimitReached(2, 1)
        reserved(world.ask(reserve()))
        assert world.ask(reserve()) == LimitReached(2, 0)
        assert isinstance(world.ask(reserve(buyer="bob")), Reserved)

    def test_what_was_given_up_does_not_count(self) -> None:
        world = open_world()
        checkout = reserved(world.ask(reserve(("shoe", 2))))
        world.wait(300)
        world.ask(expire(checkout))
        assert isinstance(world.ask(reserve(("shoe", 2))), Reserved)

    @pytest.mark.parametrize("limit", [1, 3])
    def test_a_changed_limit_counts_at_once(self, limit: int) -> None:
        world = open_world()
        reserved(world.ask(reserve(("shoe", 2))))
        world.ask(put(a_drop(limit_per_buyer=limit), a_drop()))
        assert isinstance(world.ask(reserve()), Reserved if limit == 3 else LimitReached)

    def test_unknown_things_are_named(self) -> None:
        world = open_world()
        assert world.ask(reserve(drop_id="borealis")) == Unknown("drop", "borealis")
        assert world.ask(reserve(("hat", 1))) == Unknown("item", "hat", "lines[0].item")
        assert world.ask(reserve(promo="HAT")) == Unknown("promo", "HAT", "promo")

    def test_the_door_opens_and_closes_by_the_clock(self) -> None:
        world = open_world(opens_at=NOON + timedelta(seconds=10), closes_at=NOON + timedelta(seconds=20))
        assert world.ask(reserve()) == NotOpen("aurora", NOON + timedelta(seconds=10))
        world.wait(10)
        assert isinstance(world.ask(reserve()), Reserved)
        world.wait(10)
        assert world.ask(reserve()) == Closed("aurora")

    def test_the_door_can_be_closed_by_hand(self) -> None:
        world = open_world()
        world.ask(CloseDrop("aurora"))
        assert world.ask(reserve()) == Closed("aurora")


class TestPaymentFirst:
    def test_nothing_is_held_before_the_payment(self) -> None:
        world = open_world(flow="payment_first")
        checkout = reserved(world.ask(reserve(("shoe", 2))))
        assert checkout.state == "open"
        assert "aurora/buyer/ada" not in world.rows.pools
        assert (world.used("item/shoe"), world.used("in-flight/shoe")) == ((0, 0), (0, 0))

    def test_a_payment_holds_a_place_and_the_limit_but_no_stock(self) -> None:
        world = open_world(flow="payment_first")
        checkout = reserved(world.ask(reserve(("shoe", 2))))
        world.ask(begin(checkout))
        assert (world.used("in-flight/shoe"), world.used("buyer/ada")) == ((2, 0), (2, 0))
        assert world.used("item/shoe") == (0, 0)

    def test_the_limit_stops_the_second_payment_not_the_second_price(self) -> None:
        world = open_world(flow="payment_first")
        first, second = (reserved(world.ask(reserve(("shoe", 2)))) for _ in range(2))
        world.ask(begin(first))
        assert world.ask(begin(second)) == LimitReached(2, 0)

    def test_a_lifted_limit_stops_nobody(self) -> None:
        drop = a_drop(flow="payment_first")
        world = open_world(flow="payment_first")
        first, second = (reserved(world.ask(reserve(("shoe", 2)))) for _ in range(2))
        world.ask(put(replace(drop, limit_per_buyer=None), drop))
        for checkout in (first, second):
            world.ask(begin(checkout))
        assert world.used("buyer/ada") == (4, 0)

    def test_not_many_more_may_pay_than_there_is_stock(self) -> None:
        world = open_world(flow="payment_first", limit_per_buyer=None)
        checkouts = [reserved(world.ask(reserve(("shoe", 1), buyer=f"b{i}"))) for i in range(13)]
        outcomes = [world.ask(begin(checkout)) for checkout in checkouts]
        assert outcomes[12] == AllReserved("shoe")
        assert world.used("in-flight/shoe") == (12, 0)
