"""One hot item at the level of the store: a transaction a buyer against combined ones, in one database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

import asyncpg

from race_to_purchase.app.bare import bring_up_to_date, embedded_database
from race_to_purchase.rehearse.bench import hot_row as process
from race_to_purchase.rehearse.bench.figures import Floor, Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.hot_row import HotRow
from race_to_purchase.rehearse.bench.process import ask
from race_to_purchase.rehearse.bench.suites.suite import Bench, Length, Suite
from race_to_purchase.rehearse.bench.words import amount

TIMES_MIN, TIMES_AIM = 15, 30


class HotRowFound(Result, frozen=True, kw_only=True):
    """Both sides, round by round."""

    naive: Sequence[HotRow]
    combined: Sequence[HotRow]

    @property
    def naive_per_s(self) -> float:
        """Median of the rounds, as all of these."""
        return median(side.pace.per_s for side in self.naive)

    @property
    def combined_per_s(self) -> float:
        """Reservations by the committer."""
        return median(side.pace.per_s for side in self.combined)

    @property
    def times(self) -> float:
        """How many times as many."""
        return self.combined_per_s / self.naive_per_s

    @property
    def broken(self) -> Sequence[str]:
        """See Result."""
        return [f"the {name} side did not write what it answered, or oversold" for name in self._unproven()]

    @property
    def notes(self) -> Sequence[str]:
        """See Result."""
        batch = sum(side.batch for side in self.combined) / len(self.combined)
        return [f"{batch:.0f} reservations shared a transaction."]

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {
            "naive_hot_row_per_s": self.naive_per_s,
            "combined_per_s": self.combined_per_s,
            "combined_vs_naive": self.times,
        }

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [_line("naive", self.naive), _line("combined", self.combined)]

    def floors(self) -> Sequence[Floor]:
        """See Result."""
        return [
            Floor(what="combined against naive", unit="×", measured=self.times, worst=TIMES_MIN, aim=TIMES_AIM),
        ]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        return [
            Panel(
                f"Reservations of one hot item: {amount(self.times)} times as many",
                (
                    Stroke("one transaction a buyer", self.naive_per_s, "/s", ours=False),
                    Stroke("combined", self.combined_per_s, "/s", bound=TIMES_MIN * self.naive_per_s),
                ),
            )
        ]

    def _unproven(self) -> list[str]:
        sides = {"naive": self.naive, "combined": self.combined}
        wrong = [name for name, rounds in sides.items() if not all(side.proven for side in rounds)]
        each = [side.bytes_each for rounds in sides.values() for side in rounds]
        # The same rows to the byte, but for a time with fewer digits here and there.
        return wrong if max(each) < 1.01 * min(each) else [*wrong, "naive or combined"]


def _line(what: str, sides: Sequence[HotRow]) -> Line:
    rounds = [(side.pace.per_s, side.pace.p50_ms, side.pace.p99_ms, side.pace.cpu_share) for side in sides]
    return Line(f"one hot item, {what}", *(median(column) for column in zip(*rounds, strict=True)))


async def _measure(bench: Bench) -> HotRowFound:
    length, bar = bench.length, bench.bar
    with embedded_database(bench.folder / "hot-row", "race bench") as server:
        await bring_up_to_date(server.dsn)
        naive, combined = [], []
        for number in range(length.rounds):
            async with bar.step("one hot item, a transaction a buyer", length.one_s):
                naive.append(await _side("naive", server.dsn, length, number))
            async with bar.step("one hot item, combined", length.one_s):
                combined.append(await _side("combined", server.dsn, length, number))
        return HotRowFound(naive=naive, combined=combined)


async def _side(side: Literal["naive", "combined"], dsn: str, length: Length, number: int) -> HotRow:
    connection = await asyncpg.connect(dsn)
    try:
        # Both sides begin with the same debt: the first change of each page after this writes the whole page.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    # Names of equal length, so that the rows of both sides can be compared to the byte.
    drop_id = f"{side[:5]}-{number}"
    orders = process.Orders(side, dsn, drop_id, length.seconds, length.warm_up_s)
    return await ask(process.__name__, orders, HotRow)


HOT_ROW = Suite("hot-row", "one hot item, combined against a transaction a buyer", 2, _measure)
