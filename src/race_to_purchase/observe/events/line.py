"""The line before a sale: who joined, what was drawn, who was called, who came in. Emitted after it was stored."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Log

Bound = Annotated[
    Literal[
        "rate", "room", "stock", "nobody waits", "announced", "registration", "draw", "sold_out", "paused", "closed"
    ],
    Meta(description="What bounded the number of those who were called."),
]
After = Annotated[
    Literal["nobody", "left", "lost"],
    Meta(description="Nobody led before; or who did gave the lead back, or was not heard of any more."),
]
WrongPass = Annotated[
    Literal["pass_required", "pass_invalid", "pass_expired", "pass_used"],
    Meta(description="Why somebody was not let in."),
]
NoPass = Annotated[
    Literal["ticket_invalid", "not_called", "no_pass_free", "paused", "sold_out", "closed", "pass_used", "other"],
    Meta(description="Why there was no pass for a ticket."),
]


WrongGrant = Annotated[
    Literal["grant_invalid", "grant_not_yet", "grant_expired", "grant_revoked", "grant_used", "grant_wrong_identity"],
    Meta(description="Why a grant gave nobody a place."),
]


class LineJoined(Event, frozen=True):
    """Somebody got a place: in the draw, or behind it. Whoever joins again in the same process is not told of twice."""

    metrics = (Counter("race_line_joined_total", "Places given.", by=("drop", "place")),)

    drop: DropId
    place: Annotated[Literal["draw", "late"], Meta(description="Where in the line the place is.")]


class RegistrationClosed(Event, frozen=True):
    """Nobody can be registered for the draw any more."""

    log = Log("info", "registration closed")

    drop: DropId


class ListPublished(Event, frozen=True):
    """Number and root of the list of those in the draw are public."""

    log = Log("info", "list published")

    drop: DropId
    registered: Annotated[int, Meta(description="Tickets in the draw.")]
    root: Annotated[str, Meta(description="Root of the list's Merkle tree, hexadecimal.")]


class PlacesDrawn(Event, frozen=True):
    """The secret is told, and with it every place is known."""

    log = Log("info", "places drawn")

    drop: DropId
    beacon: Annotated[bool, Meta(description="Whether a public beacon took part.")]


class PlacesCalled(Event, frozen=True):
    """The leader has decided, as it does each second: so many more may come in."""

    log = Log("debug", "places called")
    metrics = (
        Counter("race_line_called_total", "Places called.", by=("drop", "bound"), add="places"),
        Gauge("race_line_cursor", "Places below this are called.", "cursor", by=("drop",)),
        Gauge("race_line_rate_per_second", "The rate that the leader lets in by itself.", "rate_per_s", by=("drop",)),
        Gauge("race_line_room", "How many may be on their way in, by the leader's own bound.", "room", by=("drop",)),
        Gauge("race_line_no_shows_ratio", "Share of those called who do not come.", "no_shows", by=("drop",)),
    )

    drop: DropId
    places: Annotated[int, Meta(description="Places called by this decision.")]
    bound: Bound
    cursor: Annotated[int, Meta(description="Places below this are called.")]
    rate_per_s: Annotated[float, Meta(description="People a second, as the leader would let in by itself.")]
    room: Annotated[float, Meta(description="How many may be on their way in at a time.")]
    no_shows: Annotated[float, Meta(description="Estimated share of those called who do not come.")]


class LeaderChanged(Event, frozen=True):
    """This process calls from now on."""

    log = Log("info", "leads the line")
    metrics = (Counter("race_line_leaders_total", "Times that a process took the lead.", by=("drop", "after")),)

    drop: DropId
    after: After


class PassGiven(Event, frozen=True):
    """A ticket whose turn had come got a pass."""

    log = Log("debug", "pass given")
    metrics = (Counter("race_passes_given_total", "Passes given.", by=("drop", "how")),)

    drop: DropId
    how: Annotated[
        Literal["first", "returned", "moved"],
        Meta(description="The first of its ticket, one after another ran out, or one for another browser."),
    ]


class PassCame(Event, frozen=True):
    """Somebody came in time after being called."""

    metrics = (
        Histogram(
            "race_line_came_seconds",
            "From being called to coming.",
            "came_after_s",
            by=("drop",),
            buckets=(1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0),
        ),
    )

    drop: DropId
    came_after_s: Annotated[float, Meta(description="Seconds from being called to claiming a pass.")]


class ClaimRefused(Event, frozen=True):
    """A ticket got no pass now."""

    log = Log("debug", "no pass")
    metrics = (Counter("race_claims_refused_total", "Claims of a pass that were refused.", by=("drop", "no_pass")),)

    drop: DropId
    no_pass: NoPass


class PassRefused(Event, frozen=True):
    """A reservation was not let in at the door of its drop."""

    log = Log("debug", "not let in")
    metrics = (Counter("race_passes_refused_total", "Reservations without a good pass.", by=("drop", "wrong_pass")),)

    drop: DropId
    wrong_pass: WrongPass


class PassEnded(Event, frozen=True):
    """The time of a pass is up; where it was not used, its place is free again."""

    log = Log("debug", "pass ended")
    metrics = (Counter("race_passes_ended_total", "Passes whose time is up.", by=("drop", "used")),)

    drop: DropId
    used: Annotated[bool, Meta(description="Whether it was used for a reservation.")]


class LineSteered(Event, frozen=True):
    """An operator paused or resumed the line, changed its rate, or wrote a message."""

    log = Log("info", "line steered")

    drop: DropId
    by: Annotated[str, Meta(description="Name of the operator's key.")]
    paused: Annotated[bool, Meta(description="Whether nobody is called now.")]


class GrantDenied(Event, frozen=True):
    """Somebody showed a grant that is not good for them: leaked, used, taken back, or out of its time."""

    log = Log("info", "grant refused")
    metrics = (Counter("race_grants_refused_total", "Grants that were refused.", by=("drop", "wrong_grant")),)

    drop: DropId
    wrong_grant: WrongGrant


class GrantChanged(Event, frozen=True):
    """Grants were issued, one was used for a ticket, or taken back."""

    log = Log("info", "grants")
    metrics = (
        Counter("race_grants_total", "Grants issued, used, and taken back.", by=("drop", "grant"), add="number"),
    )

    drop: DropId
    grant: Annotated[Literal["issued", "used", "revoked"], Meta(description="What became of the grants.")]
    number: Annotated[int, Meta(description="How many grants.")]
