"""The merchant's side: a drop is made, changed while it runs, closed; stock in use is never taken away."""

import json

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.changes import CHANGES_MAX, TEXT_MAX
from race_to_purchase.rules.commands import CloseDrop
from race_to_purchase.rules.drop import Drop, Item, Promo
from race_to_purchase.rules.outcomes import AllReserved, DropStored, FlowFixed, Reserved, StockBelowUse, Unknown
from tests.rules.world import World, begin, open_world, put, reserve
from tests.samples import a_drop


def with_stock(drop: Drop, stock: int) -> Drop:
    return replace(drop, items=(replace(drop.items[0], stock=stock), *drop.items[1:]))


def in_use(**changes: object) -> World:
    """Three shoes are held."""
    world = open_world(limit_per_buyer=None, **changes)
    outcome = world.ask(reserve(("shoe", 3)))
    assert isinstance(outcome, Reserved)
    world.ask(begin(outcome.checkout))
    return world


def change(world: World, drop: Drop) -> object:
    return world.ask(put(drop, world.rows.drops[drop.id].definition))


def changed_by(world: World) -> dict[str, tuple[object, object]]:
    """What the latest event says was changed."""
    return {one["what"]: (one["from"], one["to"]) for one in json.loads(world.rows.events[-1].data)["changed"]}


class TestPut:
    def test_a_new_drop_comes_with_its_pools_and_an_event(self) -> None:
        world = open_world()
        assert world.used("item/shoe") == (0, 0)
        assert world.pool("promo/TEN").capacity == 3
        assert [(event.stream, event.kind) for event in world.rows.events] == [("aurora", "drop_created")]

    def test_the_same_again_changes_nothing(self) -> None:
        world = open_world()
        outcome = change(world, a_drop())
        assert isinstance(outcome, DropStored)
        assert not outcome.created
        assert not world.wrote

    def test_the_history_says_which_fields_were_changed_from_what_to_what(self) -> None:
        world = open_world()
        shoe, *others = a_drop().items
        hat = Item("hat", "Hat", 900, 3)
        changed = a_drop(title="Dusk", items=(replace(shoe, stock=7), *others, hat), limit_per_buyer=None)
        change(world, changed)
        assert changed_by(world) == {
            "title": (a_drop().title, "Dusk"),
            "items.shoe.stock": (shoe.stock, 7),
            "items.hat.title": (None, "Hat"),
            "items.hat.price": (None, 900),
            "items.hat.stock": (None, 3),
            "limit_per_buyer": (a_drop().limit_per_buyer, None),
        }

    def test_and_neither_whole_codes_nor_texts_without_an_end(self) -> None:
        world = open_world()
        ten = next(promo for promo in a_drop().promos if promo.code == "TEN")
        others = tuple(promo for promo in a_drop().promos if promo != ten)
        change(world, a_drop(title="x" * 200, promos=(replace(ten, redemptions=4), *others)))
        found = changed_by(world)
        assert found["promos.TE….redemptions"] == (ten.redemptions, 4)
        assert found["title"] == (a_drop().title, "x" * (TEXT_MAX - 1) + "…")

    def test_of_very_many_changes_the_first_are_told_and_how_many_there_are(self) -> None:
        world = open_world()
        more = tuple(Item(f"item-{number}", "One more", 1, 1) for number in range(500))
        change(world, a_drop(items=(*a_drop().items, *more)))
        told = json.loads(world.rows.events[-1].data)
        assert (len(told["changed"]), told["changes"]) == (CHANGES_MAX, 1500)

    def test_restocking_while_the_sale_runs(self) -> None:
        world = in_use()
        assert world.ask(reserve(("shoe", 8))) == AllReserved("shoe", left=7)
        change(world, with_stock(a_drop(limit_per_buyer=None), 11))
        assert isinstance(world.ask(reserve(("shoe", 8))), Reserved)

    @pytest.mark.parametrize("stock", [0, 2])
    def test_stock_in_use_cannot_be_taken_away(self, stock: int) -> None:
        world = in_use()
        outcome = change(world, with_stock(a_drop(limit_per_buyer=None), stock))
        assert outcome == StockBelowUse("aurora/item/shoe", stock, 3, 0)
        assert not world.wrote

    def test_stock_can_shrink_to_what_is_in_use(self) -> None:
        world = in_use()
        assert isinstance(change(world, with_stock(a_drop(limit_per_buyer=None), 3)), DropStored)
        assert world.pool("item/shoe").free == 0

    def test_an_item_left_out_shrinks_to_nothing_if_it_can(self) -> None:
        world = in_use()
        drop = a_drop(limit_per_buyer=None)
        assert isinstance(change(world, replace(drop, items=drop.items[:1])), DropStored)
        assert world.pool("item/lace").capacity == 0
        assert isinstance(change(world, replace(drop, items=drop.items[1:])), StockBelowUse)

    def test_a_new_item_and_a_new_promo_bring_their_pools(self) -> None:
        world = open_world()
        drop = a_drop()
        change(world, replace(drop, items=(*drop.items, Item("sock", "Sock", 300, 7)), promos=(Promo("X", 1, 5),)))
        assert (world.pool("item/sock").capacity, world.pool("promo/X").capacity) == (7, 1)
        assert world.pool("promo/TEN").capacity == 0

    def test_what_was_left_out_can_come_back(self) -> None:
        world = open_world()
        change(world, replace(a_drop(), promos=()))
        change(world, a_drop())
        assert world.pool("promo/TEN").capacity == 3

    def test_places_for_payments_follow_the_stock_as_far_as_they_can(self) -> None:
        world = in_use(flow="payment_first")
        assert world.used("in-flight/shoe") == (3, 0)
        change(world, with_stock(a_drop(flow="payment_first", limit_per_buyer=None), 1))
        assert (world.pool("in-flight/shoe").capacity, world.pool("item/shoe").capacity) == (3, 1)

    @pytest.mark.parametrize(("field", "value"), [("currency", "USD"), ("flow", "payment_first")])
    def test_what_running_checkouts_rely_on_is_fixed(self, field: str, value: str) -> None:
        world = open_world()
        assert change(world, a_drop(**{field: value})) == FlowFixed("aurora", field)
        assert not world.wrote

    def test_a_price_changes_for_the_next_buyer_only(self) -> None:
        world = open_world()
        first = world.ask(reserve())
        drop = a_drop()
        change(world, replace(drop, items=(replace(drop.items[0], price=1), drop.items[1])))
        second = world.ask(reserve())
        assert isinstance(first, Reserved)
        assert isinstance(second, Reserved)
        assert (world.checkout(first.checkout.id).quote.total, second.checkout.quote.total) == (15_900, 1)


class TestClose:
    def test_a_closed_drop_stays_closed_and_is_closed_once(self) -> None:
        world = open_world()
        first = world.ask(CloseDrop("aurora"))
        assert isinstance(first, DropStored)
        assert first.drop.closed_at == world.now
        world.wait(5)
        second = world.ask(CloseDrop("aurora"))
        assert isinstance(second, DropStored)
        assert second.drop.closed_at == first.drop.closed_at
        assert not world.wrote

    def test_running_checkouts_may_finish(self) -> None:
        world = open_world()
        outcome = world.ask(reserve())
        assert isinstance(outcome, Reserved)
        world.ask(CloseDrop("aurora"))
        world.ask(begin(outcome.checkout))
        assert world.checkout(outcome.checkout.id).state == "paying"

    def test_an_unknown_drop_is_named(self) -> None:
        assert World().ask(CloseDrop("borealis")) == Unknown("drop", "borealis")
