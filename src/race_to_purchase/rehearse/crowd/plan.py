"""Who comes to a rehearsed sale, when, and how they behave: drawn from a seed before anything is sent.

Everything here is a value. The same seed gives the same people, whatever the machine, the number of processes or the
server do; what happens to them is another matter, and is theirs to live through in `human` and `bot`.
Times are seconds after the opening of the drop; what is before it is negative.
"""

from __future__ import annotations

from random import Random
from typing import Literal

import msgspec

from race_to_purchase.rehearse.crowd import strategies
from race_to_purchase.rehearse.crowd.strategies import Strategy

BotKind = Literal["scalper", "hoarder", "carder"]
"""A scalper buys and pays at once; a hoarder holds and never pays; a carder tries stolen cards, none of which works."""

APPROVED = "pm_approved"
DECLINED = ("pm_declined", "pm_insufficient_funds", "pm_expired_card", "pm_try_again")
LATE = ("pm_slow", "pm_answer_lost")
"""Payments that take seconds; whoever has such a card pays without long thoughts, to leave time for it."""

DOUBLE_CLICK = 0.15
LOST_ANSWER = 0.06
SECOND_TAB = 0.06
ABANDON = 0.10
FIRST_CARD_DECLINED = 0.10
EVERY_CARD_DECLINED = 0.02
SLOW_CARD = 0.01
GATEWAY_SILENT = 0.005
GATEWAY_SILENT_NEEDS_S = 7.5
"""A gateway that lost its answer is asked again after 5 s: in a shorter reservation nobody could wait for that."""
TWO_PIECES = 0.15
READY_AT_OPENING = 0.6

HUMAN_SHARE_OF_RESERVATION = 0.5
"""How much of a reservation's life the slowest buyer spends thinking, so that an expiry is never of their making."""

BOT_KINDS: tuple[tuple[BotKind, float], ...] = (("scalper", 0.45), ("hoarder", 0.30), ("carder", 0.25))
BOT_IDENTITIES = 2
BOT_TRIES = 10

GUEST = 0.6
NO_SHOW = 0.04
RELOADS = 0.15
SOLVES_S = (0.1, 0.5)
"""How long a proof of work keeps a person's browser busy."""


class Line(msgspec.Struct, frozen=True):
    """The door of a drop, by the crowd's clock. Whoever waits looks `haste` times as often as a page does in a sale
    that lasts hours."""

    opens_s: float
    closes_s: float
    haste: float = 5.0


class Sale(msgspec.Struct, frozen=True):
    """What the crowd knows of the drop before it opens. `prices` has minor units by item, the favourite size first.

    `opens_at_s` is in seconds since the epoch; every other time of the crowd counts from it.
    """

    drop: str
    opens_at_s: float
    currency: str
    prices: dict[str, int]
    limit_per_buyer: int
    reservation_s: float
    arrival_s: float
    methods: dict[str, str] = {}
    """What the sandbox's payment methods are called where another gateway is tried."""
    line: Line | None = None


IN_TIME = 0.9
"""Whoever would arrive in the last tenth comes when registration has closed."""


def comes_s(arrives_s: float, sale: Sale) -> float:
    """When somebody comes who arrives so long after the beginning: of the registration where there is a line."""
    if sale.line is None:
        return arrives_s
    early_s = sale.arrival_s * IN_TIME
    if arrives_s <= early_s:
        return sale.line.opens_s + arrives_s
    return sale.line.closes_s + arrives_s - early_s


class Human(msgspec.Struct, frozen=True):
    """One buyer of flesh and blood. `cards` are tried in order; the last is the only one that may be approved."""

    name: str
    arrives_s: float
    wishes: tuple[str, ...]
    quantity: int
    think_s: float
    other_card_s: float
    patience: int
    cards: tuple[str, ...]
    double_click: bool
    lost_answer: Literal["no", "reserve", "pay"]
    hang_up_s: float
    second_tab: Literal["no", "checkout", "payment"]
    abandons: Literal["no", "leaves", "cancels"]
    guest: bool = False
    network: str = ""
    solves_s: float = 0.2
    reloads: bool = False
    stays_away: bool = False


class Bot(msgspec.Struct, frozen=True):
    """One script. It strikes first at `strikes_s`, then every `pace_s`, `tries` times in all, under fresh names."""

    name: str
    kind: BotKind
    strikes_s: float
    pace_s: float
    tries: int
    identities: int
    quantity: int
    wishes: tuple[str, ...]
    strategy: Strategy = "patient"


class Crowd(msgspec.Struct, frozen=True):
    """Everybody who comes."""

    humans: tuple[Human, ...]
    bots: tuple[Bot, ...]

    def share(self, part: int, parts: int) -> Crowd:
        """Every `parts`-th of them, from `part` on: the people whom one of several processes plays."""
        return Crowd(self.humans[part::parts], self.bots[part::parts])


def plan(seed: int, buyers: int, bots: int, sale: Sale) -> Crowd:
    """The crowd of a seed. Everybody has a stream of chance of their own, so that a larger crowd begins the same."""
    return Crowd(
        tuple(_human(dice(seed, f"human-{n}"), f"human-{n}", sale) for n in range(buyers)),
        tuple(_bot(dice(seed, f"bot-{n}"), f"bot-{n}", sale) for n in range(bots)),
    )


def dice(seed: int, name: str) -> Random:
    """The stream of chance of one person, the same on every machine."""
    return Random(f"{seed}/{name}")


def _human(chance: Random, name: str, sale: Sale) -> Human:
    patience_s = sale.reservation_s * HUMAN_SHARE_OF_RESERVATION
    think_s = min(chance.lognormvariate(-0.1, 0.5), patience_s * 0.6)
    second_tab = _second_tab(chance)
    two = chance.random() < TWO_PIECES or second_tab == "checkout"
    cards = _cards(chance, sale.reservation_s)
    return Human(
        name=name,
        arrives_s=_arrival(chance, sale.arrival_s),
        wishes=_wishes(chance, sale),
        quantity=min(2, sale.limit_per_buyer) if two else 1,
        think_s=min(think_s, 1.0) if cards[0] in LATE else think_s,
        other_card_s=min(chance.uniform(0.3, 0.8), patience_s * 0.2),
        patience=chance.randint(3, 6) if chance.random() < 0.25 else 1000,
        cards=cards,
        double_click=chance.random() < DOUBLE_CLICK,
        lost_answer=_lost_answer(chance),
        hang_up_s=chance.uniform(0.0, 0.02),
        second_tab=second_tab,
        abandons=_abandons(chance),
        guest=chance.random() < GUEST,
        network=strategies.network_of_person(chance),
        solves_s=chance.uniform(*SOLVES_S),
        reloads=chance.random() < RELOADS,
        stays_away=chance.random() < NO_SHOW,
    )


def _arrival(chance: Random, arrival_s: float) -> float:
    """Most sit with a finger on the button and need a moment; the others come by in their own time."""
    if chance.random() < READY_AT_OPENING:
        return min(chance.lognormvariate(-0.3, 0.6), arrival_s)
    return chance.uniform(0.0, arrival_s)


def _wishes(chance: Random, sale: Sale) -> tuple[str, ...]:
    """The sizes somebody would take, the best first: the favourite sizes are wished for most."""
    left = list(sale.prices)
    wishes: list[str] = []
    while left:
        weights = [len(left) - place for place in range(len(left))]
        wishes.append(left.pop(chance.choices(range(len(left)), weights)[0]))
    return tuple(wishes)


def _cards(chance: Random, reservation_s: float) -> tuple[str, ...]:
    """The payment methods that a buyer has in hand, in the order in which they are tried."""
    roll = chance.random()
    bad = chance.choice(DECLINED)
    if roll < EVERY_CARD_DECLINED:
        return (bad, "pm_declined")
    if roll < EVERY_CARD_DECLINED + FIRST_CARD_DECLINED:
        return (bad, APPROVED)
    if roll < EVERY_CARD_DECLINED + FIRST_CARD_DECLINED + SLOW_CARD:
        return ("pm_slow",)
    if roll < EVERY_CARD_DECLINED + FIRST_CARD_DECLINED + SLOW_CARD + GATEWAY_SILENT:
        return ("pm_answer_lost",) if reservation_s >= GATEWAY_SILENT_NEEDS_S else (APPROVED,)
    return (APPROVED,)


def _lost_answer(chance: Random) -> Literal["no", "reserve", "pay"]:
    roll = chance.random()
    return "reserve" if roll < LOST_ANSWER else "pay" if roll < 2 * LOST_ANSWER else "no"


def _second_tab(chance: Random) -> Literal["no", "checkout", "payment"]:
    roll = chance.random()
    return "checkout" if roll < SECOND_TAB else "payment" if roll < 2 * SECOND_TAB else "no"


def _abandons(chance: Random) -> Literal["no", "leaves", "cancels"]:
    roll = chance.random()
    return "leaves" if roll < ABANDON * 0.7 else "cancels" if roll < ABANDON else "no"


def _bot(chance: Random, name: str, sale: Sale) -> Bot:
    kinds, weights = zip(*BOT_KINDS, strict=True)
    return Bot(
        name=name,
        kind=chance.choices(kinds, weights)[0],
        strikes_s=chance.uniform(-0.2, 0.3),
        pace_s=chance.uniform(0.5, 1.5),
        tries=BOT_TRIES,
        identities=BOT_IDENTITIES,
        quantity=chance.randint(1, sale.limit_per_buyer),
        wishes=_wishes(chance, sale),
        strategy=strategies.strategy(chance),
    )
