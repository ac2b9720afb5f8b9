"""Whole purchases over HTTP whose payment gateway is another process, too: the simulator, by Stripe's API.

What the sandbox does in process takes three calls over HTTP here, answered from a store that has each on the disk. So
this says what a purchase costs with a real adapter, and nothing of what a real gateway would allow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from statistics import median

from race_to_purchase.rehearse.bench.figures import Line, Panel, Result, Stroke
from race_to_purchase.rehearse.bench.http import Load
from race_to_purchase.rehearse.bench.suites.purchases import REST_S, audited, pieces_sold
from race_to_purchase.rehearse.bench.suites.shop import limited, line, load, shop
from race_to_purchase.rehearse.bench.suites.suite import Bench, Suite
from race_to_purchase.rehearse.demo.gateway import METHODS, Simulator, settled, simulated

FOLDER = "shop-and-gateway"
METHOD = METHODS["pm_approved"]
CONNECTIONS = 128
"""Of purchases that go no faster by being more, so that each is done within the seconds that are measured."""


class GatewayFound(Result, frozen=True, kw_only=True):
    """Purchases of which every payment was made at the simulator; afterwards its books are compared with the orders."""

    closed: Sequence[Load]
    sold: int
    violations: Sequence[str]

    @property
    def per_s(self) -> float:
        """Reserved, paid at the simulator, and the order committed: median of the rounds."""
        return median(load.per_s for load in self.closed)

    @property
    def p95_ms(self) -> float:
        """Of a purchase, with every connection busy."""
        return median(load.p95_ms for load in self.closed)

    @property
    def generator_limited(self) -> bool:
        """See Result."""
        return limited(self.closed)

    @property
    def broken(self) -> Sequence[str]:
        """See Result."""
        wrong, purchases = [*self.violations], sum(load.done for load in self.closed)
        if self.sold != purchases:
            wrong.append(f"{purchases} purchases were answered, {self.sold} pieces are sold")
        return wrong

    def figures(self) -> Mapping[str, float]:
        """See Result."""
        return {"gateway_purchases_per_s": self.per_s, "gateway_purchase_p95_ms": self.p95_ms}

    def lines(self) -> Sequence[Line]:
        """See Result."""
        return [line("purchases, gateway over HTTP", self.closed)]

    def panels(self) -> Sequence[Panel]:
        """See Result."""
        stroke = Stroke("as many as there can be", self.per_s, "/s")
        return [Panel("Complete purchases whose gateway is another process, over HTTP", (stroke,))]


async def _measure(bench: Bench) -> GatewayFound:
    length, bar = bench.length, bench.bar
    closed = []
    with simulated(bench.folder / "gateway", 0.0, 1) as simulator:
        simulator.calm()
        with shop(bench.folder / FOLDER, simulator.settings) as (served, _):
            for _ in range(length.rounds):
                async with bar.step("purchases, gateway over HTTP", length.one_s):
                    closed.append(
                        await load("purchase", served, length, payment_method=METHOD, connections=CONNECTIONS)
                    )
            async with bar.step("audit", REST_S):
                differences = await _differences(simulator, served.dsn)
                return GatewayFound(
                    closed=closed,
                    sold=await asyncio.to_thread(pieces_sold, served, "purchase"),
                    violations=[*differences, *await audited(served)],
                )


async def _differences(simulator: Simulator, dsn: str) -> Sequence[str]:
    """Where the simulator's own books and our orders disagree, once all that is owed has been captured."""
    return (await settled(simulator, dsn)).sentences


GATEWAY = Suite("gateway", "complete purchases, the gateway another process", 1, _measure)
