"""What is committed is told as events: after its COMMIT, once, and not when somebody only asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from race_to_purchase.commit import combiner
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.observe.committed import committed
from race_to_purchase.observe.events import Event, subscribe
from race_to_purchase.observe.events.commit import BatchAgain, BatchCommitted, CommandRefused
from race_to_purchase.observe.events.money import PaymentCaptured
from race_to_purchase.observe.events.path import (
    CheckoutEnded,
    CheckoutReserved,
    OrderPlaced,
    PaymentBegun,
    PaymentEnded,
    PaymentRefused,
    PaymentWaits,
    RequestRepeated,
    ReservationRefused,
)
from race_to_purchase.ports import Conflict, Rejected
from race_to_purchase.rules.commands import Cancel, Reserve
from race_to_purchase.rules.verdicts import Absent, ActionRequired, Declined, NoAnswer, Verdict
from race_to_purchase.store.memory.store import MemoryStore
from tests.commit.watched import WatchedStore, times
from tests.sale import a_key_use, a_wish, answered, begin, captured, expired, open_sale
from tests.samples import NOON, PRICE

GONE = DatabaseUnavailable(reason="it went away")


@pytest.fixture
async def committer(store: WatchedStore) -> Committer:
    """A committer whose batches are told as events, over a sale of ten shoes."""
    committer = Committer(store, batch_max=8, observe=committed)
    await open_sale(committer, limit_per_buyer=2)
    return committer


@pytest.fixture
def told(committer: Committer) -> Iterator[list[Event]]:
    """The events since the sale was opened, those of whole batches left out."""
    seen: list[Event] = []

    def note(event: Event) -> None:
        if not isinstance(event, BatchCommitted | BatchAgain):
            seen.append(event)

    leave = subscribe(note)
    yield seen
    leave()


def kinds(told: list[Event]) -> list[type[Event]]:
    return [type(event) for event in told]


async def test_a_purchase_is_told_step_by_step(committer: Committer, told: list[Event]) -> None:
    wish = a_wish(quantity=2)
    for command in (wish, begin(wish), answered(wish), captured(wish)):
        await committer.submit(command)
    assert kinds(told) == [CheckoutReserved, PaymentBegun, OrderPlaced, PaymentCaptured]
    order = told[2]
    assert isinstance(order, OrderPlaced)
    assert (order.order, order.amount, order.currency, order.pieces) == (wish.checkout_id, 2 * PRICE, "EUR", 2)
    assert 0 <= order.took_s < 60


async def test_nothing_is_told_before_its_commit(
    committer: Committer, store: WatchedStore, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A COMMIT that fails: the order is told when it is there, and not when it was decided."""
    monkeypatch.setattr(combiner, "BACK_OFF_S", (0.001, 0.001))
    wish = a_wish()
    await committer.submit(wish)
    await committer.submit(begin(wish))
    told.clear()
    at_commit: list[list[type[Event]]] = []

    def fails_in_commit(_: object) -> None:
        at_commit.append(kinds(told))
        if len(at_commit) < 4:
            raise GONE

    store.before_write = fails_in_commit
    await committer.submit(answered(wish))
    assert at_commit == [[]] * 4
    assert kinds(told) == [OrderPlaced]


async def test_what_never_was_committed_is_never_told(
    committer: Committer, store: WatchedStore, told: list[Event]
) -> None:
    store.before_write = times(1, GONE)
    with pytest.raises(DatabaseUnavailable):
        await committer.submit(a_wish())
    assert told == []


@pytest.mark.parametrize(
    ("error", "times_", "troubles"),
    [
        (Conflict(), 2, ["conflict", "conflict"]),
        (Conflict(), combiner.CONFLICTS_MAX, [*["conflict"] * combiner.CONFLICTS_MAX, "given_up"]),
        (Rejected("no such buyer"), 1, ["rejected"]),
        (GONE, 1, ["database"]),
    ],
)
async def test_what_keeps_a_batch_from_being_committed_is_told_each_time(
    committer: Committer,
    store: WatchedStore,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    times_: int,
    troubles: list[str],
) -> None:
    monkeypatch.setattr(combiner, "BACK_OFF_S", (0.0, 0.0))
    store.before_write = times(times_, error)
    seen: list[Event] = []
    leave = subscribe(seen.append)
    await asyncio.gather(committer.submit(a_wish()), return_exceptions=True)
    leave()
    assert [(event.trouble, event.commands) for event in seen if isinstance(event, BatchAgain)] == [
        (trouble, 1) for trouble in troubles
    ]


async def test_who_is_sent_away_before_anything_was_decided_is_told_with_the_reason(
    store: WatchedStore, committer: Committer, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combiner, "BACK_OFF_S", (60.0, 60.0))
    small = Committer(store, waiting_max=1)
    wishes = [asyncio.create_task(small.submit(a_wish(f"buyer-{n}"))) for n in range(2)]
    await asyncio.gather(*wishes, return_exceptions=True)
    store.before_write = times(1, GONE)
    for _ in range(2):  # One meets a database that is gone, the next one is not even tried.
        with pytest.raises(DatabaseUnavailable):
            await small.submit(a_wish("late"))
    assert [event.lack for event in told if isinstance(event, CommandRefused)] == ["room", "database"]


async def test_a_request_that_is_sent_again_is_told_as_that(committer: Committer, told: list[Event]) -> None:
    wish = a_wish()
    for _ in range(3):
        await committer.submit(wish, a_key_use("key-1"))
    assert kinds(told) == [CheckoutReserved, RequestRepeated, RequestRepeated]


async def test_late_news_of_an_order_are_not_a_second_order(committer: Committer, told: list[Event]) -> None:
    wish = a_wish()
    for command in (wish, begin(wish), answered(wish), answered(wish), answered(wish, Declined("late", True))):
        await committer.submit(command)
    assert kinds(told) == [CheckoutReserved, PaymentBegun, OrderPlaced]


async def test_two_tabs_are_one_payment(committer: Committer, told: list[Event]) -> None:
    wish = a_wish()
    for command in (wish, begin(wish), begin(wish)):
        await committer.submit(command)
    assert kinds(told) == [CheckoutReserved, PaymentBegun, RequestRepeated]
    assert getattr(told[2], "repeat", None) == "second_tab"


async def test_refusals_say_why(committer: Committer, told: list[Event]) -> None:
    greedy, wish = a_wish(quantity=3), a_wish("bob")
    for command in (greedy, a_wish("carl", hat=1), wish, cancel(wish), begin(wish)):
        await committer.submit(command)
    refused = [getattr(event, "why", "") for event in told if isinstance(event, ReservationRefused | PaymentRefused)]
    assert refused == ["limit_reached", "unknown", "wrong_state"]


async def test_how_a_payment_ended_and_how_far_its_checkout_had_come(committer: Committer, told: list[Event]) -> None:
    wish = a_wish()
    for command in (wish, begin(wish), answered(wish, NoAnswer("slow")), answered(wish, Declined("lost_card", False))):
        await committer.submit(command)
    await committer.submit(cancel(wish))
    assert kinds(told) == [CheckoutReserved, PaymentBegun, PaymentWaits, PaymentEnded, CheckoutEnded]
    _, _, _, payment, checkout = told
    assert isinstance(payment, PaymentEnded)
    assert (payment.payment_end, payment.code) == ("declined", "lost_card")
    assert isinstance(checkout, CheckoutEnded)
    assert (checkout.checkout_end, checkout.step) == ("cancelled", "declined")


BANK = ActionRequired("ref", "https://bank.example/confirm")


@pytest.mark.parametrize(
    ("said", "said_later", "ending"),
    [(BANK, BANK, ("abandoned", "confirming")), (NoAnswer("slow"), Absent(), ("expired", "paying"))],
)
async def test_a_buyer_who_does_not_answer_their_bank_is_no_failure_of_the_shop(
    said: Verdict, said_later: Verdict, ending: tuple[str, str], told: list[Event]
) -> None:
    now = NOON
    committer = Committer(MemoryStore(lambda: now), batch_max=8, observe=committed)
    await open_sale(committer)
    wish = a_wish()
    for command in (wish, begin(wish), answered(wish, said)):
        await committer.submit(command)
    now += timedelta(days=2)
    await committer.submit(expired(wish))
    told.clear()
    await committer.submit(answered(wish, said_later))
    payment, checkout = told
    assert isinstance(payment, PaymentEnded)
    assert isinstance(checkout, CheckoutEnded)
    assert (payment.payment_end, checkout.step) == ending


async def test_every_command_of_a_batch_is_told(committer: Committer, store: WatchedStore, told: list[Event]) -> None:
    first = asyncio.create_task(committer.submit(a_wish("first")))
    await store.held()
    rest = [asyncio.create_task(committer.submit(a_wish(buyer))) for buyer in "abcd"]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, *rest)
    assert kinds(told) == [CheckoutReserved] * 5


def cancel(wish: Reserve) -> Cancel:
    """The buyer of `wish` gives up."""
    return Cancel(wish.drop_id, wish.checkout_id, wish.pools, None)
