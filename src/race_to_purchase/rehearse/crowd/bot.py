"""A bot: no thinking, many identities, a fresh key for every strike, and a fixed pace however slow the answers are.

A scalper pays at once and goes on under the next name; a hoarder holds stock so that nobody else can; a carder
tries stolen cards. All of them are buyers to the shop, and what they are given counts as sold.
"""

from __future__ import annotations

from collections.abc import Generator

from race_to_purchase.rehearse.crowd.intruding import Claimed, passes, places
from race_to_purchase.rehearse.crowd.person import (
    Held,
    Person,
    Reception,
    empty_handed,
    held,
    keep,
    pay,
    reception,
    strike,
    unpaid_end,
)
from race_to_purchase.rehearse.crowd.plan import APPROVED, DECLINED, Bot, Line
from race_to_purchase.rehearse.crowd.steps import Answers, Pay, Reserve, Send, Wait, Walk

STOLEN_CARDS = 2


def bot(me: Bot, person: Person) -> Walk:
    """All strikes of one bot, under one name after the other; at a door, with what its strategy brings."""
    person.strategy = me.strategy
    if person.sale.line is not None:
        yield from _by_the_door(me, person, person.sale.line)
        return
    yield Wait(me.strikes_s)
    hunt = _Hunt(me)
    for number in range(me.identities):
        basket = yield from _snatch(person, hunt, f"{me.name}-{number}")
        if basket is None:
            return
        hunt.next_s = yield from _use(me, person, basket)


def _use(me: Bot, person: Person, basket: Held) -> Generator[Send, Answers, float]:
    """What it holds stock for; gives the moment at which it is free again."""
    match me.kind:
        case "scalper":
            return (yield from _buy(person, basket))
        case "hoarder":
            person.end("abandoned")
            return basket.at_s
        case "carder":
            return (yield from _try_stolen_cards(person, basket))


def _by_the_door(me: Bot, person: Person, line: Line) -> Walk:
    """As many places as it can get, each used for as much as its passes bring."""
    yield Wait(line.opens_s + me.strikes_s)
    spots = yield from places(me, person, line)
    if not spots:
        person.end("turned_away")
    for number, spot in enumerate(spots):
        let_in = yield from passes(me, person, line, spot, number)
        if not let_in:
            person.end("not_called")
        for claimed in reversed(let_in):  # The pass that was claimed last is the one that is good.
            yield from _spend(me, person, claimed)


def _spend(me: Bot, person: Person, claimed: Claimed) -> Walk:
    """Strike with a pass until something is held, and use it; whoever replays then strikes with the same pass again."""
    person.by = claimed.by
    hunt = _Hunt(me)
    hunt.next_s = claimed.at_s
    basket = yield from _snatch(person, hunt, claimed.by.buyer or f"{me.name}-{claimed.number}", claimed.token)
    if basket is None:
        return
    at_s = yield from _use(me, person, basket)
    if me.strategy == "replay":
        again = Reserve(person.key(), basket.buyer, basket.item, 1, claimed.token, by=claimed.by)
        yield from strike(person, again, at_s)


class _Hunt:
    """What a bot is still after, how often it will strike, and when it strikes next."""

    def __init__(self, me: Bot) -> None:
        self._wishes = list(me.wishes)
        self._pace_s = me.pace_s
        self._tries = me.tries
        self.quantity = me.quantity
        self.next_s = me.strikes_s

    def pick(self) -> str | None:
        """The size to strike at; None when there is nothing left, or the bot has tried often enough."""
        return self._wishes[self._tries % len(self._wishes)] if self._wishes and self._tries else None

    def missed(self, item: str, received: Reception, at_s: float) -> None:
        """Nothing was held. The next strike is planned by pace, and not before the answer to this one at `at_s`."""
        self._tries -= 1
        self.next_s = max(self.next_s + self._pace_s, at_s)
        if received == "sold_out" and self.quantity > 1:
            self.quantity = 1
        elif received == "sold_out":
            self._wishes.remove(item)


def _snatch(person: Person, hunt: _Hunt, name: str, token: str = "") -> Generator[Send, Answers, Held | None]:
    """Strike until something is held; None when the bot gives up."""
    received: Reception = "sold_out"
    while (item := hunt.pick()) is not None:
        ask = Reserve(person.key(), name, item, hunt.quantity, token, by=person.by)
        settled = yield from strike(person, ask, hunt.next_s)
        received = reception(settled)
        if received == "accepted":
            return held(ask, settled)
        if received == "no_pass":
            break
        hunt.missed(item, received, settled.answer.at_s)
    person.end(empty_handed(received))
    return None


def _buy(person: Person, basket: Held) -> Generator[Send, Answers, float]:
    """Pay at once; gives the moment at which the bot is free again."""
    settled = yield from pay(person, Pay(person.key(), basket.checkout, APPROVED, by=person.by), basket.at_s)
    if settled.answer.status == 200:
        keep(person, basket, settled, settled.waited_s)
    else:
        person.end(unpaid_end(settled))
    return settled.answer.at_s


def _try_stolen_cards(person: Person, basket: Held) -> Generator[Send, Answers, float]:
    """Cards that no bank approves, one after the other, and then nothing: the stock stays held until it lapses."""
    at_s = basket.at_s
    for _ in range(STOLEN_CARDS):
        card = person.chance.choice(DECLINED)
        settled = yield from pay(person, Pay(person.key(), basket.checkout, card, by=person.by), at_s)
        at_s = settled.answer.at_s
        if settled.answer.status != 402:
            break
    person.end(unpaid_end(settled))
    return at_s
