"""Before the sale: what was asked of visitors, what they showed, and what was turned away. Emitted by `edge`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId, Route, bounded
from race_to_purchase.observe.events.event import Counter, Event, Log

Purpose = Annotated[Literal["line", "reserve"], Meta(description="What is to be done behind the door.")]
Tier = Annotated[
    Literal[0, 1, 2, 3, 4],
    Meta(description="0: nothing, 1: a proof of work, 2: a harder one, 3: a code or a third party, 4: refused."),
]
Way = Annotated[
    Literal["proof_of_work", "email_code", "turnstile", "hcaptcha"], Meta(description="How a challenge was passed.")
]
Wrong = Annotated[
    Literal[
        "malformed",
        "forged",
        "unsolved",
        "expired",
        "other_drop",
        "other_purpose",
        "other_holder",
        "code_wrong",
        "code_guessed",
        "third_party",
    ],
    Meta(description="Why an answer to a challenge was not accepted."),
]
Sign = Annotated[str, Meta(description="Reason code of something that was noticed.", extra=bounded(20))]
Signs = Annotated[str, Meta(description="Reason codes of all that was noticed, separated by spaces.")]
Enforced = Annotated[
    bool, Meta(description="False where what was decided was only noted, and the request went on all the same.")
]


class SignNoticed(Event, frozen=True):
    """Something about a visitor at a door is not as with most people's browsers. One event a sign."""

    log = Log("debug", "sign noticed")
    metrics = (Counter("race_signs_total", "What was noticed about visitors.", by=("drop", "sign")),)

    drop: DropId
    sign: Sign
    tier: Tier


class ChallengeAsked(Event, frozen=True):
    """A visitor was asked for something, at the door or, `ahead` of it, because they wanted to know."""

    log = Log("debug", "challenge asked")
    metrics = (
        Counter(
            "race_challenges_asked_total",
            "Challenges given to visitors.",
            by=("drop", "purpose", "tier", "enforced"),
        ),
    )

    drop: DropId
    purpose: Purpose
    tier: Tier
    signs: Signs
    ahead: Annotated[bool, Meta(description="Whether it was fetched before the door was tried.")]
    enforced: Enforced = True


class ChallengePassed(Event, frozen=True):
    """A visitor showed what was asked for; not told again when it is shown again. Over ChallengeAsked it is M8."""

    log = Log("debug", "challenge passed")
    metrics = (Counter("race_challenges_passed_total", "Challenges passed.", by=("drop", "purpose", "tier", "way")),)

    drop: DropId
    purpose: Purpose
    tier: Tier
    signs: Signs
    way: Way


class ChallengeFailed(Event, frozen=True):
    """What a visitor showed was not accepted; they were given a new challenge."""

    log = Log("debug", "challenge failed")
    metrics = (Counter("race_challenges_failed_total", "Answers not accepted.", by=("drop", "purpose", "wrong")),)

    drop: DropId
    purpose: Purpose
    tier: Tier
    signs: Signs
    wrong: Wrong


class VisitorRefused(Event, frozen=True):
    """Something was noticed that no honest page sends, and nothing was asked for any more."""

    log = Log("info", "visitor refused")
    metrics = (Counter("race_visitors_refused_total", "Visitors refused.", by=("drop", "purpose", "enforced")),)

    drop: DropId
    purpose: Purpose
    signs: Signs
    enforced: Enforced


class CodeSent(Event, frozen=True):
    """A code was handed to the mail server."""

    log = Log("debug", "code sent")
    metrics = (Counter("race_codes_sent_total", "Codes sent by e-mail.", by=("drop",)),)

    drop: DropId
    purpose: Purpose


class RequestLimited(Event, frozen=True):
    """A request came more often than a limit allows."""

    log = Log("debug", "request limited")
    metrics = (
        Counter("race_requests_limited_total", "Requests over a limit.", by=("route", "limited_by", "enforced")),
    )

    route: Route
    limited_by: Annotated[
        Literal["storefront", "buyer", "session", "ticket", "device", "network"],
        Meta(description="What the limit is kept by."),
    ]
    enforced: Enforced


class RequestShed(Event, frozen=True):
    """There was no room for a request, and nothing was done for it."""

    log = Log("debug", "request shed")
    metrics = (Counter("race_requests_shed_total", "Requests for which there was no room.", by=("route",)),)

    route: Route


class ConnectionEnded(Event, frozen=True):
    """A client's connection was ended because it did nothing, or took too long."""

    log = Log("debug", "connection ended")
    metrics = (Counter("race_connections_ended_total", "Connections ended by the guard.", by=("ended",)),)

    ended: Annotated[
        Literal["silent", "resting", "no_room", "slow_sender", "slow_reader"],
        Meta(description="What was wrong with a connection, as in edge.guard.connections."),
    ]
