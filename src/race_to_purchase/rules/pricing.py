"""What a cart costs: the quote that a buyer is promised and later charged, to the minor unit.

Prices contain all taxes. A discount is computed once, on the subtotal, and split over the lines by largest
remainder, so that the lines always sum to the total. The tax of a line is computed once, on what is left to pay of it;
the books take it from here, and nobody computes it again.
"""

from __future__ import annotations

from race_to_purchase.rules.cart_outcomes import PriceChanged
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Item, Promo
from race_to_purchase.rules.money import MINOR_UNITS_MAX, contained_tax, share, split
from race_to_purchase.rules.outcomes import AmountTooLarge, Unknown
from race_to_purchase.rules.rows import Quote, QuoteLine


def quote(
    drop: Drop, lines: tuple[Line, ...], promo_code: str | None
) -> Quote | Unknown | AmountTooLarge | PriceChanged:
    """Price `lines` by the drop's definition; Unknown for an item or a promo that the drop does not have, PriceChanged
    for an item whose buyer has seen another price."""
    items: list[Item] = []
    for index, line in enumerate(lines):
        item = drop.item(line.item)
        if item is None:
            return Unknown("item", line.item, f"lines[{index}].item")
        if line.price is not None and line.price != item.price:
            return PriceChanged(line.item, line.price, item.price)
        items.append(item)
    promo = None
    if promo_code is not None:
        promo = drop.promo(promo_code)
        if promo is None:
            return Unknown("promo", promo_code, "promo")
    gross = [item.price * line.quantity for item, line in zip(items, lines, strict=True)]
    subtotal = sum(gross)
    if subtotal > MINOR_UNITS_MAX:
        return AmountTooLarge(subtotal)
    discount = _discount(subtotal, promo)
    discounts = split(discount, gross) if discount else [0] * len(gross)
    priced = tuple(
        _line(drop, item, line.quantity, off) for item, line, off in zip(items, lines, discounts, strict=True)
    )
    return Quote(
        currency=drop.currency,
        lines=priced,
        subtotal=subtotal,
        discount=discount,
        total=subtotal - discount,
        promo=promo_code,
        tax=sum(line.tax for line in priced),
    )


def _line(drop: Drop, item: Item, quantity: int, discount: int) -> QuoteLine:
    total = item.price * quantity - discount
    tax = contained_tax(total, drop.tax_thousandths(item))
    return QuoteLine(item.id, quantity, item.price, discount, total, tax, drop.seller_of(item))


def _discount(subtotal: int, promo: Promo | None) -> int:
    if promo is None:
        return 0
    if promo.percent_off is not None:
        return share(subtotal, promo.percent_off, 100)
    assert promo.amount_off is not None
    return min(promo.amount_off, subtotal)
