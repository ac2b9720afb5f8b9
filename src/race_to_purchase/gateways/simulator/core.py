"""The gateway itself, without its doors: books, writer, clock, faults, limits, and what happens by itself.

It puts the parts together and runs work in transactions. What a request means is for the API above it to know.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TypeVar

import msgspec

from race_to_purchase.gateways.simulator import bank, disputes
from race_to_purchase.gateways.simulator.books import Books
from race_to_purchase.gateways.simulator.clock import Clock
from race_to_purchase.gateways.simulator.delivery import Delivery, Endpoint, Outcome
from race_to_purchase.gateways.simulator.faults import Faults
from race_to_purchase.gateways.simulator.limits import Limiter, Limits
from race_to_purchase.gateways.simulator.lists import Room
from race_to_purchase.gateways.simulator.names import Names
from race_to_purchase.gateways.simulator.objects import PaymentIntent
from race_to_purchase.gateways.simulator.options import GatewayOptions, OptionRefused
from race_to_purchase.gateways.simulator.outage import Weather
from race_to_purchase.gateways.simulator.rules import AnyRule, Rules
from race_to_purchase.gateways.simulator.store import Store, StoreUnusable
from race_to_purchase.gateways.simulator.unit_of_work import Origin, Owed, Terms, UnitOfWork
from race_to_purchase.gateways.simulator.writer import Writer

log = logging.getLogger("race.gateway")

API_VERSION = "2026-10-28.endive"
SWEEP_S = 0.5
SWEEP_MAX = 200

Result = TypeVar("Result")
_NOBODY = Origin()


class Gateway:
    """One simulated gateway on one file. `start` and `stop` belong to the event loop that uses it."""

    def __init__(self, options: GatewayOptions, clock: Clock | None = None) -> None:
        self.options = options
        self._store = Store(options.store)
        self.names = Names(options.seed, self._store.row("last_number")[0])
        self._books = Books(self._store, self.names)
        self.clock = clock or Clock(float(self._books.fact("clock_offset_s") or 0.0))
        self.faults = Faults(options.seed, self._begin())
        self.limiter = Limiter(Limits(per_second=options.per_second))
        self.weather = Weather()
        self.url = ""
        self._terms = Terms(
            options.fee_basis_points, options.fee_fixed, options.dispute_fee, options.authorization_days * 86400
        )
        # What the event loop reads by itself, a row at a time, must not wait behind a list, nor a list behind an audit.
        self._reader = self._store.reader()
        self.lists = Room(self._store.reader(), self.names)
        self.audits = Room(self._store.reader(), self.names)

    def _begin(self) -> int:
        """Refuse a file of another seed, count this start, and take up the rules that were in force."""
        seed = self._books.fact("seed")
        if seed is not None and seed != str(self.options.seed):
            self._store.close()
            raise StoreUnusable(file=self._store.file, reason=f"it was begun with the seed {seed}")
        run = int(self._books.fact("run") or 0) + 1
        self._store.begin()
        self._books.set_fact("seed", str(self.options.seed))
        self._books.set_fact("run", str(run))
        self._store.commit()
        return run

    async def start(self) -> None:
        """Begin to work: send what is owed, do what is due. Raises OptionRefused for a file of rules that is none."""
        self.writer = Writer(self._store)
        self.delivery = Delivery(
            self.clock,
            self.options.webhook_retry_s,
            self.options.webhook_timeout_s,
            body=self._event_body,
            tell=self._tried,
            open_now=self.weather.fair,
        )
        self._take_up()
        self.delivery.start()
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Finish what was begun and close the file."""
        self._sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sweeping
        await self.delivery.stop()
        await self.writer.finish()
        for room in (self.lists, self.audits):
            await room.close()
        self._reader.close()
        self._store.close()

    async def transact(self, work: Callable[[UnitOfWork], Result], origin: Origin = _NOBODY) -> Result:
        """Run work on a unit of its own; once it is durable, its result, and its messages begin to go out."""
        units: list[UnitOfWork] = []

        def piece() -> Result:
            units.append(self._unit(origin))
            return work(units[0])

        result = await self.writer.run(piece)
        self.delivery.add(units[0].owed)
        return result

    async def set_rules(self, rules: list[AnyRule], *, keep: bool) -> None:
        """Replace the rules of faults, or add to them. Raises ValueError for names that come twice."""
        self.faults.add(rules) if keep else self.faults.replace(rules)
        await self._keep_fact("rules", msgspec.json.encode(self.faults.rules))

    async def set_endpoint(self, endpoint: Endpoint | None) -> None:
        """Send messages there from now on."""
        self.delivery.endpoint = endpoint
        await self._keep_fact("endpoint", msgspec.json.encode(endpoint))
        self.delivery.look()

    async def advance(self, seconds: float) -> None:
        """Move the gateway's clock on, and do what has become due. Raises ValueError for steps backwards."""
        self.clock.advance(seconds)
        await self._keep_fact("clock_offset_s", str(self.clock.offset_s).encode())
        await self._do_due()
        self.delivery.look()

    def _take_up(self) -> None:
        """Rules, endpoint and messages as they stood at the end of the last run, or as the options say."""
        options = self.options
        if options.rules_file is not None:
            try:
                text = options.rules_file.read_bytes()
                self.faults.replace(msgspec.json.decode(text, type=Rules).rules)
            except (OSError, ValueError) as error:
                wanted = f"a file of fault rules ({error})"
                raise OptionRefused(option="rules_file", value=str(options.rules_file), wanted=wanted) from None
        elif kept := self._books.fact("rules"):
            self.faults.replace(msgspec.json.decode(kept, type=Rules).rules)
        if options.webhook_url is not None:
            self.delivery.endpoint = Endpoint(options.webhook_url, options.webhook_secret or "", options.webhook_events)
        elif kept := self._books.fact("endpoint"):
            self.delivery.endpoint = msgspec.json.decode(kept, type=Endpoint | None)
        self.delivery.add(
            Owed(number, event, subject, form, state == "held", due_at, tries)
            for number, event, subject, form, state, due_at, tries in self._store.rows("open_deliveries")
        )

    def _unit(self, origin: Origin) -> UnitOfWork:
        endpoint = self.delivery.endpoint
        return UnitOfWork(
            self._books,
            self.faults,
            self._terms,
            now=self.clock.now(),
            origin=origin,
            version=API_VERSION,
            wanted=() if endpoint is None else endpoint.events,
            page=lambda name: f"{self.url}/authenticate/{name}",
        )

    async def _keep_fact(self, name: str, value: bytes) -> None:
        await self.writer.run(lambda: self._books.set_fact(name, value.decode()))

    def _event_body(self, number: int) -> bytes:
        return bytes(self._reader.rows("read_record", (number, "evt"))[0][0])

    async def _tried(self, outcome: Outcome) -> None:
        await self.writer.run(lambda: self._books.tried(*msgspec.structs.astuple(outcome)))

    async def _sweep(self) -> None:
        """What happens by itself: authorizations lapse, disputes time out, banks make up their mind."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._do_due()
            except Exception:
                log.exception("what is due could not be done")

    async def _do_due(self) -> None:
        while self._reader.rows("read_due", (self.clock.now(), 1)):
            await self.transact(_do_some)
        await self.transact(lambda unit: unit.books.forget(unit.now_s, SWEEP_MAX))


def _do_some(unit: UnitOfWork) -> None:
    for name in unit.books.due(unit.now_s, SWEEP_MAX):
        unit.books.set_due(name, None)
        intent = unit.books.find(PaymentIntent, name)
        if intent is None:
            continue
        match intent.status:
            case "processing":
                bank.approve(unit, intent)
            case "requires_capture":
                bank.lapsed(unit, intent)
            case "succeeded":
                disputes.time_out(unit, name)
            case _:
                log.error("%s was due, but is %s", name, intent.status)
