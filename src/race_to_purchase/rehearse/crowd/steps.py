"""The words in which a simulated person asks, and hears: no sockets, no clock, no waiting in here.

A person is a generator that yields `Send` or `Wait` and is sent the answers; whoever plays it (`crowd`) does the
rest. That is why a walk can be tested against any answers, and why a walk never knows how late it is.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

import msgspec

from race_to_purchase.rehearse.crowd.badge import STOREFRONT, Badge
from race_to_purchase.rehearse.crowd.plan import Sale
from race_to_purchase.rehearse.crowd.proof import Challenge


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is asked; `by` says as whom."""

    by: Badge = STOREFRONT


class Reserve(Asked, frozen=True):
    """POST /v1/checkouts for one line, with the pass `admitted` where the drop has a door."""

    key: str
    buyer: str
    item: str
    quantity: int
    admitted: str = ""


class Pay(Asked, frozen=True):
    """POST /v1/checkouts/{id}/payment."""

    key: str
    checkout: str
    method: str


class Cancel(Asked, frozen=True):
    """DELETE /v1/checkouts/{id}."""

    checkout: str


class Begin(Asked, frozen=True):
    """POST /v1/session: what a page asks first."""


class Join(Asked, frozen=True):
    """POST /v1/drops/{drop}/line, with the `answer` to a challenge."""

    answer: str = ""


class Look(Asked, frozen=True):
    """GET /v1/drops/{drop}/line/status."""


class Claim(Asked, frozen=True):
    """POST /v1/drops/{drop}/line/pass."""

    ticket: str


Ask = Reserve | Pay | Cancel | Begin | Join | Look | Claim


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
    csrf: str | None = None
    ticket: str | None = None
    late: int | None = None
    challenge: Challenge | str | None = None
    admitted: str | None = msgspec.field(default=None, name="pass")
    phase: str | None = None
    seed: str | None = None
    registered: int | None = None
    cursor: int = 0
    rate_per_s: float = 0.0
    poll_s: tuple[float, float] = (5.0, 30.0)


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
    cookie: str = ""

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
    line = f"/v1/drops/{sale.drop}/line"
    match ask:
        case Reserve(key=key, item=item, quantity=quantity):
            lines = [{"item": item, "quantity": quantity}]
            return "POST", "/v1/checkouts", key, {"drop": sale.drop, "lines": lines, "buyer": _who(ask)}
        case Pay(key=key, checkout=checkout, method=method):
            named = sale.methods.get(method, method)
            return "POST", f"/v1/checkouts/{checkout}/payment", key, {"payment_method": named}
        case Cancel(checkout=checkout):
            return "DELETE", f"/v1/checkouts/{checkout}", None, None
        case Begin():
            return "POST", "/v1/session", None, {}
        case Join(answer=answer):
            return "POST", line, None, {"challenge": answer} if answer else {}
        case Look():
            return "GET", f"{line}/status", None, None
        case Claim(ticket=ticket):
            return "POST", f"{line}/pass", None, {"ticket": ticket}


def _who(ask: Reserve) -> dict[str, str]:
    """A browser is known by its session; a storefront says whom it asks for."""
    mail = {"email": f"{ask.buyer}@example.com"}
    return mail if ask.by.guest else {"id": ask.buyer, **mail}


def headers(ask: Ask) -> str:
    """The header lines of a request that depend on who asks, and for what."""
    admitted = f"race-pass: {ask.admitted}\r\n" if isinstance(ask, Reserve) and ask.admitted else ""
    return ask.by.headers() + admitted
