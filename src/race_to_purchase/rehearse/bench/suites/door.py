"""The door: joins with a verified proof, looks at the status against an echo, claims, and purchases by the door against
purchases without it; and what a million who wait cost.

Proofs are as easy as they can be made, since solving them is the visitor's work: what the server does to verify one is
the same however hard it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

import psutil  # type: ignore[import-untyped]  # It ships no types.
from msgspec.structs import replace

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.rehearse.bench import door as process
from race_to_purchase.rehearse.bench.buyers import hot_drop
from race_to_purchase.rehearse.bench.door import DoorOrders, What
from race_to_purchase.rehearse.bench.figures import Floor, Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.hot_row import STOCK
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.process import ask
from race_to_purchase.rehearse.bench.suites.shop import FOLDER, limited, line, load, shop
from race_to_purchase.rehearse.bench.suites.suite import Bench, Suite
from race_to_purchase.rehearse.demo.server import Served
from race_to_purchase.rules.line.door import Door

JOINS_MIN, STATUS_MIN, CLAIM_MS_MAX, PURCHASES_MIN = 5000, 0.8, 20, 0.85
CLAIMS_PER_S = 1000.0
JOINS, CLAIMS, PURCHASES = 1500, 1000, 400
"""How many are prepared for each second of a measurement."""
PREPARED_MAX = 20_000

CONNECTIONS = 10_000
CONNECTIONS_FOR_A_SECOND = 2_000
"""A short measurement has fewer."""
WAITERS = 1_000_000
POLL_S = 17.5 * 1.1
"""How often a page looks on average: between 5 and 30 s, up to a fifth later."""
LOOKS_BEFORE = 4
"""So often everybody looks at once before growth counts: until then the server makes buffers for so many answers."""
LOOKS_PER_CONNECTION = 4

GUARDED = {
    "RACE_TRUSTED_PROXIES": "127.0.0.1/32",
    "RACE_CHALLENGE_NUMBERS": "1",
    "RACE_CHALLENGE_NUMBERS_HARDER": "1",
}
UNGUARDED = {
    "RACE_LIMITS": ", ".join(
        f"{route}.{by}=off"
        for route in ("reserve", "pay")
        for by in ("storefront", "buyer", "session", "device", "network")
    )
}


class Waiting(Result, frozen=True, kw_only=True):
    """So many `connections` that looked and stay open, and what the server grew for looks and for connections."""

    connections: int
    looks: int
    bytes_per_look: float
    bytes_per_connection: float


class DoorFound(Result, frozen=True, kw_only=True):
    """All rounds of everything."""

    joins: Sequence[Load]
    status: Sequence[Load]
    echo: Sequence[Load]
    claims: Sequence[Load]
    with_door: Sequence[Load]
    without: Sequence[Load]
    waiting: Waiting

    @property
    def joins_per_s(self) -> float:
        """Places given for a proof that was verified."""
        return median(load.per_s for load in self.joins)

    @property
    def status_share(self) -> float:
        """Looks at the status against echoes."""
        return median(load.per_s for load in self.status) / median(load.per_s for load in self.echo)

    @property
    def claim_p95_ms(self) -> float:
        """Of a pass, at CLAIMS_PER_S."""
        return median(load.p95_ms for load in self.claims)

    @property
    def purchases_share(self) -> float:
        """Purchases with a pass and limits against those with neither."""
        return median(load.per_s for load in self.with_door) / median(load.per_s for load in self.without)

    @property
    def generator_limited(self) -> bool:
        """See Result."""
        return limited([*self.joins, *self.status, *self.echo, *self.with_door, *self.without])

    @property
    def notes(self) -> Sequence[str]:
        """See Result."""
        seen = self.waiting
        return [
            f"{seen.connections:,} connections were open at once and looked {seen.looks:,} times: the server grew "
            f"by {seen.bytes_per_look:.1f} bytes for a look, by {seen.bytes_per_connection:,.0f} for a connection.",
            f"A million who wait look {WAITERS / POLL_S:,.0f} times a second, by arithmetic. A cache that keeps the "
            "status for its second asks the server once a second, whatever their number.",
        ]

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {
            "door_joins_per_s": self.joins_per_s,
            "door_status_per_s": median(load.per_s for load in self.status),
            "door_status_vs_echo": self.status_share,
            "door_claim_p95_ms": self.claim_p95_ms,
            "door_purchases_vs_open": self.purchases_share,
            "door_connections": self.waiting.connections,
            "door_bytes_per_look": self.waiting.bytes_per_look,
        }

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [
            line("joins, proof verified", self.joins),
            line("looks at the status", self.status),
            line("echo", self.echo),
            line("claims, 1,000 planned a second", self.claims),
            line("purchases by the door", self.with_door),
            line("purchases without door and limits", self.without),
        ]

    def floors(self) -> Sequence[Floor]:
        """See Result."""
        judged = not self.generator_limited
        return [
            Floor(what="joins, proof verified", unit="/s", measured=self.joins_per_s, worst=JOINS_MIN, judged=judged),
            Floor(what="status against echo", unit="", measured=self.status_share, worst=STATUS_MIN, judged=judged),
            Floor(
                what="p95 of a claim at 1,000/s",
                unit="ms",
                measured=self.claim_p95_ms,
                worst=CLAIM_MS_MAX,
                at_most=True,
            ),
            Floor(
                what="purchases by the door against without",
                unit="",
                measured=self.purchases_share,
                worst=PURCHASES_MIN,
                judged=judged,
            ),
        ]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        with_door, without = (median(load.per_s for load in side) for side in (self.with_door, self.without))
        return [
            Panel(
                "Joins, each with a proof of work verified", (Stroke("joins", self.joins_per_s, "/s", bound=JOINS_MIN),)
            ),
            Panel(
                "Purchases by the door and without it",
                (
                    Stroke("neither door nor limits", without, "/s", ours=False),
                    Stroke("a pass and limits", with_door, "/s", bound=PURCHASES_MIN * without),
                ),
            ),
        ]


async def _measure(bench: Bench) -> DoorFound:
    length, bar = bench.length, bench.bar
    rounds: dict[str, list[Load]] = {name: [] for name in ("join", "status", "echo", "claim", "with", "without")}
    folder = bench.folder
    with (
        shop(folder / f"{FOLDER}-door", GUARDED) as (served, _),
        shop(folder / f"{FOLDER}-open", UNGUARDED) as (open_, _),
    ):
        for number in range(length.rounds):
            names = {what: f"{what}-{number}" for what in ("join", "claim", "with", "without")}
            _put(served, names["join"], 3600.0)
            async with bar.step("joins, proof verified", length.one_s):
                rounds["join"].append(await _ask("join", served, names["join"], _number(JOINS, length.seconds)))
            async with bar.step("status, echo", 2 * length.one_s):
                looks = await _ask("status", served, names["join"], 0, length.seconds)
                rounds["status"].append(looks)
                rounds["echo"].append(await load("echo", served, length))
            _put(served, names["claim"], 1.0)
            async with bar.step("claims", length.one_s):
                rounds["claim"].append(await _ask("claim", served, names["claim"], _number(CLAIMS, length.seconds)))
            _put(served, names["with"], 1.0)
            _admin(open_).put(hot_drop(names["without"], STOCK))  # Of its own, since a buyer may have two of each.
            async with bar.step("purchases by the door, and without", 2 * length.one_s):
                many = _number(PURCHASES, length.seconds)
                rounds["with"].append(await _ask("purchase", served, names["with"], many))
                rounds["without"].append(await _ask("purchase", open_, names["without"], many, with_door=False))
        many = min(CONNECTIONS, int(CONNECTIONS_FOR_A_SECOND * length.seconds))
        async with bar.step(f"{many:,} who wait", 10.0):
            waiting = await _wait_together(served, "join-0", many)
    return DoorFound(
        joins=rounds["join"],
        status=rounds["status"],
        echo=rounds["echo"],
        claims=rounds["claim"],
        with_door=rounds["with"],
        without=rounds["without"],
        waiting=waiting,
    )


def _number(per_s: int, seconds: float) -> int:
    return min(PREPARED_MAX, max(50, int(per_s * seconds)))


def _put(served: Served, drop_id: str, closes_in_s: float) -> None:
    """A drop that registers for so long, and then calls everybody at once."""
    now = datetime.now(UTC)
    closes = now + timedelta(seconds=closes_in_s)
    door = Door(now - timedelta(seconds=1), closes, 1_000_000, 1_000_000, 3600)
    drop = replace(hot_drop(drop_id, STOCK), opens_at=closes, door=door)
    _admin(served).put(drop)


def _admin(served: Served) -> AdminClient:
    return AdminClient(f"http://{served.host}:{served.port}", served.admin_key)


async def _ask(
    what: What, served: Served, drop_id: str, number: int, seconds: float = 0.0, *, with_door: bool = True
) -> Load:
    orders = DoorOrders(
        what, served.host, served.port, served.storefront_key, drop_id, number, seconds, 128, CLAIMS_PER_S, with_door
    )
    return await ask(process.__name__, orders, Load)


async def _wait_together(served: Served, drop_id: str, many: int) -> Waiting:
    """Open so many connections, or as many as the machine allows, each of which looks now and again."""
    server = psutil.Process(served.pid)
    request = (
        f"GET /v1/drops/{drop_id}/line/status HTTP/1.1\r\nhost: {served.host}\r\ncontent-length: 0\r\n\r\n".encode()
    )
    before = server.memory_info().rss
    opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        while len(opened) < many:
            try:
                opened.append(await asyncio.open_connection(served.host, served.port, limit=4096))
            except OSError:
                break  # As many as the machine allows; the result says how many there were.
            if len(opened) % 500 == 0:
                await _look(opened[-500:], request)
        for _ in range(LOOKS_BEFORE):
            await _look(opened, request)
        together = server.memory_info().rss
        again = sum([await _look(opened, request) for _ in range(LOOKS_PER_CONNECTION)])
        after = server.memory_info().rss
    finally:
        for _, writer in opened:
            writer.close()
    number = max(1, len(opened))
    return Waiting(
        connections=len(opened),
        looks=again,
        bytes_per_look=max(0, after - together) / max(1, again),
        bytes_per_connection=max(0, together - before) / number,
    )


async def _look(opened: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]], request: bytes) -> int:
    """Everybody looks once; how many were answered with the status."""
    for _, writer in opened:
        writer.write(request)
    answered = 0
    for reader, _ in opened:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        answered += head.startswith(b"HTTP/1.1 200 ")
    return answered


DOOR = Suite("door", "the line: joins, looks, claims, and purchases by it", 8, _measure)
