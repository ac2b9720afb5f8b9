"""Every journal entry sums to zero, and what is answered by its reversal is as if it had never been."""

from collections import Counter
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import given

from race_to_purchase.rules import ledger
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.rows import Order
from tests.samples import NOON, a_checkout, an_order

ORDERS = st.builds(
    lambda amount, currency: an_order(a_checkout(), amount=amount, currency=currency),
    st.integers(0, MINOR_UNITS_MAX),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)


@given(ORDERS)
def test_a_sale_balances_and_says_what_it_is_about(order: Order) -> None:
    entry = ledger.sale(order)
    assert sum(entry.amounts) == 0
    assert len(entry.accounts) == len(entry.amounts)
    assert (entry.order_id, entry.entry, entry.kind) == (order.id, ledger.SALE, "sale")
    assert (entry.currency, entry.at) == (order.currency, order.placed_at)


@given(ORDERS)
def test_the_gateway_owes_what_the_drop_earned(order: Order) -> None:
    entry = ledger.sale(order)
    booked = dict(zip(entry.accounts, entry.amounts, strict=True))
    assert booked == {"receivable:sandbox": order.amount, "revenue:aurora": -order.amount}


@given(ORDERS)
def test_a_reversal_leaves_nothing_on_any_account(order: Order) -> None:
    entry = ledger.sale(order)
    back = ledger.reversal(entry, 1, "capture_failed", NOON + timedelta(days=1))
    balance: Counter[str] = Counter()
    for one in (entry, back):
        balance.update(dict(zip(one.accounts, one.amounts, strict=True)))
    assert not any(balance.values())
    assert sum(back.amounts) == 0
    assert (back.entry, back.kind, back.at) == (1, "capture_failed", NOON + timedelta(days=1))
