"""One sale of a demo: look on while the crowd buys, wait until all is at rest, judge by the audit; never help."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from race_to_purchase.app.counted import counted_at
from race_to_purchase.checks import Audit
from race_to_purchase.errors import RaceError
from race_to_purchase.observe.measures import Measure, measures_of
from race_to_purchase.rehearse.crowd.crowd import Errand
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.crowd.wire import Wire
from race_to_purchase.rehearse.demo.audit import come_to_rest, ledgers, with_books
from race_to_purchase.rehearse.demo.crowds import Crowds
from race_to_purchase.rehearse.demo.door import door, line_of, registration_s
from race_to_purchase.rehearse.demo.draw import line_seen
from race_to_purchase.rehearse.demo.gateway import METHODS, Simulator, settled
from race_to_purchase.rehearse.demo.server import Served
from race_to_purchase.rehearse.demo.shop import Look, Shop, drop, sale
from race_to_purchase.rehearse.demo.stage import Stage
from race_to_purchase.rehearse.live import Scene, Waiting
from race_to_purchase.rehearse.scorecard import Rehearsal, Scorecard, Witness, scorecard
from race_to_purchase.rules.drop import Drop

OPENS_IN_S = 1.5
LOOK_EVERY_S = 0.2
LINE_EVERY = 4
"""Of looks, one is at the line too."""
PLAYED_BY_ONE = 1000
"""How many people one process plays; of more, two do."""
SALE_S_MAX = 300.0
COUNTED_S_MAX = 12.0
"""An engine's processes write down what they have counted each five seconds."""
REST_S_MAX = 20.0
"""How long, after the last reservation's life, everything may take to come to rest."""
GATEWAY_FAULTS = "gateway_faults"
FAULTY_REST_S_MAX = 90.0
"""The same with a gateway that fails: it is asked again after 2 and 5 s, then each 10."""


class DemoOptions(msgspec.Struct, frozen=True):
    """What `race demo` can be told. Port 0 is any free one; without `data_dir` nothing is left behind.

    Without a `door` everybody rushes to the checkout at once. With `gateway_faults` payments go to a gateway simulator,
    and that share of its answers is lost or broken.
    """

    buyers: int = 2000
    bots: int = 1000
    stock: int = 500
    seed: int = 1
    workers: int = 1
    arrival_seconds: float = 6.0
    reservation_seconds: int = 5
    gateway_faults: float | None = None
    door: bool = True
    port: int = 0
    data_dir: Path | None = None
    json_file: Path | None = None
    svg_file: Path | None = None
    report_file: Path | None = None
    """Where the report goes; None for none."""


class SaleTooLong(RaceError):
    """The sale did not end within {limit_s} s."""

    code = "demo_too_long"


@asynccontextmanager
async def opened(
    options: DemoOptions, drop_id: str, served: Served, gateway: Simulator | None, console: Console
) -> AsyncIterator[RehearsedSale]:
    """A sale on a server that answers, with a crowd that is ready to come. Raises ShopRefused, ShopSilent."""
    crowds = await Crowds.start(1 if options.buyers + options.bots <= PLAYED_BY_ONE else 2)
    admin = Wire(served.host, served.port, served.admin_key, 2)
    storefront = Wire(served.host, served.port, served.storefront_key, 32)
    try:
        shop = Shop(_drop(options, drop_id), admin, storefront)
        await shop.put()
        with Stage(console) as stage:
            yield RehearsedSale(options, served, gateway, shop, crowds, stage)
    finally:
        await crowds.stop()
        admin.close()
        storefront.close()


def _drop(options: DemoOptions, name: str) -> Drop:
    """What is sold, and when; with a door, its registration opens as soon as a sale without one would."""
    arrival_s, opens_at_s = options.arrival_seconds, time.time() + OPENS_IN_S
    if not options.door:
        return drop(name, opens_at_s, options.stock, options.reservation_seconds)
    opens_at_s += registration_s(arrival_s)
    return drop(
        name, opens_at_s, options.stock, options.reservation_seconds, door(opens_at_s, arrival_s, options.stock)
    )


class RehearsedSale:
    """One sale: played until nothing is held any more, then judged."""

    def __init__(
        self,
        options: DemoOptions,
        served: Served,
        gateway: Simulator | None,
        shop: Shop,
        crowds: Crowds,
        stage: Stage,
    ) -> None:
        self._options = options
        self._served = served
        self._gateway = gateway
        self._shop = shop
        self._crowds = crowds
        self._stage = stage
        self._tally = Tally()
        self._line: Waiting | None = None
        self._looked = 0
        self._held = 0
        self._elapsed_s = 0.0
        self._opens_at_s = shop.drop.opens_at.timestamp()
        self._title = f"{options.buyers:,} buyers and {options.bots:,} bots for {options.stock:,} pairs of shoes"

    async def play(self) -> None:
        """Let it happen. Raises SaleTooLong, CrowdFailed, ShopRefused, ShopSilent, GatewayFailed."""
        await self._crowds.send(self._errand(), self._tally)
        await self._watch()
        self._elapsed_s = self._at_s()
        if self._gateway is not None:
            self._tally.counts[f"note/{GATEWAY_FAULTS}"] = self._gateway.struck()
            self._gateway.calm()
        self._held = await self._wait_for_what_is_held()

    async def judge(self, before: Audit) -> Scorecard:
        """What is to be said of it. `before` is what the database held already."""
        self._show(await self._shop.look(), "asking the audit", at_once=True)
        missing, wrong = await self._shop.verify(self._tally.purchases)
        found = ledgers(await come_to_rest(self._served.dsn, self._rest_s), before, self._held)
        if self._gateway is not None:
            found = with_books(found, await settled(self._gateway, self._served.dsn))
        witness = Witness(
            looks=self._shop.looks,
            inconsistent_looks=self._shop.inconsistent_looks,
            missing_orders=missing,
            wrong_amounts=wrong,
            line=await line_seen(self._shop, self._served),
            engine=await self._counted(),
        )
        return scorecard(self._rehearsal(), self._tally, found, witness, self._elapsed_s)

    async def _counted(self) -> tuple[Measure, ...]:
        """M1 to M15 of the engine, once each of its processes has written down what it counted up to now."""
        since, until_s = datetime.fromtimestamp(self._served.began_s, UTC), time.monotonic() + COUNTED_S_MAX
        rest_s = time.time()
        while True:
            together = await counted_at(self._served.dsn, self._shop.drop.id, since, datetime.now(UTC))
            told = [at for at in together.last.values() if at.timestamp() >= rest_s]
            if len(told) >= self._options.workers or time.monotonic() >= until_s:
                return measures_of(together)
            await asyncio.sleep(LOOK_EVERY_S)

    @property
    def _rest_s(self) -> float:
        """How long everything may take to come to rest."""
        return REST_S_MAX if self._gateway is None else FAULTY_REST_S_MAX

    def _errand(self) -> Errand:
        options, served = self._options, self._served
        return Errand(
            host=served.host,
            port=served.port,
            storefront_key=served.storefront_key,
            seed=options.seed,
            buyers=options.buyers,
            bots=options.bots,
            sale=sale(self._shop.drop, options.arrival_seconds, {} if self._gateway is None else METHODS),
        )

    def _rehearsal(self) -> Rehearsal:
        options = self._options
        shelves = {item.id: item.stock for item in self._shop.drop.items}
        return Rehearsal(options.buyers, options.bots, options.stock, options.seed, shelves, options.workers)

    async def _watch(self) -> None:
        """Look on until everybody has gone home. Raises SaleTooLong, CrowdFailed, ShopRefused, ShopSilent."""
        while not self._crowds.gone:
            if self._at_s() > SALE_S_MAX:
                raise SaleTooLong(limit_s=SALE_S_MAX)
            await self._look_at_line()
            self._show(await self._shop.look(), self._doing())
            await asyncio.sleep(LOOK_EVERY_S)
        await self._crowds.finish()

    async def _look_at_line(self) -> None:
        """Every now and then: the line moves once a second."""
        self._looked += 1
        if self._looked % LINE_EVERY == 0 and (watched := await self._shop.watched_line()) is not None:
            told = watched.status
            self._line = Waiting(told.registered or 0, watched.late, told.cursor, watched.bound)

    def _doing(self) -> str:
        """What phase the sale is in."""
        at_s, line = self._at_s(), line_of(self._shop.drop)
        if at_s >= 0:
            return "open"
        if line is None or at_s < line.opens_s:
            return "opens in a moment"
        return "registration" if at_s < line.closes_s else "the draw"

    async def _wait_for_what_is_held(self) -> int:
        """Wait until nothing is held any more; how many pieces still were when waiting ended."""
        limit_s = self._at_s() + self._options.reservation_seconds + REST_S_MAX
        while True:
            look = await self._shop.look()
            held = sum(shelf.held for shelf in look.shelves)
            if held == 0 or self._at_s() > limit_s:
                return held
            self._show(look, "the last reservations lapse")
            await asyncio.sleep(LOOK_EVERY_S)

    def _show(self, look: Look, doing: str, *, at_once: bool = False) -> None:
        self._stage.show(
            Scene(self._at_s(), doing, self._title, look.shelves, self._tally, self._line), at_once=at_once
        )

    def _at_s(self) -> float:
        """Seconds since the opening."""
        return time.time() - self._opens_at_s
