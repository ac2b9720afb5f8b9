"""What a process remembers of drops and checkouts: what never changes, and no more than there is room for."""

from __future__ import annotations

import asyncio

import pytest

from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.path import PurchaseServed
from race_to_purchase.path import known, served
from race_to_purchase.path.known import Known, KnownCheckout
from race_to_purchase.path.served import Served
from race_to_purchase.rules.outcomes import Answered, Outcome, Unknown
from race_to_purchase.rules.rows import Checkout, DropRow
from tests.samples import a_checkout, a_drop_row

KNOWN = [KnownCheckout(str(n), "aurora", "ada", (), 100, "EUR") for n in range(3)]
PAID = Answered(200, b"", "paid", 1)


class Rows:
    """What there is, and how often somebody looked."""

    def __init__(self) -> None:
        self.drops: dict[str, DropRow] = {}
        self.checkouts: dict[str, Checkout] = {}
        self.looks: list[str] = []

    async def drop(self, drop_id: str) -> DropRow | None:
        self.looks.append(drop_id)
        return self.drops.get(drop_id)

    async def checkout(self, checkout_id: str) -> Checkout | None:
        self.looks.append(checkout_id)
        return self.checkouts.get(checkout_id)


@pytest.fixture
def rows() -> Rows:
    return Rows()


class TestKnown:
    async def test_a_drop_is_read_once_and_one_that_is_not_there_each_time(self, rows: Rows) -> None:
        remembered = Known(rows)  # type: ignore[arg-type]  # The two questions it asks.
        assert [await remembered.entrance("aurora") for _ in range(2)] == [None, None]
        rows.drops["aurora"] = a_drop_row()
        assert [(await remembered.entrance("aurora")) is not None for _ in range(2)] == [True, True]
        assert rows.looks == ["aurora"] * 3

    async def test_the_oldest_checkout_is_forgotten_where_there_is_no_room(
        self, rows: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(known, "CHECKOUTS_MAX", 2)
        remembered = Known(rows)  # type: ignore[arg-type]  # The two questions it asks.
        first, second, third = (a_checkout() for _ in range(3))
        for checkout in (first, second, third):
            rows.checkouts[checkout.id] = checkout
            remembered.remember(checkout)
        for checkout in (second, third, first):
            told = await remembered.checkout(checkout.id)
            assert told is not None
            assert told.id == checkout.id
        assert rows.looks == [first.id]


class TestServed:
    async def test_reservation_and_payments_are_told_of_together_when_it_is_paid(self) -> None:
        assert await self.told([0], [(0, Unknown("order", "0")), (0, PAID)]) == [("0", 7.0, True)]

    @pytest.mark.parametrize("end", [ValueError("a test"), asyncio.CancelledError()])
    async def test_a_payment_that_failed_is_not_told_of_and_counts_for_the_next(self, end: BaseException) -> None:
        assert await self.told([0], [(0, end), (0, PAID)]) == [("0", 7.0, True)]

    async def test_what_was_reserved_elsewhere_is_told_of_as_that(self) -> None:
        assert await self.told([], [(0, PAID)]) == [("0", 3.0, False)]

    async def test_who_never_pays_is_forgotten_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(served, "CHECKOUTS_MAX", 2)
        told = await self.told([0, 1, 2], [(2, PAID), (1, PAID), (0, PAID)])
        assert told == [("2", 4.0, True), ("1", 4.0, True), ("0", 3.0, False)]

    async def told(
        self, reserved: list[int], paid: list[tuple[int, Outcome | BaseException]]
    ) -> list[tuple[str, float, bool]]:
        """What is told of reservations of a second, and of payments of three."""
        events: list[PurchaseServed] = []
        end = subscribe(events.append, PurchaseServed)
        try:
            times = Served()
            for n in reserved:
                times.reserved(KNOWN[n], 1.0)
            for n, outcome in paid:
                times.ended(KNOWN[n], await payment(outcome), 3.0)
        finally:
            end()
        return [(event.checkout, event.took_s, event.reserved_here) for event in events]


async def payment(outcome: Outcome | BaseException) -> asyncio.Task[Outcome]:
    """One that has come to this end."""

    async def pay() -> Outcome:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    work = asyncio.create_task(pay())
    await asyncio.wait([work])
    return work
