"""Every journal entry sums to zero, whatever is sold by whom at which rate, and so does any mix of them."""

from collections import Counter
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from race_to_purchase.rules import ledger
from race_to_purchase.rules.aftersale import DisputeRow, DisputeState
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Item, Promo
from race_to_purchase.rules.ledger import Frozen
from race_to_purchase.rules.ledger_after import frozen
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.pricing import quote
from race_to_purchase.rules.rows import Entry, Order, Quote
from tests.samples import NOON, a_checkout, a_drop, an_order

LATER = NOON + timedelta(days=1)
PERCENT = st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)
SELLERS = st.one_of(st.none(), st.sampled_from(["house", "ada", "bob"]))


@st.composite
def sales(draw: st.DrawFn) -> tuple[Order, Quote]:
    """An order of several items, each with a seller and a rate of its own where it has one, and what it was quoted."""
    items = tuple(
        Item(f"i{number}", "Item", price, 1000, seller, percent)
        for number, (price, seller, percent) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 10**6), SELLERS, st.none() | PERCENT), min_size=1, max_size=5))
        )
    )
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    promo = Promo("P", 1, percent_off=draw(st.integers(1, 100)))
    drop = Drop("d", "Drop", NOON, currency, items, promos=(promo,), tax_percent=draw(PERCENT))
    lines = tuple(Line(item.id, draw(st.integers(1, 9))) for item in items)
    priced = quote(drop, lines, draw(st.sampled_from([None, "P"])))
    assert isinstance(priced, Quote)
    return an_order(a_checkout(), amount=priced.total, currency=currency), priced


@st.composite
def mixes(draw: st.DrawFn) -> list[Entry]:
    """What may be booked for some orders over time."""
    entries: list[Entry] = []
    for order, priced in draw(st.lists(sales(), min_size=1, max_size=4)):
        entry = ledger.sale(order, priced)
        entries.append(entry)
        if draw(st.booleans()):
            entries.append(ledger.reversal(entry, 1, "capture_failed", LATER))
        amount = draw(st.integers(-MINOR_UNITS_MAX, MINOR_UNITS_MAX))
        entries.append(ledger.fee(order.id, 2, order.gateway, amount, order.currency, LATER))
        entries.append(ledger.payout(order.id, order.gateway, amount, order.currency, LATER))
    return entries


def balances(entries: list[Entry]) -> Counter[tuple[str, str]]:
    """By currency and account."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for account, amount in zip(entry.accounts, entry.amounts, strict=True):
            found[(entry.currency, account)] += amount
    return found


@given(mixes())
def test_any_mix_of_entries_sums_to_zero_in_every_currency(entries: list[Entry]) -> None:
    sums: Counter[str] = Counter()
    for (currency, _), amount in balances(entries).items():
        sums[currency] += amount
    assert not any(sums.values())
    assert all(sum(entry.amounts) == 0 and len(entry.accounts) == len(entry.amounts) for entry in entries)
    assert all(len(set(entry.accounts)) == len(entry.accounts) for entry in entries)


@given(sales())
def test_a_sale_says_what_it_is_about(sale: tuple[Order, Quote]) -> None:
    order, priced = sale
    entry = ledger.sale(order, priced)
    assert (entry.order_id, entry.entry, entry.kind) == (order.id, ledger.SALE, "sale")
    assert (entry.currency, entry.at) == (order.currency, order.placed_at)
    assert (entry.accounts[0], entry.amounts[0]) == ("receivable:sandbox", order.amount)


@given(sales())
def test_each_seller_earns_what_its_lines_cost_without_the_tax(sale: tuple[Order, Quote]) -> None:
    order, priced = sale
    booked = dict(zip(*(getattr(ledger.sale(order, priced), name) for name in ("accounts", "amounts")), strict=True))
    for seller in {line.seller for line in priced.lines}:
        own = [line for line in priced.lines if line.seller == seller]
        assert -booked[f"revenue:{seller}"] == sum(line.total - line.tax for line in own)
        assert -booked.get(f"tax:{seller}", 0) == sum(line.tax for line in own)
    assert priced.tax == -sum(amount for account, amount in booked.items() if account.startswith("tax:"))


@given(sales())
def test_a_reversal_leaves_nothing_on_any_account(sale: tuple[Order, Quote]) -> None:
    entry = ledger.sale(*sale)
    back = ledger.reversal(entry, 1, "capture_failed", LATER)
    assert not any(balances([entry, back]).values())
    assert (back.entry, back.kind, back.at) == (1, "capture_failed", LATER)


def test_a_sale_by_the_house_at_nineteen_percent() -> None:
    drop = a_drop(tax_percent=19.0)
    priced = quote(drop, (Line("shoe", 1), Line("lace", 1)), None)
    assert isinstance(priced, Quote)
    assert [line.tax for line in priced.lines] == [2539, 80]
    entry = ledger.sale(an_order(a_checkout(), amount=priced.total), priced)
    assert entry.accounts == ("receivable:sandbox", "revenue:house", "tax:house")
    assert entry.amounts == (16_400, -13_781, -2_619)


def test_an_item_may_be_anothers_at_another_rate() -> None:
    shoe, lace = a_drop().items
    drop = a_drop(seller="ada", tax_percent=19.0, items=(shoe, replace(lace, seller="bob", tax_percent=7.0)))
    priced = quote(drop, (Line("shoe", 1), Line("lace", 1)), None)
    assert isinstance(priced, Quote)
    entry = ledger.sale(an_order(a_checkout(), amount=priced.total), priced)
    assert dict(zip(entry.accounts, entry.amounts, strict=True)) == {
        "receivable:sandbox": 16_400,
        "revenue:ada": -13_361,
        "tax:ada": -2_539,
        "revenue:bob": -467,
        "tax:bob": -33,
    }


def test_without_tax_there_is_no_tax_account() -> None:
    priced = quote(a_drop(), (Line("lace", 1),), None)
    assert isinstance(priced, Quote)
    entry = ledger.sale(an_order(a_checkout(), amount=500), priced)
    assert (entry.accounts, entry.amounts) == (("receivable:sandbox", "revenue:house"), (500, -500))


@pytest.mark.parametrize("amount", [0, 1, -1, MINOR_UNITS_MAX])
def test_what_a_gateway_keeps_or_sends_it_owes_no_longer(amount: int) -> None:
    fee = ledger.fee("o", 3, "sandbox", amount, "EUR", LATER)
    payout = ledger.payout("p", "sandbox", amount, "EUR", LATER)
    assert dict(zip(fee.accounts, fee.amounts, strict=True)) == {
        "fees:sandbox": amount,
        "receivable:sandbox": -amount,
    }
    assert dict(zip(payout.accounts, payout.amounts, strict=True)) == {
        "payouts:sandbox": amount,
        "receivable:sandbox": -amount,
    }
    assert (fee.order_id, fee.entry, payout.order_id, payout.entry) == ("o", 3, "p", 0)


class TestFrozen:
    SALE = Entry(
        "o", 0, "sale", NOON, "EUR", ("receivable:s", "revenue:ada", "tax:ada", "revenue:bob"), (300, -160, -40, -100)
    )

    def a_dispute(self, state: DisputeState, amount: int = 150, id_: str = "dp") -> DisputeRow:
        return DisputeRow("s", id_, "o", state, amount, 15, "EUR", "fraudulent", "?", NOON, NOON)

    def test_it_is_each_sellers_part_of_what_is_disputed(self) -> None:
        assert frozen([(self.a_dispute("open"), self.SALE)]) == [Frozen("ada", "EUR", 100), Frozen("bob", "EUR", 50)]

    def test_disputes_add_up(self) -> None:
        disputed = [(self.a_dispute("open", 30, name), self.SALE) for name in ("one", "other")]
        assert frozen(disputed) == [Frozen("ada", "EUR", 40), Frozen("bob", "EUR", 20)]

    @pytest.mark.parametrize("state", ["inquiry", "won", "lost", "closed"])
    def test_what_is_only_asked_about_or_has_ended_is_not_frozen(self, state: DisputeState) -> None:
        assert frozen([(self.a_dispute(state), self.SALE)]) == []
