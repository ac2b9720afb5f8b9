"""A shop in a few lines for walks to talk to: no sockets and no clock, so that a test sees every step of a person.

It keeps stock, a limit and idempotency keys as the real one does; a test may put its own answers before it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from race_to_purchase.rehearse.crowd.diary import Diary, Page
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Bot, Human, Sale, dice
from race_to_purchase.rehearse.crowd.steps import (
    Answer,
    Ask,
    Body,
    Cancel,
    OrderSeen,
    Pay,
    Reserve,
    Send,
    Wait,
    Walk,
)

OPENS = datetime(2026, 12, 1, 18, tzinfo=UTC)
SALE = Sale(
    drop="aurora-1",
    opens_at_s=OPENS.timestamp(),
    currency="EUR",
    prices={"41": 15900, "42": 15900, "43": 16900},
    limit_per_buyer=2,
    reservation_s=8.0,
    arrival_s=6.0,
)
LATENCY_S = 0.05

HUMAN = Human(
    name="human-0",
    arrives_s=1.0,
    wishes=("42", "41", "43"),
    quantity=1,
    think_s=0.7,
    other_card_s=0.4,
    patience=5,
    cards=("pm_approved",),
    double_click=False,
    lost_answer="no",
    hang_up_s=0.01,
    second_tab="no",
    abandons="no",
)
BOT = Bot(
    name="bot-0",
    kind="scalper",
    strikes_s=-0.1,
    pace_s=0.5,
    tries=4,
    identities=2,
    quantity=1,
    wishes=("42", "41", "43"),
)

Special = Callable[[Ask, "Shop"], Body | tuple[int, Body] | None]


class Shop:
    """Answers a walk. `special` is asked first, and may give (status, body) or None for the shop's own answer."""

    def __init__(self, stock: int = 10, special: Special | None = None, latency_s: float = LATENCY_S) -> None:
        self.free = stock
        self.special = special
        self.latency_s = latency_s
        self.sends: list[Send] = []
        self.held: dict[str, Reserve] = {}
        self.orders: dict[str, OrderSeen] = {}
        self.answered: dict[str, tuple[int, Body]] = {}

    @property
    def asks(self) -> list[Ask]:
        """Everything that was asked, in order."""
        return [ask for send in self.sends for ask in send.asks]

    def of(self, kind: type[Ask]) -> list[Ask]:
        """What was asked of one kind."""
        return [ask for ask in self.asks if isinstance(ask, kind)]

    def answer(self, ask: Ask, send: Send) -> Answer:
        """One answer, `latency_s` after the intended send; none to whoever hangs up."""
        status, body = self._decide(ask)
        at_s = send.at_s + self.latency_s
        if send.hang_up_s is not None:
            return Answer(0, send.at_s, at_s)
        retry_in_s = None if body.retry_at is None else (body.retry_at - OPENS).total_seconds() - at_s
        return Answer(status, send.at_s, at_s, body, None, retry_in_s)

    def _decide(self, ask: Ask) -> tuple[int, Body]:
        key = getattr(ask, "key", None)
        if key in self.answered:
            return self.answered[key]
        told = self.special(ask, self) if self.special else None
        if isinstance(told, tuple):
            return told
        status, body = self._own(ask)
        if key is not None and status < 400:
            self.answered[key] = status, body
        return status, body

    def _own(self, ask: Ask) -> tuple[int, Body]:
        match ask:
            case Reserve(quantity=quantity) if quantity > self.free:
                return 409, Body(code="sold_out")
            case Reserve(quantity=quantity):
                self.free -= quantity
                checkout = f"checkout-{len(self.held)}"
                self.held[checkout] = ask
                return 201, Body(id=checkout, state="reserved")
            case Pay(method=method) if method != "pm_approved":
                return 402, Body(code="payment_declined")
            case Pay(checkout=checkout):
                return 200, Body(id=checkout, state="paid", order=self.order(checkout))
            case Cancel(checkout=checkout):
                return 200, Body(id=checkout, state="cancelled")

    def order(self, checkout: str) -> OrderSeen:
        """The order of a checkout: the same one, however often it is paid."""
        wanted = self.held[checkout]
        amount = SALE.prices[wanted.item] * wanted.quantity
        made = OrderSeen(checkout, amount, "EUR", OPENS + timedelta(seconds=2))
        return self.orders.setdefault(checkout, made)


def person(name: str = "human-0", diary: Diary | None = None) -> Person:
    """Somebody with the chance of seed 1."""
    who = "bot" if name.startswith("bot") else "human"
    return Person(who, name, dice(1, name), SALE, diary or Diary())


def live(walk: Walk, shop: Shop, diary: Diary) -> Page:
    """Let the walk run to its end in the shop; what the diary says of it."""
    try:
        step = next(walk)
        while True:
            if isinstance(step, Wait):
                step = walk.send(())
            else:
                shop.sends.append(step)
                step = walk.send(tuple(shop.answer(ask, step) for ask in step.asks))
    except StopIteration:
        return diary.page(0, last=True)
