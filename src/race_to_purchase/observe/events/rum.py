"""What buyers' browsers saw: how quick pages felt, how far buyers came, and what broke there (real user monitoring).

It is told by strangers, of a sample of visits, and never decides anything. All words are of closed sets.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId
from race_to_purchase.observe.events.event import Counter, Event, Histogram

TimeVital = Literal["ttfb", "fcp", "lcp", "inp"]
Rating = Literal["good", "needs-improvement", "poor"]
RumStep = Literal["opened", "joined", "called", "reserved", "paying", "paid"]
PageError = Literal["script", "promise", "unreachable", "engine"]
Beacon = Literal["taken", "malformed", "unknown_drop"]

RatedAs = Annotated[Rating, Meta(description="How web.dev rates such a value.")]


class VitalMeasured(Event, frozen=True):
    """A web vital that is a time: first byte, first and largest paint, slowest reaction to an input."""

    metrics = (
        Histogram(
            "race_rum_vital_seconds",
            "Web vitals of buyers' pages that are times.",
            "vital_s",
            by=("vital", "rating"),
            buckets=(0.05, 0.1, 0.2, 0.5, 0.8, 1.2, 1.8, 2.5, 3.0, 4.0, 8.0, 15.0),
        ),
    )

    drop: DropId
    vital: Annotated[TimeVital, Meta(description="Which web vital it is, by its short name.")]
    rating: RatedAs
    vital_s: Annotated[float, Meta(description="Its value in seconds.")]


class LayoutShifted(Event, frozen=True):
    """The web vital that is no time: how much of a page moved under its reader (CLS)."""

    metrics = (
        Histogram(
            "race_rum_layout_shift",
            "Layout shift of buyers' pages.",
            "shift",
            by=("rating",),
            buckets=(0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0),
        ),
    )

    drop: DropId
    rating: RatedAs
    shift: Annotated[float, Meta(description="Cumulative layout shift, a number without a unit.")]


class RumStepReached(Event, frozen=True):
    """A visit came to a step of the funnel, for the first time. M9 by step is what is lost between two of them."""

    metrics = (Counter("race_rum_steps_total", "Steps that sampled visits came to.", by=("drop", "rum_step")),)

    drop: DropId
    rum_step: Annotated[RumStep, Meta(description="How far a visit came in its browser.")]


class PurchaseFelt(Event, frozen=True):
    """From the click on the button that pays to the receipt, as the buyer felt it."""

    metrics = (
        Histogram(
            "race_rum_click_to_purchase_seconds",
            "From the click that pays to the receipt, in the buyer's browser.",
            "felt_s",
            by=("drop",),
            buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0),
        ),
    )

    drop: DropId
    felt_s: Annotated[float, Meta(description="Seconds between the two in the buyer's browser.")]


class PageBroke(Event, frozen=True):
    """Something went wrong in a buyer's page; only its kind is told."""

    metrics = (Counter("race_rum_errors_total", "Errors in buyers' pages.", by=("drop", "page_error")),)

    drop: DropId
    page_error: Annotated[
        PageError,
        Meta(
            description="`script` and `promise`: an error that nothing caught; `unreachable`: a request without an "
            "answer; `engine`: an answer of 500 or above."
        ),
    ]


class BeaconReceived(Event, frozen=True):
    """A browser told of a visit. What is sent too often is turned away before, and counted by the guard."""

    metrics = (Counter("race_rum_beacons_total", "Beacons of browsers.", by=("rum_beacon",)),)

    rum_beacon: Annotated[Beacon, Meta(description="What became of a beacon.")]
