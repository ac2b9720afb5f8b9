"""`race demo`: a server, a drop, a crowd, and the truth about it afterwards, with one command.

The server and the crowd are processes of their own, and everything between them is real HTTP. This one opens the
drop, looks on, waits until all has come to rest, and judges by the audit; it never helps.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from race_to_purchase.app.audit import audit_at
from race_to_purchase.app.counted import counted_at
from race_to_purchase.checks import Audit
from race_to_purchase.errors import ConfigurationError, RaceError
from race_to_purchase.observe.measures import Measure, measures
from race_to_purchase.rehearse.crowd.crowd import Errand
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.crowd.wire import Wire
from race_to_purchase.rehearse.demo.audit import NOTHING_YET, come_to_rest, ledgers, with_books
from race_to_purchase.rehearse.demo.crowds import Crowds
from race_to_purchase.rehearse.demo.door import SETTINGS, door, line_of, registration_s
from race_to_purchase.rehearse.demo.draw import line_seen
from race_to_purchase.rehearse.demo.ending import report_of
from race_to_purchase.rehearse.demo.gateway import METHODS, Simulator, settled, simulated
from race_to_purchase.rehearse.demo.server import Served, serving
from race_to_purchase.rehearse.demo.shop import Look, Shop, drop, sale
from race_to_purchase.rehearse.demo.stage import Stage
from race_to_purchase.rehearse.live import Scene, Waiting
from race_to_purchase.rehearse.scorecard import Rehearsal, Scorecard, Witness, scorecard
from race_to_purchase.rehearse.scorecard_view import svg, view
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


class ResultNotWritable(ConfigurationError):
    """The result cannot be written to {file}: {reason}. Pass another file."""

    code = "result_not_writable"


def run_demo(options: DemoOptions, console: Console | None = None) -> int:
    """Run it and print the scorecard; 0 if every invariant held, 1 if not. Raises RaceError where it could not run."""
    console = console or Console(highlight=False)
    for file in (options.json_file, options.svg_file, options.report_file):
        _try_out(file)
    console.print("Starting a server with a database of its own …", style="dim")
    served: Served | None = None
    drop_id = f"aurora-{secrets.token_hex(4)}"
    try:
        with (
            _ended_like_ctrl_c(),
            _gateway(options) as gateway,
            serving(
                port=options.port,
                workers=options.workers,
                data_dir=options.data_dir,
                settings={**(SETTINGS if options.door else {}), **({} if gateway is None else gateway.settings)},
            ) as served,
        ):
            card = asyncio.run(_rehearse(options, drop_id, served, gateway, console))
    except KeyboardInterrupt:
        if served is not None:
            served.discard()
        raise
    except BaseException:
        if served is not None:
            console.print(f"The server's log is kept in {served.log}", style="yellow", soft_wrap=True)
        raise
    return _conclude(card, drop_id, served, options, console)


@contextmanager
def _gateway(options: DemoOptions) -> Iterator[Simulator | None]:
    """The gateway simulator where faults are wanted; else None, for the sandbox within the server."""
    if options.gateway_faults is None:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="race-demo-gateway-") as folder,
        simulated(Path(folder), options.gateway_faults, options.seed) as gateway,
    ):
        yield gateway


def _try_out(file: Path | None) -> None:
    """Better to hear now than after the sale that there is no place for its result. Raises ResultNotWritable."""
    if file is None:
        return
    try:
        with file.open("ab"):
            pass
    except OSError as error:
        raise ResultNotWritable(file=file, reason=error.strerror) from None


def _conclude(card: Scorecard, drop_id: str, served: Served, options: DemoOptions, console: Console) -> int:
    """Tell the result, and keep what somebody may want to look into; the exit status."""
    console.print(view(card))
    if options.gateway_faults is not None:
        console.print(f"The gateway lost, broke or refused {card.notes.get(GATEWAY_FAULTS, 0):,} answers in the sale.")
    if options.json_file is not None:
        options.json_file.write_bytes(msgspec.json.format(msgspec.json.encode(card.to_json())) + b"\n")
    if options.svg_file is not None:
        options.svg_file.write_text(svg(card), encoding="utf-8")
    if options.report_file is not None:
        report_of(card, drop_id, served, options.report_file, console)
    if card.broken:
        console.print(f"The server's log and data are kept in {served.folder}", style="yellow", soft_wrap=True)
        return 1
    served.discard()
    return 0


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Whatever ends this process ends it like Ctrl-C, so that the server and its database are stopped as well."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Called from within somebody else's program, whose signals are its own.
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


async def _rehearse(
    options: DemoOptions, drop_id: str, served: Served, gateway: Simulator | None, console: Console
) -> Scorecard:
    """The whole rehearsal on a server that answers."""
    before = NOTHING_YET if options.data_dir is None else await audit_at(served.dsn)
    crowds = await Crowds.start(1 if options.buyers + options.bots <= PLAYED_BY_ONE else 2)
    admin = Wire(served.host, served.port, served.admin_key, 2)
    storefront = Wire(served.host, served.port, served.storefront_key, 32)
    try:
        shop = Shop(_drop(options, drop_id), admin, storefront)
        await shop.put()
        with Stage(console) as stage:
            return await _Sale(options, served, gateway, shop, crowds, stage).run(before)
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


class _Sale:
    """One sale from before its opening until everything has come to rest."""

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
        self._began_s = time.time()
        self._opens_at_s = shop.drop.opens_at.timestamp()
        self._title = f"{options.buyers:,} buyers and {options.bots:,} bots for {options.stock:,} pairs of shoes"

    async def run(self, before: Audit) -> Scorecard:
        """Let it happen, and judge it. `before` is what the database held already."""
        await self._crowds.send(self._errand(), self._tally)
        await self._watch()
        elapsed_s = self._at_s()
        if self._gateway is not None:
            self._tally.counts[f"note/{GATEWAY_FAULTS}"] = self._gateway.struck()
            self._gateway.calm()
        held = await self._wait_for_what_is_held()
        self._show(await self._shop.look(), "asking the audit", at_once=True)
        missing, wrong = await self._shop.verify(self._tally.purchases)
        found = ledgers(await come_to_rest(self._served.dsn, self._rest_s), before, held)
        if self._gateway is not None:
            found = with_books(found, await settled(self._gateway, self._served.dsn))
        witness = Witness(
            looks=self._shop.looks,
            inconsistent_looks=self._shop.inconsistent_looks,
            missing_orders=missing,
            wrong_amounts=wrong,
            line=await line_seen(self._shop, self._served),
            engine=await self._counted(found.orders),
        )
        return scorecard(self._rehearsal(), self._tally, found, witness, elapsed_s)

    async def _counted(self, orders: int) -> tuple[Measure, ...]:
        """M1 to M15 of the engine, once its processes have written down what they counted."""
        since, until_s = datetime.fromtimestamp(self._began_s, UTC), time.monotonic() + COUNTED_S_MAX
        while True:
            counted = await counted_at(self._served.dsn, self._shop.drop.id, since, datetime.now(UTC))
            if counted.total("race_orders_total") >= orders or time.monotonic() >= until_s:
                return measures(counted, max(1.0, self._at_s()))
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
