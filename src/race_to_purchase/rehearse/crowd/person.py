"""What every visitor can do, human or bot: reserve, pay, and write down how it went.

Each of these is one intent under one idempotency key, however often it has to be repeated; measures count intents.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from random import Random
from typing import Literal, cast, get_args

import msgspec

from race_to_purchase.rehearse.crowd.badge import STOREFRONT
from race_to_purchase.rehearse.crowd.diary import Diary, End, Purchase, Who
from race_to_purchase.rehearse.crowd.plan import Sale
from race_to_purchase.rehearse.crowd.steps import Answers, OrderSeen, Pay, Reserve, Send, Settled, persist

Reception = Literal[
    "accepted", "sold_out", "all_reserved", "limit_reached", "drop_closed", "drop_not_open", "no_pass", "busy", "failed"
]
"""How the shop received a wish to reserve. Everything but `accepted` and `failed` is an outcome of a scarce good or of
the door (`no_pass`), or (`busy`) a request turned away whole under load, which may be sent again."""

NO_PASS = frozenset({"pass_required", "pass_invalid", "pass_expired", "pass_used"})


class Person:
    """What one visitor brings: a name, a stream of chance, fresh idempotency keys, and the shared diary."""

    def __init__(
        self, who: Who, name: str, chance: Random, sale: Sale, diary: Diary, window: Mapping[str, str] | None = None
    ) -> None:
        self.who: Who = who
        self.name = name
        self.chance = chance
        self.sale = sale
        self.diary = diary
        self.window: Mapping[str, str] = {} if window is None else window
        """What the shop shows everybody: an item's stock as a band, a moment old. Empty until it has been looked at."""
        self.strategy = "person"
        self.by = STOREFRONT
        """As whom this visitor asks now."""
        self._keys = 0

    def key(self) -> str:
        """An idempotency key never used before, in this sale or another."""
        self._keys += 1
        return f"{self.sale.drop}-{self.name}-{self._keys}"

    def note(self, what: str) -> None:
        """Something that this crowd is here to do has happened, such as `double_click`."""
        self.diary.count(f"note/{what}")

    def end(self, how: End) -> None:
        """This try to buy is over."""
        self.diary.end(self.who, how)


class Held(msgspec.Struct, frozen=True):
    """What somebody has reserved: asked for at `begun_s`, known to be theirs at `at_s`, after the shop's `waited_s`."""

    checkout: str
    buyer: str
    item: str
    quantity: int
    begun_s: float
    at_s: float
    waited_s: float


def reserve(
    person: Person, ask: Reserve, at_s: float, *, twice: bool = False, hang_up_s: float | None = None
) -> Generator[Send, Answers, Settled]:
    """Reserve under one key until the shop has decided; counted by how it was received."""
    settled = yield from persist(ask, at_s, beside=(ask,) if twice else (), hang_up_s=hang_up_s)
    person.diary.count(f"reserve/{reception(settled)}")
    return settled


def strike(person: Person, ask: Reserve, at_s: float) -> Generator[Send, Answers, Settled]:
    """Reserve once: whoever strikes repeats nothing, and comes back with a fresh key."""
    settled = yield from persist(ask, at_s, repeats_max=0)
    person.diary.count(f"reserve/{reception(settled)}")
    return settled


def reception(settled: Settled) -> Reception:
    """How a reservation was received."""
    answer = settled.answer
    if answer.status == 201 and answer.body.id is not None:
        return "accepted"
    if answer.status == 409 and answer.body.code in get_args(Reception):
        return cast(Reception, answer.body.code)
    if answer.body.code in NO_PASS:
        return "no_pass"
    return "busy" if answer.status in (429, 503) else "failed"


def empty_handed(received: Reception) -> End:
    """How the try of somebody ends who goes home with this answer."""
    match received:
        case "sold_out" | "all_reserved" | "limit_reached":
            return received
        case "drop_closed":
            return "closed"
        case "no_pass":
            return "turned_away"
        case _:
            return "failed"


def held(ask: Reserve, settled: Settled) -> Held:
    """What an accepted reservation holds."""
    answer = settled.answer
    assert answer.body.id is not None, "only an accepted reservation holds anything"
    return Held(
        checkout=answer.body.id,
        buyer=ask.buyer,
        item=ask.item,
        quantity=ask.quantity,
        begun_s=settled.begun_s,
        at_s=answer.at_s,
        waited_s=settled.waited_s,
    )


def pay(
    person: Person, ask: Pay, at_s: float, *, beside: tuple[Pay, ...] = (), hang_up_s: float | None = None
) -> Generator[Send, Answers, Settled]:
    """Pay with one card until it is decided; counted as authorized, declined or failed."""
    settled = yield from persist(ask, at_s, beside=beside, hang_up_s=hang_up_s)
    status = settled.answer.status
    person.diary.count("pay/" + ("authorized" if status == 200 else "declined" if status == 402 else "failed"))
    return settled


def keep(person: Person, basket: Held, settled: Settled, waited_s: float) -> None:
    """Write down the order that a payment was answered with. `waited_s` is the shop's time over all its payments."""
    order = settled.answer.body.order
    if not isinstance(order, OrderSeen):
        person.end("failed")
        return
    purchase = Purchase(
        order=order.id,
        who=person.who,
        buyer=basket.buyer,
        item=basket.item,
        pieces=basket.quantity,
        amount=order.amount,
        expected=person.sale.prices[basket.item] * basket.quantity,
        currency=order.currency,
        waited_ms=round((basket.waited_s + waited_s) * 1000, 3),
        paid_at_s=round(settled.begun_s, 4),
        placed_at_s=round(order.placed_at.timestamp() - person.sale.opens_at_s, 4),
        strategy=person.strategy,
    )
    person.diary.bought(purchase)


def unpaid_end(settled: Settled) -> End:
    """How a payment that brought no order ended."""
    if settled.answer.status == 402:
        return "declined"
    return "expired" if settled.answer.body.code == "reservation_expired" else "failed"
