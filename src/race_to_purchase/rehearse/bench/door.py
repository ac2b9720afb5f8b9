"""The load of the measurements at the door: joins with a proof, looks at the status, claims, purchases with a pass.

`python -m race_to_purchase.rehearse.bench.door`. Whatever a request needs beforehand (a session, a solved challenge, a
ticket, a pass) is got first, and is not measured.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from random import getrandbits
from typing import Literal

import msgspec

from race_to_purchase.rehearse.bench.buyers import ITEM
from race_to_purchase.rehearse.bench.client import Source, Unexpected, Walk, drive
from race_to_purchase.rehearse.bench.http import APPROVED, Closed, Load, Planned, Tally, moments, quantiles
from race_to_purchase.rehearse.bench.process import run
from race_to_purchase.rehearse.crowd.badge import Badge
from race_to_purchase.rehearse.crowd.proof import Challenge, solve
from race_to_purchase.rehearse.crowd.wire import Wire

What = Literal["join", "status", "claim", "purchase"]
PREPARING = 64
"""Connections that get what is needed beforehand."""
CALLED_S_MAX = 120.0
BEFORE = ("announced", "registration", "draw")
"""Phases of a line that end before late comers are taken in."""


class DoorOrders(msgspec.Struct, frozen=True):
    """One measurement of `number` requests; the status is looked at for `seconds`, claims are planned at `rate`."""

    what: What
    host: str
    port: int
    storefront_key: str
    drop_id: str
    number: int
    seconds: float
    connections: int = 128
    rate: float = 1000.0
    with_door: bool = True


class Wanted(msgspec.Struct):
    """A request and the status that it must get; the answer's body is given to `keep`."""

    request: bytes
    status: int
    keep: Callable[[bytes], object] | None = None


class Status(msgspec.Struct, frozen=True):
    """What is read of a line's status."""

    phase: str
    cursor: int


class Asking:
    """Requests as bytes."""

    def __init__(self, orders: DoorOrders) -> None:
        self._orders = orders
        self._host = f"host: {orders.host}:{orders.port}\r\n"

    def by_anybody(self, path: str) -> bytes:
        """A look at what is public."""
        return self.spelled("GET", path, "", "")

    def by_shop(self, method: str, path: str, body: str, buyer: str, more: str = "") -> bytes:
        """As the shop's server, for a customer."""
        key = f"authorization: Bearer {self._orders.storefront_key}\r\nrace-buyer: {buyer}\r\n"
        return self.spelled(method, path, key + more, body)

    def spelled(self, method: str, path: str, headers: str, body: str) -> bytes:
        """With these header lines."""
        head = f"{method} {path} HTTP/1.1\r\n{self._host}{headers}content-type: application/json\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()


class Listed:
    """Walks one after the other, until there are no more."""

    def __init__(self, walks: Iterator[Walk]) -> None:
        self._walks = walks
        self._next = next(walks, None)

    def take(self, now_s: float) -> Walk | None:
        """See Source."""
        walk, self._next = self._next, next(self._walks, None)
        return walk

    def due_s(self) -> float | None:
        """See Source."""
        return None if self._next is None else time.perf_counter()


def asked(wanted: Wanted, tally: Tally | None = None, meant_s: float | None = None) -> Walk:
    """One request; any other answer than the one wanted ends the measurement."""
    begun_s = time.perf_counter() if meant_s is None else meant_s
    status, body = yield wanted.request
    if status != wanted.status:
        raise Unexpected(f"{wanted.request[:60]!r} was answered {status}: {body[:300]!r}")
    if wanted.keep is not None:
        wanted.keep(body)
    if tally is not None:
        tally.add(begun_s)


async def measure(orders: DoorOrders) -> Load:
    """Get ready, and measure."""
    gc.disable()
    door = _Door(orders)
    match orders.what:
        case "status":
            return door.status()
        case "join":
            return door.in_turn(await door.joins())
        case "claim":
            return door.planned(door.claims(door.tickets()))
        case "purchase":
            passes = door.passes() if orders.with_door else [("", f"buyer-{n}") for n in range(orders.number)]
            return door.purchases(passes)


class _Door:
    def __init__(self, orders: DoorOrders) -> None:
        self._orders = orders
        self._asking = Asking(orders)
        self._line = f"/v1/drops/{orders.drop_id}/line"

    def status(self) -> Load:
        """Looks by nobody in particular, every connection busy."""
        wanted = Wanted(self._asking.by_anybody(f"{self._line}/status"), 200)
        start_s = time.perf_counter()
        tally = Tally(start_s, start_s + self._orders.seconds)
        return self._driven(
            Closed(lambda meant_s: asked(wanted, tally, meant_s), tally.end_s), tally, self._orders.seconds
        )

    async def joins(self) -> list[Wanted]:
        """Of so many guests, each in a browser and a network of their own, with a solved challenge."""
        orders, room = self._orders, asyncio.Semaphore(PREPARING)
        wire = Wire(orders.host, orders.port, orders.storefront_key, PREPARING)

        async def one(number: int) -> Wanted:
            by = Badge(network=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
            async with room:
                begun = await wire.ask("POST", "/v1/session", None, b"{}", lines=by.headers(), by_browser=True)
                by = msgspec.structs.replace(by, cookie=begun.cookie, csrf=json.loads(begun.body)["csrf"])
                path = f"/v1/challenges?drop={orders.drop_id}"
                shown = await wire.ask("GET", path, None, b"", lines=by.headers(), by_browser=True)
            answer = solve(msgspec.convert(json.loads(shown.body)["challenge"], Challenge))
            body = json.dumps({"challenge": answer})
            return Wanted(self._asking.spelled("POST", self._line, by.headers(), body), 201)

        try:
            return await asyncio.gather(*(one(number) for number in range(orders.number)))
        finally:
            wire.close()

    def tickets(self) -> list[tuple[str, str]]:
        """Of customers, each with their name; all of them called."""
        found: list[tuple[str, str]] = []
        run_ = f"{getrandbits(40):x}"

        def joined(buyer: str) -> Wanted:
            request = self._asking.by_shop("POST", self._line, "{}", buyer)
            return Wanted(request, 201, lambda body: found.append((json.loads(body)["ticket"], buyer)))

        while self._status().phase in BEFORE:  # Nobody can join while a draw is under way.
            time.sleep(0.2)
        self._prepare([joined(f"{run_}-{n}") for n in range(self._orders.number)])
        self._until_called()
        return found

    def _until_called(self) -> None:
        """Wait until everybody may claim: the cursor has passed all places, and stands still."""
        until_s, before = time.monotonic() + CALLED_S_MAX, -1
        while time.monotonic() < until_s:
            cursor = self._status().cursor
            if cursor and cursor == before:
                return
            before = cursor
            time.sleep(2.5)
        raise Unexpected("nobody was called")

    def _status(self) -> Status:
        told: list[Status] = []
        look = self._asking.by_anybody(f"{self._line}/status")
        self._prepare([Wanted(look, 200, lambda body: told.append(msgspec.json.decode(body, type=Status)))])
        return told[0]

    def claims(self, tickets: list[tuple[str, str]], keep: list[tuple[str, str]] | None = None) -> list[Wanted]:
        """One for each ticket; the passes go into `keep`."""

        def claim(ticket: str, buyer: str) -> Wanted:
            request = self._asking.by_shop("POST", f"{self._line}/pass", json.dumps({"ticket": ticket}), buyer)
            kept = keep
            if kept is None:
                return Wanted(request, 201)
            return Wanted(request, 201, lambda body: kept.append((json.loads(body)["pass"], buyer)))

        return [claim(ticket, buyer) for ticket, buyer in tickets]

    def passes(self) -> list[tuple[str, str]]:
        """Passes with the customers whose they are."""
        found: list[tuple[str, str]] = []
        self._prepare(self.claims(self.tickets(), found))
        return found

    def purchases(self, passes: list[tuple[str, str]]) -> Load:
        """A reservation and its payment for each, every connection busy."""
        tally = Tally(0.0, float("inf"))
        walks = (self._purchase(token, buyer, tally) for token, buyer in passes)
        return self._driven(Listed(walks), tally, None)

    def _purchase(self, token: str, buyer: str, tally: Tally) -> Walk:
        begun_s = time.perf_counter()
        wish = {"drop": self._orders.drop_id, "lines": [{"item": ITEM, "quantity": 1}], "buyer": {"id": buyer}}
        shown = f"race-pass: {token}\r\n" if token else ""
        status, body = yield self._asking.by_shop("POST", "/v1/checkouts", json.dumps(wish), buyer, shown + _key())
        if status != 201:
            raise Unexpected(f"a reservation was answered {status}: {body[:300]!r}")
        path = f"/v1/checkouts/{body[7:43].decode()}/payment"
        status, body = yield self._asking.by_shop("POST", path, f'{{"payment_method":"{APPROVED}"}}', buyer, _key())
        if status != 200:
            raise Unexpected(f"a payment was answered {status}: {body[:300]!r}")
        tally.add(begun_s)

    def in_turn(self, wanted: list[Wanted]) -> Load:
        """All of them, every connection busy."""
        tally = Tally(0.0, float("inf"))
        return self._driven(Listed(asked(one, tally) for one in wanted), tally, None)

    def planned(self, wanted: list[Wanted]) -> Load:
        """`rate` of them a second."""
        start_s, orders = time.perf_counter(), self._orders
        tally, left = Tally(0.0, float("inf")), iter(wanted)
        due = moments(orders.rate, start_s, start_s + len(wanted) / orders.rate * 0.9, 1)
        return self._driven(Planned(lambda meant_s: asked(next(left), tally, meant_s), due), tally, None)

    def _prepare(self, wanted: list[Wanted]) -> None:
        drive(self._orders.host, self._orders.port, PREPARING, Listed(asked(one) for one in wanted))

    def _driven(self, source: Source, tally: Tally, seconds: float | None) -> Load:
        effort = drive(self._orders.host, self._orders.port, self._orders.connections, source)
        waits_ms = sorted(wait_s * 1e3 for wait_s in tally.waits_s)
        return Load(tally.done, len(waits_ms) / (seconds or effort.seconds), *quantiles(waits_ms), effort.cpu_share)


def _key() -> str:
    return f"idempotency-key: {getrandbits(128):032x}\r\n"


if __name__ == "__main__":
    run(DoorOrders, measure)
