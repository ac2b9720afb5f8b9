"""Balances are what the entries sum to, wherever the books are, and however much of them is sealed."""

from datetime import datetime, timedelta

import pytest

from race_to_purchase.ports import Ledger, Store
from race_to_purchase.rules.commands import Dispute, DisputeNews
from race_to_purchase.rules.ledger import Balance, Frozen, trial
from tests.conformance.batches import commit, insert
from tests.conformance.test_aftersale import ordered
from tests.conformance.test_purchase import POOLS
from tests.samples import NOON, a_checkout, an_entry, an_order

ENTRIES = [("EUR", 100, 0), ("EUR", -30, 1), ("JPY", 7, 2), ("EUR", 5, 3), ("EUR", 0, 4)]
"""Currency, amount, and the hour in which it is booked."""


async def book(store: Store, currency: str, amount: int, hour: int) -> None:
    order = an_order(a_checkout())
    at = NOON + timedelta(hours=hour)
    accounts = ("receivable:sandbox", f"revenue:{'ada' if amount == 5 else 'house'}")
    await insert(store, an_entry(order, at=at, currency=currency, accounts=accounts, amounts=(amount, -amount)))


@pytest.mark.parametrize("sealed", [0, 2, 3, 5])
async def test_every_account_by_currency_and_name(store: Store, ledger: Ledger, sealed: int) -> None:
    for number, entry in enumerate(ENTRIES, start=1):
        await book(store, *entry)
        if number == sealed:
            await ledger.seal(1)
            await ledger.seal(100)
    balances = await ledger.balances()
    assert balances == [
        Balance("receivable:sandbox", "EUR", 105, 30),
        Balance("revenue:ada", "EUR", 0, 5),
        Balance("revenue:house", "EUR", 30, 100),
        Balance("receivable:sandbox", "JPY", 7, 0),
        Balance("revenue:house", "JPY", 0, 7),
    ]
    assert trial(balances) == {"EUR": (135, 135), "JPY": (7, 7)}


@pytest.mark.parametrize("sealed", [(), (1,), (5,), (2, 4), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize(
    ("at", "amounts"),
    [
        (NOON - timedelta(seconds=1), []),
        (NOON, [100, -100]),
        (NOON + timedelta(minutes=90), [70, -70]),
        (NOON + timedelta(hours=2), [70, -70, 7, -7]),
        (NOON + timedelta(hours=9), [75, -5, -70, 7, -7]),
    ],
)
async def test_as_of_a_moment_it_is_what_had_happened_by_then(
    store: Store, ledger: Ledger, sealed: tuple[int, ...], at: datetime, amounts: list[int]
) -> None:
    for number, entry in enumerate(ENTRIES, start=1):
        await book(store, *entry)
        if number in sealed:
            await ledger.seal(100)
    assert [balance.amount for balance in await ledger.balances(at)] == amounts


async def test_what_is_disputed_is_frozen_until_that_ends(store: Store, ledger: Ledger) -> None:
    id_ = await ordered(store)
    for name, amount in (("one", 100), ("other", 50)):
        news = DisputeNews(name, amount, "EUR", "fraudulent", "needs_response", 15)
        await commit(store, Dispute("aurora", id_, POOLS, "sandbox", "opened", news, NOON))
    assert list(await ledger.frozen()) == [Frozen("house", "EUR", 150)]
    news = DisputeNews("one", 100, "EUR", "fraudulent", "won", 15)
    await commit(store, Dispute("aurora", id_, POOLS, "sandbox", "closed", news, NOON + timedelta(days=2)))
    assert list(await ledger.frozen()) == [Frozen("house", "EUR", 50)]


async def test_without_entries_there_are_no_accounts(ledger: Ledger) -> None:
    assert list(await ledger.balances()) == []
    assert await ledger.seal(100) == 0
