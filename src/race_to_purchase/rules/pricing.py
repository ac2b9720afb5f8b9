"""What a cart costs: the quote that a buyer is promised and later charged, to the minor unit.

Prices contain all taxes. A discount is computed once, on the subtotal, and split over the lines by largest
remainder, so that the lines always sum to the total.
"""

from __future__ import annotations

from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Promo
from race_to_purchase.rules.money import MINOR_UNITS_MAX, share, split
from race_to_purchase.rules.outcomes import AmountTooLarge, Unknown
from race_to_purchase.rules.rows import Quote, QuoteLine


def quote(drop: Drop, lines: tuple[Line, ...], promo_code: str | None) -> Quote | Unknown | AmountTooLarge:
    """Price `lines` by the drop's definition; Unknown for an item or a promo that the drop does not have."""
    prices: list[int] = []
    for line in lines:
        item = drop.item(line.item)
        if item is None:
            return Unknown("item", line.item)
        prices.append(item.price)
    promo = None
    if promo_code is not None:
        promo = drop.promo(promo_code)
        if promo is None:
            return Unknown("promo", promo_code)
    gross = [price * line.quantity for price, line in zip(prices, lines, strict=True)]
    subtotal = sum(gross)
    if subtotal > MINOR_UNITS_MAX:
        return AmountTooLarge(subtotal)
    discount = _discount(subtotal, promo)
    discounts = split(discount, gross) if discount else [0] * len(gross)
    return Quote(
        currency=drop.currency,
        lines=tuple(
            QuoteLine(line.item, line.quantity, price, off, total - off)
            for line, price, off, total in zip(lines, prices, discounts, gross, strict=True)
        ),
        subtotal=subtotal,
        discount=discount,
        total=subtotal - discount,
        promo=promo_code,
    )


def _discount(subtotal: int, promo: Promo | None) -> int:
    if promo is None:
        return 0
    if promo.percent_off is not None:
        return share(subtotal, promo.percent_off, 100)
    assert promo.amount_off is not None
    return min(promo.amount_off, subtotal)
