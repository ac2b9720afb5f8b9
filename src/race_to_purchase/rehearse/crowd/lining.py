"""Standing in line as a page does: a session, a ticket for a proof, looks at the status, and a pass once called.

Whoever waits knows their own place from the published seed and their ticket, as a browser does; nobody is told it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Generator

import msgspec

from race_to_purchase.rehearse.crowd.badge import Badge
from race_to_purchase.rehearse.crowd.diary import Place
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Line
from race_to_purchase.rehearse.crowd.proof import Challenge, solve
from race_to_purchase.rehearse.crowd.steps import Answers, Begin, Body, Claim, Join, Look, Send, Settled, Wait, persist
from race_to_purchase.rules.line.draw import late_place, place

TID = slice(3, 19)
"""Where the id stands in the bytes of a ticket."""

JITTER = 0.2
LOOK_EARLIER = 0.25
"""A page looks again after this share of the time that its turn is away, within the bounds that the engine gives."""
CLAIM_AGAIN = frozenset({"not_called", "no_pass_free", "line_paused"})
CLAIMS_MAX = 60

Going = Generator[Send | Wait, Answers, Settled]


class Spot(msgspec.Struct, frozen=True):
    """A ticket in somebody's hand, got at `joined_s` as `by`."""

    ticket: str
    tid: bytes
    late: int | None
    joined_s: float
    by: Badge
    answer: str = ""


class Admission(msgspec.Struct, frozen=True):
    """A pass, got at `at_s`."""

    token: str
    at_s: float


def begin(network: str, at_s: float) -> Generator[Send | Wait, Answers, Badge | None]:
    """A browser's session; None where it gets none."""
    by = Badge(network=network)
    settled = yield from persist(Begin(by=by), at_s, repeats_max=3)
    answer = settled.answer
    if answer.status != 201 or not answer.body.csrf:
        return None
    return msgspec.structs.replace(by, cookie=answer.cookie, csrf=answer.body.csrf)


def join(
    person: Person, by: Badge, at_s: float, solves_s: float = 0.0, *, repeats_max: int = 8
) -> Generator[Send | Wait, Answers, Spot | None]:
    """A ticket, after solving what is asked; None for whoever gets none."""
    settled = yield from _joining(Join(by=by), at_s, repeats_max)
    given = ""
    asked = settled.answer.body.challenge
    if settled.answer.body.code == "challenge_required":
        person.diary.count(f"challenge/asked/{person.who}")
        if not isinstance(asked, Challenge):
            return None
        given = solve(asked)
        settled = yield from _joining(Join(given, by=by), settled.answer.at_s + solves_s, repeats_max)
        if settled.answer.status == 201:
            person.diary.count(f"challenge/passed/{person.who}")
    body, joined_s = settled.answer.body, settled.answer.at_s
    if settled.answer.status != 201 or body.ticket is None:
        return None
    spot = Spot(body.ticket, tid_of(body.ticket), body.late, joined_s, by, given)
    person.diary.joined(Place(spot.tid.hex(), person.who, person.strategy, round(joined_s, 4), body.late))
    return spot


def _joining(ask: Join, at_s: float, repeats_max: int) -> Going:
    """Join, and again in a moment while the list of the draw is being published."""
    while True:
        settled = yield from persist(ask, at_s, repeats_max=repeats_max)
        if settled.answer.body.code not in ("draw_under_way", "registration_not_open"):
            return settled
        back_s = settled.answer.retry_in_s or settled.answer.retry_after_s or 0.0
        at_s = settled.answer.at_s + min(max(back_s, 0.2), 1.0)


def tid_of(ticket: str) -> bytes:
    """The id that a ticket's bytes hold."""
    return urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))[TID]


def place_of(spot: Spot, seen: Body) -> int | None:
    """Where it stands, as far as the status says what is needed for that."""
    if seen.seed is None or seen.registered is None:
        return None
    if spot.late is not None:
        return late_place(seen.registered, spot.late)
    return place(bytes.fromhex(seen.seed), spot.tid, seen.registered)


def in_order(spots: list[Spot], every_s: float) -> Generator[Send | Wait, Answers, list[Spot]]:
    """Several places of one bot, the foremost first, as soon as the draw is made."""
    at_s = spots[-1].joined_s
    while True:
        settled = yield from persist(Look(by=spots[0].by), at_s)
        seen = settled.answer.body
        if seen.seed is not None or seen.phase in ("sold_out", "closed"):
            return sorted(spots, key=lambda spot: place_of(spot, seen) or 0)
        at_s = settled.answer.at_s + every_s


def wait_until_called(
    person: Person, spot: Spot, line: Line, *, every_s: float | None = None
) -> Generator[Send | Wait, Answers, float | None]:
    """Look now and again until the place is called; the moment of that look, or None where all was over before.

    `every_s` is the pace of whoever does not keep to what the engine asks for.
    """
    at_s = spot.joined_s
    while True:
        settled = yield from persist(Look(by=spot.by), at_s)
        seen, now_s = settled.answer.body, settled.answer.at_s
        if seen.phase in ("sold_out", "closed"):
            return None
        where = place_of(spot, seen)
        if where is not None and where < seen.cursor:
            return now_s
        ahead = None if where is None else where - seen.cursor
        at_s = now_s + (every_s or _pause_s(person, seen, ahead, line, now_s))


def _pause_s(person: Person, seen: Body, ahead: int | None, line: Line, now_s: float) -> float:
    """Until a page looks again: sooner for those who are next, and never all at once."""
    least, most = (bound / line.haste for bound in seen.poll_s)
    if ahead is None:
        coming = [moment - now_s for moment in (line.opens_s, line.closes_s, 0.0) if moment > now_s]
        wanted = min(coming, default=0.0)
    else:
        wanted = LOOK_EARLIER * ahead / max(seen.rate_per_s, 0.01)
    return min(most, max(least, wanted)) * (1 + JITTER * person.chance.random())


def claim(
    person: Person, spot: Spot, at_s: float, *, again: bool = False
) -> Generator[Send | Wait, Answers, Admission | None]:
    """A pass for the ticket, for the browser that joined; None where there will be none any more."""
    ask = Claim(spot.ticket, by=spot.by)
    haste = person.sale.line.haste if person.sale.line is not None else 1.0
    for _ in range(CLAIMS_MAX):
        settled = yield from persist(ask, at_s)
        answer = settled.answer
        if answer.status == 201 and answer.body.admitted is not None:
            if not again:
                _told(person, spot, answer.at_s)
            return Admission(answer.body.admitted, answer.at_s)
        if answer.body.code not in CLAIM_AGAIN:
            return None
        back_s = answer.retry_in_s or answer.retry_after_s or 1.0
        at_s = answer.at_s + max(back_s / haste, 0.2) * (0.5 + person.chance.random())
    return None


def _told(person: Person, spot: Spot, at_s: float) -> None:
    """How long somebody waited for their first pass, from joining and from the opening."""
    person.diary.latency(f"wait_from_join/{person.who}", (at_s - spot.joined_s) * 1000)
    person.diary.latency(f"wait_from_open/{person.who}", max(0.0, at_s - max(0.0, spot.joined_s)) * 1000)
