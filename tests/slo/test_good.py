"""What counts against a drop's budget: what the shop owed somebody and did not give, and no outcome."""

import pytest

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.commit import CommandRefused
from race_to_purchase.observe.events.money import CaptureFailed
from race_to_purchase.observe.events.path import CheckoutEnded, CheckoutReserved, OrderPlaced, PaymentWaits
from race_to_purchase.observe.slo.good import JUDGED, judged

JUDGEMENTS: list[tuple[Event, bool | None]] = [
    (CheckoutReserved("d", "c", 100, "EUR", 1), True),
    (OrderPlaced("d", "c", "c", 1, "bank", 100, "EUR", 1, 0.1, False), True),
    (CommandRefused("d", "room"), False),
    (CommandRefused("d", "database"), False),
    (CaptureFailed("d", "c", "c", 1, "bank", 100, "EUR", "expired_card"), False),
    (CheckoutEnded("d", "c", "expired", "paying"), False),
    (CheckoutEnded("d", "c", "expired", "reserved"), None),
    (CheckoutEnded("d", "c", "cancelled", "paying"), None),
    (PaymentWaits("d", "c", 1, "bank", "unknown"), False),
    (PaymentWaits("d", "c", 1, "bank", "action_required"), None),
]


@pytest.mark.parametrize(("event", "good"), JUDGEMENTS)
def test_an_event_is_good_bad_or_neither(event: Event, good: bool | None) -> None:
    assert judged(event) is good


def test_all_that_are_judged_are_in_the_table() -> None:
    assert {type(event) for event, _ in JUDGEMENTS} == set(JUDGED)
