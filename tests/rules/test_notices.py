"""What the merchant is told of an order, byte for byte."""

import json

from msgspec.structs import replace

from race_to_purchase.rules.notices import order_paid
from race_to_purchase.rules.rows import Buyer
from tests.samples import NOON, a_checkout, an_order


def test_a_paid_order_is_told_with_what_was_bought() -> None:
    checkout = a_checkout("019ad1f2-6e0a-7c1b-9a5e-0d7c8f3b2a10", quantity=2)
    told = json.loads(order_paid(an_order(checkout, placed_at=NOON), checkout))
    assert told == {
        "type": "order.paid",
        "timestamp": "2026-06-01T12:00:00Z",
        "data": {
            "order": {
                "id": checkout.id,
                "drop": "aurora",
                "buyer": "ada",
                "amount": 31_800,
                "currency": "EUR",
                "placed_at": "2026-06-01T12:00:00Z",
            },
            "quote": {
                "currency": "EUR",
                "lines": [
                    {
                        "item": "shoe",
                        "quantity": 2,
                        "unit_price": 15_900,
                        "discount": 0,
                        "total": 31_800,
                        "tax": 0,
                        "seller": "house",
                    }
                ],
                "subtotal": 31_800,
                "discount": 0,
                "total": 31_800,
                "promo": None,
                "tax": 0,
            },
        },
    }


def test_the_same_order_gives_the_same_bytes_whatever_became_of_its_checkout() -> None:
    checkout = a_checkout()
    order = an_order(checkout)
    later = replace(checkout, state="fulfilled", version=7)
    assert order_paid(order, checkout) == order_paid(order, later)


def test_no_personal_data_is_in_it() -> None:
    checkout = a_checkout()
    told = order_paid(an_order(checkout), checkout)
    assert b"@" not in told
    assert not any(f'"{name}"'.encode() in told for name in Buyer.__struct_fields__ if name != "id")
