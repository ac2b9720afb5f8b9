"""The words in which a simulated person asks, and hears: no sockets, no clock, no waiting in here.

A person is a generator that yields `Send` or `Wait` and is sent the answers; whoever plays it (`crowd`) does the
rest. That is why a walk can be tested against any answers, and why a walk never knows how late it is.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

import msgspec

from race_to_purchase.rehearse.crowd.plan import Sale


class Reserve(msgspec.Struct, frozen=True):
    """POST /v1/checkouts for one line."""

    key: str
    buyer: str
    item: str
    quantity: int


class Pay(msgspec.Struct, frozen=True):
    """POST /v1/checkouts/{id}/payment."""

    key: str
    checkout: str
    method: str


class Cancel(msgspec.Struct, frozen=True):
    """DELETE /v1/checkouts/{id}."""

    checkout: str


Ask = Reserve | Pay | Cancel


class Send(msgspec.Struct, frozen=True):
    """Send these at once, side by side, at `at_s`. With `hang_up_s`, close the connection so long after, unread."""

    asks: tuple[Ask, ...]
    at_s: float
    hang_up_s: float | None = None


class Wait(msgspec.Struct, frozen=True):
    """Do nothing until `until_s`."""

    until_s: float


class OrderSeen(msgspec.Struct, frozen=True):
    """The order in an answer; `amount` in minor units."""

    id: str
    amount: int
    currency: str
    placed_at: datetime


class Body(msgspec.Struct, frozen=True):
    """What a person reads of an answer, whatever kind of answer it is."""

    id: str | None = None
    state: str | None = None
    code: str | None = None
    retry_at: datetime | None = None
    opens_at: datetime | None = None
    order: OrderSeen | str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came back at `at_s`. Status 0: nothing did, since the connection broke or the answer was thrown away.

    `asked_s` is when it was meant to be sent, so that `waited_s` counts the delay of a busy sender too.
    """

    status: int
    asked_s: float
    at_s: float
    body: Body = Body()
    retry_after_s: float | None = None
    retry_in_s: float | None = None
    """Seconds from the answer to `retry_at` or `opens_at`, where the body names one."""

    @property
    def waited_s(self) -> float:
        """From the intended send to the answer."""
        return self.at_s - self.asked_s

    @property
    def final(self) -> bool:
        """Whether asking the same again is pointless, since the same would be answered."""
        if self.status in (0, 202, 408, 429) or self.status >= 500:
            return False
        return self.body.code not in ("idempotency_in_flight", "payment_in_flight")


Answers = tuple[Answer, ...]
Walk = Generator[Send | Wait, Answers, None]
"""A person: yields what they do, is sent the answers (none after a Wait), and returns when they go home."""

REPEATS_MAX = 30
PAUSE_S = 0.3


class Settled(msgspec.Struct, frozen=True):
    """The last answer to a request that was repeated under its key, and how long its buyer was kept waiting.

    `begun_s` is the intended send of the first of its requests.
    """

    answer: Answer
    begun_s: float
    waited_s: float
    repeats: int


def persist(
    ask: Ask,
    at_s: float,
    *,
    beside: tuple[Ask, ...] = (),
    hang_up_s: float | None = None,
    repeats_max: int = REPEATS_MAX,
) -> Generator[Send, Answers, Settled]:
    """Ask, and ask again under the same key, until the answer is final or patience ends after `repeats_max`.

    `beside` goes out together with the first request: the second click of a double click, or another tab.
    A buyer who hung up pauses before repeating; that pause is their own and is not counted as waiting. Every other is.
    """
    begun_s, own_pause_s, repeats = at_s, 0.0, 0
    while True:
        first = repeats == 0
        answers = yield Send((ask, *beside) if first else (ask,), at_s, hang_up_s if first else None)
        best = min(answers, key=_preference)
        if best.final or repeats == repeats_max:
            return Settled(best, begun_s, best.at_s - begun_s - own_pause_s, repeats)
        pause_s = best.retry_after_s if best.retry_after_s is not None else PAUSE_S
        if first and hang_up_s is not None:
            own_pause_s = pause_s
        at_s = best.at_s + pause_s
        repeats += 1


def _preference(answer: Answer) -> int:
    """Good news first, then whatever is settled."""
    return 0 if answer.status in (200, 201) else 1 if answer.final else 2


def http(ask: Ask, sale: Sale) -> tuple[str, str, str | None, object]:
    """Method, path, idempotency key and JSON body of a request."""
    match ask:
        case Reserve(key=key, buyer=buyer, item=item, quantity=quantity):
            lines = [{"item": item, "quantity": quantity}]
            who = {"id": buyer, "email": f"{buyer}@example.com"}
            return "POST", "/v1/checkouts", key, {"drop": sale.drop, "lines": lines, "buyer": who}
        case Pay(key=key, checkout=checkout, method=method):
            named = sale.methods.get(method, method)
            return "POST", f"/v1/checkouts/{checkout}/payment", key, {"payment_method": named}
        case Cancel(checkout=checkout):
            return "DELETE", f"/v1/checkouts/{checkout}", None, None
