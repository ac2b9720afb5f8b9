"""How a person comes in by the door: joins, reloads, takes another device, waits, and claims a pass when called."""

from __future__ import annotations

from collections.abc import Generator

import msgspec

from race_to_purchase.rehearse.crowd.badge import Badge
from race_to_purchase.rehearse.crowd.lining import Spot, begin, claim, join, wait_until_called
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Human, Line, comes_s
from race_to_purchase.rehearse.crowd.steps import Answers, Join, Send, Wait, persist


class Entry(msgspec.Struct, frozen=True):
    """Somebody who is let in since `at_s`, with the pass `token` of their `spot`."""

    token: str
    at_s: float
    spot: Spot


Entering = Generator[Send | Wait, Answers, Entry | None]


def come_in(me: Human, person: Person, line: Line) -> Entering:
    """From arriving to a pass. A guest is a browser; a customer is vouched for by the shop's server."""
    arrives_s = comes_s(me.arrives_s, person.sale)
    by: Badge | None = Badge(buyer=me.name)
    if me.guest:
        by = yield from begin(me.network, arrives_s)
    spot = None if by is None else (yield from join(person, by, arrives_s, me.solves_s))
    if spot is None:
        person.end("turned_away")
        return None
    person.by = spot.by
    if me.reloads:
        yield from _reload(me, person, spot)
    if me.stays_away:
        person.note("stayed_away")
        person.end("stayed_away")
        return None
    called_s = yield from wait_until_called(person, spot, line)
    entry = None if called_s is None else (yield from _claimed(person, spot, called_s))
    if entry is None:
        person.end("not_called")
    return entry


def _reload(me: Human, person: Person, spot: Spot) -> Generator[Send, Answers, None]:
    """A guest's page joins again with the proof that it has kept; a customer comes with another device, which has
    none. Both must find the place that there is."""
    person.note("reloaded" if me.guest else "second_device")
    settled = yield from persist(Join(spot.answer, by=spot.by), spot.joined_s + me.think_s)
    if settled.answer.status == 201 and settled.answer.body.ticket != spot.ticket:
        person.note("place_lost")


def come_back(person: Person, entry: Entry, at_s: float) -> Entering:
    """Another pass for somebody whose pass ran out before there was anything to reserve."""
    return (yield from _claimed(person, entry.spot, at_s, again=True))


def _claimed(person: Person, spot: Spot, at_s: float, *, again: bool = False) -> Entering:
    admission = yield from claim(person, spot, at_s, again=again)
    return None if admission is None else Entry(admission.token, admission.at_s, spot)
