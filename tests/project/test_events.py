"""The catalogue of events is complete: what is emitted is described, and every label has a bounded set of values."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated
from unittest import mock

import pytest
from msgspec import Meta

from race_to_purchase.observe import events
from race_to_purchase.observe.events import Counter, Event, catalogue
from race_to_purchase.observe.events.attributes import CheckoutId, DropId
from race_to_purchase.observe.reference import page
from tests.project.tree import ROOT


def test_the_page_is_fresh() -> None:
    written = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert written == page(), "an event has changed: python -m race_to_purchase.observe.reference > docs/events.md"


def test_every_event_metric_and_attribute_is_described() -> None:
    assert list(catalogue.faults()) == []


def test_every_event_that_exists_is_in_the_catalogue() -> None:
    for module in pkgutil.iter_modules(events.__path__):
        importlib.import_module(f"{events.__name__}.{module.name}")
    known = set(catalogue.all_events())
    assert [event for event in Event.__subclasses__() if event.__module__ != __name__ and event not in known] == []


class Silent(Event, frozen=True):
    drop: DropId


class Undescribed(Event, frozen=True):
    """Something happened."""

    what: str


class ByCheckout(Event, frozen=True):
    """Something happened to a checkout."""

    metrics = (Counter("race_things_total", "Things.", by=("checkout",)),)

    checkout: CheckoutId


class Misread(Event, frozen=True):
    """Something happened."""

    metrics = (Counter("race_things_total", "Things.", by=("colour",)),)

    drop: DropId


class Misnamed(Event, frozen=True):
    """Something happened."""

    metrics = (Counter("things", "Things."),)

    drop: DropId


class TooMany(Event, frozen=True):
    """Something happened."""

    metrics = (Counter("race_things_total", "Things.", by=("drop", "colour")),)

    drop: DropId
    colour: Annotated[str, Meta(description="Its colour.", extra={"bounded": 1000})]


class OtherMeaning(Event, frozen=True):
    """Something happened."""

    drop: Annotated[str, Meta(description="Something that falls.")]


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (Silent, "Silent has no docstring"),
        (Undescribed, "Undescribed.what has no description"),
        (ByCheckout, "race_things_total has the label checkout, whose values are not bounded"),
        (Misread, "race_things_total reads colour, which Misread has not"),
        (Misnamed, "things: names begin with race_, and those of counters, and no others, end with _total"),
        (TooMany, "race_things_total may come to 51051 series, 2500 are the most"),
        (OtherMeaning, "drop means one thing in BatchCommitted and another in OtherMeaning"),
    ],
)
def test_what_is_wrong_is_found(event: type[Event], fault: str) -> None:
    whole = [*catalogue.all_events(), event]
    with mock.patch.object(catalogue, "all_events", return_value=whole):
        assert list(catalogue.faults()) == [fault]


def test_a_metric_that_two_events_feed_is_found() -> None:
    whole = [*catalogue.all_events(), Twice]
    with mock.patch.object(catalogue, "all_events", return_value=whole):
        assert list(catalogue.faults()) == ["race_orders_total is fed by OrderPlaced and by Twice"]


class Twice(Event, frozen=True):
    """An order, told of by somebody else."""

    metrics = (Counter("race_orders_total", "Orders.", by=("drop",)),)

    drop: DropId
