"""What it costs to be seen: purchases with metrics, a log in a file and a tenth of the traces, against none of them.

Both servers run beside each other and are loaded in many short turns: others who share the machine slow it down for
seconds and for minutes, so that only neighbours can be compared. The processor time that a server takes for a purchase
is told as well. What reading /metrics adds to a purchase is asked of the seen server, in `turns`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

import msgspec
import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.rehearse.bench.figures import Floor, Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.suites.shop import FOLDER, limited, line, load, shop
from race_to_purchase.rehearse.bench.suites.suite import Bench, Length, Suite
from race_to_purchase.rehearse.bench.suites.turns import Pair, reading_in_turns, turn_s
from race_to_purchase.rehearse.demo.server import Served

RATIO_MIN = 0.9
SCRAPE_MS_MAX = 5.0
PLANNED_SHARE = 0.5
PAIRS_A_ROUND = 4
"""Turns of each side in a round, each of half its length."""
UNSEEN = {"RACE_METRICS": "false", "RACE_LOG_LEVEL": "error"}


class Side(msgspec.Struct, frozen=True):
    """Purchases at one server, and the processor time that it took for each, in microseconds."""

    load: Load
    cpu_us: float


class ObserveFound(Result, frozen=True, kw_only=True):
    """Purchases seen and unseen, and planned ones while somebody reads /metrics in turns.

    `met_ms` is p99 of those that were meant to begin during a reading, `missed_ms` that of all others.
    """

    unseen: Sequence[Side]
    seen: Sequence[Side]
    planned: Load
    pairs: Sequence[Pair]
    met_ms: float
    missed_ms: float
    scrape_ms: float

    @property
    def ratio(self) -> float:
        """Purchases a second, seen against unseen, pair by pair."""
        return median(on.load.per_s / off.load.per_s for on, off in zip(self.seen, self.unseen, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """Purchases a second of processor time, seen against unseen."""
        return median(off.cpu_us / on.cpu_us for on, off in zip(self.seen, self.unseen, strict=True))

    @property
    def scrape_p99_ms(self) -> float:
        """What reading /metrics adds to p99."""
        return median([pair.read_ms - pair.quiet_ms for pair in self.pairs] or [0.0])

    @property
    def generator_limited(self) -> bool:
        """See Result."""
        return limited([*(side.load for side in (*self.seen, *self.unseen)), self.planned])

    @property
    def broken(self) -> Sequence[str]:
        """See Result."""
        return (
            [] if self.pairs else ["in no two turns beside each other was anything bought, with /metrics read or not"]
        )

    @property
    def notes(self) -> Sequence[str]:
        """See Result."""
        on, off = (median(side.cpu_us for side in sides) for sides in (self.seen, self.unseen))
        return [
            f"A purchase takes the server {on:,.0f} µs of processor time where it is seen, {off:,.0f} µs where not.",
            f"Reading /metrics takes {self.scrape_ms:,.0f} ms under load. Purchases that begin meanwhile have a p99 of "
            f"{self.met_ms:,.0f} ms, all others of {self.missed_ms:,.0f} ms.",
        ]

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {
            "observe_ratio": self.ratio,
            "observe_cpu_ratio": self.cpu_ratio,
            "observe_cpu_us": median(side.cpu_us for side in self.seen),
            "unseen_cpu_us": median(side.cpu_us for side in self.unseen),
            "scrape_p99_ms": self.scrape_p99_ms,
            "scrape_ms": self.scrape_ms,
        }

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [
            line("purchases, nothing seen", [side.load for side in self.unseen]),
            line("purchases, metrics, log, traces", [side.load for side in self.seen]),
            line("planned, /metrics read in turns", [self.planned]),
        ]

    def floors(self) -> Sequence[Floor]:
        """See Result."""
        return [
            Floor(what="seen against unseen, by CPU", unit="", measured=self.cpu_ratio, worst=RATIO_MIN),
            Floor(
                what="seen against unseen",
                unit="",
                measured=self.ratio,
                worst=RATIO_MIN,
                judged=not self.generator_limited,
            ),
            Floor(
                what="/metrics adds to p99",
                unit="ms",
                measured=self.scrape_p99_ms,
                worst=SCRAPE_MS_MAX,
                at_most=True,
                judged=not self.generator_limited,
            ),
        ]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        seen, unseen = (median(side.load.per_s for side in sides) for sides in (self.seen, self.unseen))
        return [
            Panel(
                "Purchases with and without metrics, log and traces",
                (Stroke("nothing seen", unseen, "/s"), Stroke("everything seen", seen, "/s", bound=RATIO_MIN * unseen)),
            )
        ]


async def _measure(bench: Bench) -> ObserveFound:
    length, bar = bench.length, bench.bar
    turn = Length(length.seconds / 2, 1)
    unseen: list[Side] = []
    seen: list[Side] = []
    with _collector() as url, shop(bench.folder / f"{FOLDER}-unseen", UNSEEN) as (dark, _):
        seeing = {"RACE_LOG_LEVEL": "info", "RACE_TRACE_URL": url, "RACE_TRACE_SHARE": "0.1"}
        with shop(bench.folder / f"{FOLDER}-seen", seeing) as (lit, _):
            for number in range(PAIRS_A_ROUND * length.rounds):
                # Whoever goes first changes, so that a machine that slows down is nobody's disadvantage.
                for side in (dark, lit) if number % 2 else (lit, dark):
                    name, loads = ("everything", seen) if side is lit else ("nothing", unseen)
                    async with bar.step(f"purchases, {name} seen", turn.one_s):
                        loads.append(await _side(side, turn))
            rate = PLANNED_SHARE * median(side.load.per_s for side in seen)
            long = Length(2 * length.rounds * length.seconds, 1)
            step = bar.step("planned purchases, /metrics read in turns", long.one_s)
            async with step, reading_in_turns(lit, turn_s(long.seconds)) as reading:
                planned = await load("purchase", lit, long, rate, each=True)
    met_ms, missed_ms = reading.met(planned)
    return ObserveFound(
        unseen=unseen,
        seen=seen,
        planned=msgspec.structs.replace(planned, walks=()),
        pairs=reading.pairs(planned),
        met_ms=met_ms,
        missed_ms=missed_ms,
        scrape_ms=reading.took_ms,
    )


async def _side(served: Served, length: Length) -> Side:
    process = psutil.Process(served.pid)
    before = process.cpu_times()
    measured = await load("purchase", served, length)
    after = process.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    # The load's own count leaves its warm-up out, which was as long a share of the work as of the time.
    walked = measured.per_s * (length.seconds + length.warm_up_s)
    return Side(measured, cpu_s / max(1.0, walked) * 1e6)


@contextmanager
def _collector() -> Iterator[str]:
    """One that takes traces and forgets them."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
    finally:
        server.shutdown()
        server.server_close()


OBSERVE = Suite("observe", "what it costs to be seen", 2 + PAIRS_A_ROUND, _measure)
