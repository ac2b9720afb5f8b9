"""A cart loses no line, shows every price that has changed, and can be merged again and again."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from race_to_purchase.rules.cart import LINES_MAX, Cart, merged, put, view
from race_to_purchase.rules.cart_outcomes import CartFull, PriceChanged
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Item
from race_to_purchase.rules.outcomes import Unknown
from race_to_purchase.rules.pricing import quote
from race_to_purchase.rules.rows import Quote
from tests.samples import a_drop

NAMES = [f"item-{number}" for number in range(24)]
DROP = replace(a_drop(), items=tuple(Item(name, name.upper(), 100 + at, 10) for at, name in enumerate(NAMES)))
DEARER = replace(DROP, items=tuple(replace(item, price=item.price + 1) for item in DROP.items))
EMPTY = Cart("ada", DROP.id)

lines = st.builds(Line, item=st.sampled_from(NAMES[:8]), quantity=st.integers(0, 9))
changes = st.lists(lines, min_size=1, max_size=4, unique_by=lambda line: line.item).map(tuple)
carts = st.lists(changes, max_size=4).map(lambda all_: filled(*all_))


def filled(*changed: tuple[Line, ...]) -> Cart:
    cart = EMPTY
    for change in changed:
        after = put(cart, DROP, change, "set")
        assert isinstance(after, Cart)
        cart = after
    return cart


def wanted(cart: Cart | Unknown | CartFull) -> dict[str, int]:
    assert isinstance(cart, Cart)
    return {line.item: line.quantity for line in cart.lines}


class TestChanges:
    @given(st.lists(lines, min_size=2, max_size=5, unique_by=lambda line: line.item))
    def test_of_different_items_come_to_the_same_in_any_order(self, tabs: list[Line]) -> None:
        ends = [wanted(filled(*((line,) for line in order))) for order in itertools.permutations(tabs)]
        assert all(end == ends[0] for end in ends)
        assert ends[0] == {line.item: line.quantity for line in tabs if line.quantity}

    @given(carts, changes)
    def test_leave_what_they_do_not_name(self, cart: Cart, change: tuple[Line, ...]) -> None:
        named = {line.item for line in change}
        after = wanted(put(cart, DROP, change, "set"))
        assert {i: n for i, n in after.items() if i not in named} == {
            i: n for i, n in wanted(cart).items() if i not in named
        }

    @given(carts, changes)
    def test_that_come_twice_are_one(self, cart: Cart, change: tuple[Line, ...]) -> None:
        once = put(cart, DROP, change, "set")
        assert isinstance(once, Cart)
        assert put(once, DROP, change, "set") == once

    def test_of_an_item_that_the_drop_does_not_have_are_refused(self) -> None:
        assert put(EMPTY, DROP, (Line("nothing", 1),), "set") == Unknown("item", "nothing", "lines[0].item")
        left = replace(EMPTY, lines=(Line("gone", 1, 5),))
        assert put(left, DROP, (Line("gone", 0),), "set") == EMPTY

    def test_of_too_many_items_are_refused(self) -> None:
        many = tuple(Line(name, 1) for name in NAMES[: LINES_MAX + 1])
        assert put(EMPTY, DROP, many, "set") == CartFull(LINES_MAX)

    @given(carts, changes)
    def test_that_replace_leave_nothing_else(self, cart: Cart, change: tuple[Line, ...]) -> None:
        assert wanted(put(cart, DROP, change, "replace")) == {x.item: x.quantity for x in change if x.quantity}


class TestPrices:
    @given(carts)
    def test_that_stay_are_not_said_to_have_changed(self, cart: Cart) -> None:
        assert not view(cart, DROP, None).price_changed

    @given(carts)
    def test_that_change_are_shown_and_refused_until_they_were_seen(self, cart: Cart) -> None:
        shown = view(cart, DEARER, None)
        assert [(line.was, line.price) for line in shown.lines] == [(x.price, (x.price or 0) + 1) for x in cart.lines]
        assert shown.total == sum(((line.price or 0) + 1) * line.quantity for line in cart.lines)
        if not cart.lines:
            return
        first = cart.lines[0]
        assert first.price is not None
        assert quote(DEARER, cart.lines, None) == PriceChanged(first.item, first.price, first.price + 1)
        seen = put(cart, DEARER, tuple(Line(x.item, x.quantity, x.price) for x in shown.lines), "set")
        assert isinstance(seen, Cart)
        assert not view(seen, DEARER, None).price_changed
        assert isinstance(quote(DEARER, seen.lines, None), Quote)

    def test_are_not_seen_by_changing_a_quantity(self) -> None:
        cart = put(filled((Line("item-0", 1),)), DEARER, (Line("item-0", 2),), "set")
        assert isinstance(cart, Cart)
        assert view(cart, DEARER, None).price_changed

    def test_are_seen_by_putting_in_what_was_not_there(self) -> None:
        cart = put(EMPTY, DEARER, (Line("item-0", 2),), "set")
        assert isinstance(cart, Cart)
        assert not view(cart, DEARER, None).price_changed

    def test_of_what_the_drop_has_no_more_cost_nothing(self) -> None:
        shown = view(filled((Line("item-0", 1),)), replace(DROP, items=DROP.items[1:]), None)
        assert (shown.lines[0].gone, shown.total) == (True, 0)


class TestMerging:
    @given(carts, carts)
    def test_keeps_every_item_and_the_larger_quantity(self, mine: Cart, guests: Cart) -> None:
        one, other, both = wanted(mine), wanted(guests), wanted(merged(mine, guests))
        assert both == {item: max(one.get(item, 0), other.get(item, 0)) for item in one | other}

    @given(carts, carts)
    def test_again_changes_nothing(self, mine: Cart, guests: Cart) -> None:
        once = merged(mine, guests)
        assert merged(once, guests) == once

    def test_never_makes_a_cart_too_large(self) -> None:
        mine, guests = (
            replace(EMPTY, lines=tuple(Line(name, 1, 1) for name in names)) for names in (NAMES[:18], NAMES[10:])
        )
        assert len(merged(mine, guests).lines) == LINES_MAX
