"""What a benchmark comes to: the figures, the floors they are held against, and whether they may be believed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec

from race_to_purchase.rehearse.bench.hot_row import HotRow
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.machine import Machine

GENERATOR_SHARE_MAX = 0.8
"""Of one core. A generator that takes more may have been what was measured."""


OTHERS_PERCENT_MAX = 10.0


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """A number to reach. `worst` and `aim` are lower bounds, or with `at_most` upper ones; `met` None: no verdict."""

    what: str
    unit: str
    measured: float
    worst: float
    aim: float | None = None
    at_most: bool = False
    judged: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the worst that is allowed was reached."""
        return self._within(self.worst) if self.judged else None

    @property
    def aimed(self) -> bool:
        """Whether it is as good as hoped."""
        return self.judged and self.aim is not None and self._within(self.aim)

    def _within(self, bound: float) -> bool:
        return self.measured <= bound if self.at_most else self.measured >= bound


class Server(msgspec.Struct, frozen=True):
    """The server process: seconds until it answered, resident memory in MB, and after how many purchases."""

    ready_new_s: float
    ready_existing_s: float
    rss_before_mb: float
    rss_mb: float
    purchases: int

    @property
    def rss_mb_per_100k(self) -> float:
        """How much it grew for 100,000 purchases."""
        return (self.rss_mb - self.rss_before_mb) / max(1, self.purchases) * 100_000


class Found(msgspec.Struct, frozen=True):
    """Every single measurement, in the order in which they were made."""

    machine: Machine
    others_percent: Sequence[float]
    """What others took of all cores, before each suite."""
    naive: Sequence[HotRow]
    combined: Sequence[HotRow]
    echo: Sequence[Load]
    reserve: Sequence[Load]
    purchases: Sequence[Load]
    planned: Sequence[Load]
    planned_rate: float
    server: Server
    sold: int
    violations: Sequence[str]

    @property
    def naive_hot_row_per_s(self) -> float:
        """Median of the rounds, as all of these."""
        return median(side.pace.per_s for side in self.naive)

    @property
    def combined_per_s(self) -> float:
        """Reservations at store level, by the committer."""
        return median(side.pace.per_s for side in self.combined)

    @property
    def combined_vs_naive(self) -> float:
        """How many times as many."""
        return self.combined_per_s / self.naive_hot_row_per_s

    @property
    def http_echo_per_s(self) -> float:
        """Requests that are parsed, checked and sent back."""
        return median(load.per_s for load in self.echo)

    @property
    def http_reserve_per_s(self) -> float:
        """Reservations over HTTP."""
        return median(load.per_s for load in self.reserve)

    @property
    def http_reserve_vs_echo(self) -> float:
        """The share that is left when each request is a durable reservation."""
        return self.http_reserve_per_s / self.http_echo_per_s

    @property
    def purchases_per_s(self) -> float:
        """Reserved, paid, and the order committed."""
        return median(load.per_s for load in self.purchases)

    @property
    def purchase_p95_ms(self) -> float:
        """From when the buyer was meant to come until the order was told, at 70% of `purchases_per_s`."""
        return median(load.p95_ms for load in self.planned)

    @property
    def generator_limited(self) -> bool:
        """Whether the generator took so much of its core that it may have been the limit."""
        loads = (*self.echo, *self.reserve, *self.purchases, *self.planned)
        return max(load.generator_cpu_share for load in loads) > GENERATOR_SHARE_MAX

    @property
    def busy(self) -> bool:
        """Whether others took so much that the figures say little."""
        return max(self.others_percent) > OTHERS_PERCENT_MAX

    @property
    def broken(self) -> list[str]:
        """What makes the figures void: rows missing, a piece sold twice, an invariant that does not hold."""
        wrong = [f"the {name} side did not write what it answered, or oversold" for name in self._unproven()]
        if self.sold != self.server.purchases:
            wrong.append(f"{self.server.purchases} purchases were answered, {self.sold} pieces are sold")
        return [*wrong, *self.violations]

    def _unproven(self) -> list[str]:
        sides = {"naive": self.naive, "combined": self.combined}
        wrong = [name for name, rounds in sides.items() if not all(side.proven for side in rounds)]
        each = [side.bytes_each for rounds in sides.values() for side in rounds]
        # The same rows to the byte, but for a time with fewer digits here and there.
        return wrong if max(each) < 1.01 * min(each) else [*wrong, "naive or combined"]

    def floors(self) -> list[Floor]:
        """The numbers to reach on two cores."""
        judged, server = not self.generator_limited, self.server
        return [
            Floor(
                what="combined against naive",
                unit="×",
                measured=self.combined_vs_naive,
                worst=15,
                aim=30,
            ),
            Floor(
                what="reservations against echo",
                unit="",
                measured=self.http_reserve_vs_echo,
                worst=0.4,
                aim=0.7,
                judged=judged,
            ),
            Floor(
                what="purchases",
                unit="/s",
                measured=self.purchases_per_s,
                worst=1500,
                aim=4000,
                judged=judged,
            ),
            Floor(
                what="p95 of a purchase at 70%",
                unit="ms",
                measured=self.purchase_p95_ms,
                worst=250,
                aim=100,
                at_most=True,
                judged=judged,
            ),
            Floor(what="server memory", unit="MB", measured=server.rss_mb, worst=200, at_most=True),
            Floor(what="ready, new data folder", unit="s", measured=server.ready_new_s, worst=8, at_most=True),
            Floor(what="ready, existing folder", unit="s", measured=server.ready_existing_s, worst=3, at_most=True),
        ]

    def to_json(self) -> dict[str, Any]:
        """The result as other programs read it: the figures first, then what is behind them."""
        names = [
            "naive_hot_row_per_s",
            "combined_per_s",
            "combined_vs_naive",
            "http_echo_per_s",
            "http_reserve_per_s",
            "http_reserve_vs_echo",
            "purchases_per_s",
            "purchase_p95_ms",
        ]
        return {
            **{name: round(getattr(self, name), 3) for name in names},
            "generator_limited": self.generator_limited,
            "machine_busy": self.busy,
            "others_percent": list(self.others_percent),
            "broken": self.broken,
            "floors": [
                {**msgspec.structs.asdict(floor), "met": floor.met, "aimed": floor.aimed} for floor in self.floors()
            ],
            "machine": msgspec.structs.asdict(self.machine) | {"durable": self.machine.durable},
            "server": msgspec.structs.asdict(self.server) | {"rss_mb_per_100k": self.server.rss_mb_per_100k},
            "planned_purchases_per_s": self.planned_rate,
            "rounds": {
                name: msgspec.to_builtins(getattr(self, name))
                for name in ("naive", "combined", "echo", "reserve", "purchases", "planned")
            },
        }
