"""How a bot comes in by the door, by its strategy: what each one shows, how often it asks, and what it tries twice.

Each brings as many `Claimed` as it could get: a pass with the browser that it is good for. What it then does inside is
the same as without a door.
"""

from __future__ import annotations

from collections.abc import Generator

import msgspec

from race_to_purchase.rehearse.crowd.badge import Badge
from race_to_purchase.rehearse.crowd.lining import Spot, begin, claim, in_order, join, wait_until_called
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Bot, Line
from race_to_purchase.rehearse.crowd.steps import Answers, Claim, Join, Send, Wait, persist
from race_to_purchase.rehearse.crowd.strategies import SHARED_BY, STRATEGIES, network_of_bot

AT_ONCE_S = 0.7
"""How often a script looks that does not keep to what the engine asks for."""
FLOOD_PAUSE_S = 0.15


class Claimed(msgspec.Struct, frozen=True):
    """A pass of a bot's `number`-th place, got at `at_s`, and the browser for which it is."""

    token: str
    by: Badge
    at_s: float
    number: int


Places = Generator[Send | Wait, Answers, list[Spot]]
Passes = Generator[Send | Wait, Answers, list[Claimed]]


def places(me: Bot, person: Person, line: Line) -> Places:
    """Every place that a bot can get, from the moment in which registration opens."""
    found: list[Spot] = []
    at_s = line.opens_s + me.strikes_s
    for number in range(STRATEGIES[me.strategy].tries):
        by = yield from _guise(me, person, number, at_s)
        spot = None
        if by is not None:
            spot = yield from join(person, by, at_s, repeats_max=1 if me.strategy == "flood_one_network" else 8)
        if spot is not None:
            found.append(spot)
            at_s = spot.joined_s
        at_s += FLOOD_PAUSE_S
    if me.strategy == "replay" and found:
        yield from _show_again(me, person, found[0])
    return found if len(found) < 2 else (yield from in_order(found, AT_ONCE_S))


def _guise(me: Bot, person: Person, number: int, at_s: float) -> Generator[Send | Wait, Answers, Badge | None]:
    """As whom it comes the next time."""
    if me.strategy == "many_identities":
        return Badge(buyer=f"{me.name}-{number}")
    return (yield from begin(network_of_bot(person.chance, me.strategy), at_s))


def _show_again(me: Bot, person: Person, spot: Spot) -> Generator[Send | Wait, Answers, None]:
    """The same proof, in the browser that solved it and in another: neither may be a second place."""
    settled = yield from persist(Join(spot.answer, by=spot.by), spot.joined_s, repeats_max=2)
    if settled.answer.status == 201 and settled.answer.body.ticket != spot.ticket:
        person.note("proof_used_twice")
    other = yield from begin(network_of_bot(person.chance, me.strategy), settled.answer.at_s)
    if other is not None:
        settled = yield from persist(Join(spot.answer, by=other), settled.answer.at_s, repeats_max=2)
        if settled.answer.status == 201:
            person.note("proof_used_twice")


def passes(me: Bot, person: Person, line: Line, spot: Spot, number: int) -> Passes:
    """What a place brings once it is called: mostly one pass, or as many as its sharers are given."""
    every_s = AT_ONCE_S if me.strategy != "patient" else None
    called_s = yield from wait_until_called(person, spot, line, every_s=every_s)
    if called_s is None:
        return []
    admission = yield from claim(person, spot, called_s)
    if admission is None:
        return []
    mine = Claimed(admission.token, spot.by, admission.at_s, number)
    if me.strategy != "ticket_sharing":
        return [mine]
    return [mine, *(yield from _shared(me, person, spot, admission.at_s, number))]


def _shared(me: Bot, person: Person, spot: Spot, at_s: float, number: int) -> Passes:
    """The same ticket in further browsers, all at once."""
    others: list[Badge] = []
    for _ in range(SHARED_BY - 1):
        by = yield from begin(network_of_bot(person.chance, me.strategy), at_s)
        if by is not None:
            others.append(by)
    answers = yield Send(tuple(Claim(spot.ticket, by=by) for by in others), at_s)
    return [
        Claimed(answer.body.admitted, by, answer.at_s, number)
        for by, answer in zip(others, answers, strict=True)
        if answer.status == 201 and answer.body.admitted is not None
    ]
