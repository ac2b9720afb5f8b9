"""Reservations over HTTP against an echo of the same body, through the same server, routing and decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from race_to_purchase.rehearse.bench.figures import Floor, Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.suites.shop import FOLDER, limited, line, load, shop
from race_to_purchase.rehearse.bench.suites.suite import Bench, Suite

SHARE_MIN, SHARE_AIM = 0.4, 0.7
READY_NEW_S_MAX = 8


class HttpFound(Result, frozen=True, kw_only=True):
    """Echoes and reservations, by a server that began with an empty folder."""

    ready_s: float
    echo: Sequence[Load]
    reserve: Sequence[Load]

    @property
    def echo_per_s(self) -> float:
        """Requests that are parsed, checked and sent back."""
        return median(load.per_s for load in self.echo)

    @property
    def reserve_per_s(self) -> float:
        """Durable reservations."""
        return median(load.per_s for load in self.reserve)

    @property
    def share(self) -> float:
        """What is left when each request is a durable reservation."""
        return self.reserve_per_s / self.echo_per_s

    @property
    def generator_limited(self) -> bool:
        """See Result."""
        return limited([*self.echo, *self.reserve])

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {
            "http_echo_per_s": self.echo_per_s,
            "http_reserve_per_s": self.reserve_per_s,
            "http_reserve_vs_echo": self.share,
        }

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [line("HTTP, echo", self.echo), line("HTTP, reservations", self.reserve)]

    def floors(self) -> Sequence[Floor]:
        """See Result."""
        return [
            Floor(
                what="reservations against echo",
                unit="",
                measured=self.share,
                worst=SHARE_MIN,
                aim=SHARE_AIM,
                judged=not self.generator_limited,
            ),
            Floor(what="ready, new data folder", unit="s", measured=self.ready_s, worst=READY_NEW_S_MAX, at_most=True),
        ]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        return [
            Panel(
                f"Over HTTP: {self.share:.0%} of what the server can echo",
                (
                    Stroke("echo, the same body", self.echo_per_s, "/s", ours=False),
                    Stroke("durable reservation", self.reserve_per_s, "/s", bound=SHARE_MIN * self.echo_per_s),
                ),
            )
        ]


async def _measure(bench: Bench) -> HttpFound:
    length, bar = bench.length, bench.bar
    echo, reserve = [], []
    with shop(bench.folder / FOLDER) as (served, ready_s):
        for _ in range(length.rounds):
            async with bar.step("HTTP, echo", length.one_s):
                echo.append(await load("echo", served, length))
            async with bar.step("HTTP, reservations", length.one_s):
                reserve.append(await load("reserve", served, length))
    return HttpFound(ready_s=ready_s, echo=echo, reserve=reserve)


HTTP = Suite("http", "reservations over HTTP against an echo", 2, _measure)
