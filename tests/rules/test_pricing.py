"""Quotes: the lines always sum to the total, and no discount makes anything cheaper than free."""

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Item, Promo
from race_to_purchase.rules.money import MINOR_UNITS_MAX, share
from race_to_purchase.rules.outcomes import AmountTooLarge, Unknown
from race_to_purchase.rules.pricing import quote
from race_to_purchase.rules.rows import Quote
from tests.samples import NOON, PRICE, a_drop

PROMOS = st.one_of(
    st.integers(1, 100).map(lambda percent: Promo("P", 1, percent_off=percent)),
    st.integers(1, 10**7).map(lambda amount: Promo("P", 1, amount_off=amount)),
)


@st.composite
def carts(draw: st.DrawFn) -> tuple[Drop, tuple[Line, ...]]:
    """A drop with one promo, and a cart of its items."""
    prices = draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
    items = tuple(Item(f"i{number}", "Item", price, 1000) for number, price in enumerate(prices))
    drop = Drop("d", "Drop", NOON - timedelta(hours=1), "EUR", items, promos=(draw(PROMOS),))
    chosen = draw(st.lists(st.sampled_from(items), min_size=1, max_size=8))
    return drop, tuple(Line(item.id, draw(st.integers(1, 9))) for item in chosen)


@given(carts(), st.sampled_from([None, "P"]))
def test_a_quote_adds_up(cart: tuple[Drop, tuple[Line, ...]], promo: str | None) -> None:
    drop, lines = cart
    priced = quote(drop, lines, promo)
    assert isinstance(priced, Quote)
    assert priced.total == sum(line.total for line in priced.lines) == priced.subtotal - priced.discount
    assert priced.discount == sum(line.discount for line in priced.lines)
    assert priced.subtotal == sum(line.unit_price * line.quantity for line in priced.lines)
    assert all(0 <= line.discount <= line.unit_price * line.quantity for line in priced.lines)
    assert all(line.total == line.unit_price * line.quantity - line.discount for line in priced.lines)
    assert (priced.discount == 0) if promo is None else (0 <= priced.discount <= priced.subtotal)


@given(carts())
def test_a_promo_takes_off_what_it_says(cart: tuple[Drop, tuple[Line, ...]]) -> None:
    drop, lines = cart
    priced = quote(drop, lines, "P")
    assert isinstance(priced, Quote)
    (promo,) = drop.promos
    if promo.percent_off is not None:
        assert priced.discount == share(priced.subtotal, promo.percent_off, 100)
    else:
        assert priced.discount == min(promo.amount_off or 0, priced.subtotal)


def test_lines_come_in_the_order_of_the_cart() -> None:
    priced = quote(a_drop(), (Line("lace", 2), Line("shoe", 1)), "TEN")
    assert isinstance(priced, Quote)
    assert [(line.item, line.quantity, line.unit_price) for line in priced.lines] == [
        ("lace", 2, 500),
        ("shoe", 1, PRICE),
    ]
    assert (priced.currency, priced.promo, priced.total) == ("EUR", "TEN", (1000 + PRICE) * 9 // 10)


def test_what_the_drop_does_not_have_is_named() -> None:
    assert quote(a_drop(), (Line("shoe", 1), Line("hat", 1)), None) == Unknown("item", "hat", "lines[1].item")
    assert quote(a_drop(), (Line("shoe", 1),), "ELEVEN") == Unknown("promo", "ELEVEN", "promo")


@pytest.mark.parametrize(("quantity", "fits"), [(1, True), (2, False)])
def test_no_payment_is_larger_than_amounts_may_be(quantity: int, fits: bool) -> None:
    drop = replace(a_drop(), items=(Item("moon", "Moon", MINOR_UNITS_MAX, 5),))
    priced = quote(drop, (Line("moon", quantity),), None)
    assert isinstance(priced, Quote) if fits else priced == AmountTooLarge(2 * MINOR_UNITS_MAX)
