"""A whole world in one thread: processes, a database, a gateway, a merchant and buyers, all on virtual time.

A world is made from a seed and nothing else. It runs a sale in which everything can fail, then lets the faults end,
brings everything to rest, and asks every invariant. What it found, and what it tried, is in the `Outlook`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from random import Random
from typing import Any, TypeVar
from zlib import crc32

import msgspec
from msgspec.structs import replace

from race_to_purchase import checks
from race_to_purchase.errors import RaceError
from race_to_purchase.path.pay import NEVER_RECEIVED_AFTER
from race_to_purchase.ports import Rejected
from race_to_purchase.rehearse import world_awaits
from race_to_purchase.rehearse.world_buyer import Visit
from race_to_purchase.rehearse.world_chaos import Cell, Chaos
from race_to_purchase.rehearse.world_database import IDLE_S_MAX, Database
from race_to_purchase.rehearse.world_gateway import Books, Payment
from race_to_purchase.rehearse.world_loop import OWNER, Owner, Spinning, Stuck, VirtualLoop, end
from race_to_purchase.rehearse.world_merchant import Merchant
from race_to_purchase.rehearse.world_monkey import Monkey, Operator
from race_to_purchase.rehearse.world_plan import plan
from race_to_purchase.rehearse.world_process import Gone, Line, Process, Request, expected
from race_to_purchase.rehearse.world_rest import Rest
from race_to_purchase.rehearse.world_rows import MemoryRows
from race_to_purchase.rehearse.world_story import Story
from race_to_purchase.rehearse.world_table import reached
from race_to_purchase.rehearse.world_truths import Diary, Truths
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.rules.verdicts import Verdict

T = TypeVar("T")
C = TypeVar("C")

FREEZE_S = 30.0
"""The longest freeze in most worlds."""

BUYERS_WAIT_S = 30.0
"""How long a buyer waits for one answer."""


class Violation(msgspec.Struct, frozen=True):
    """An invariant that did not hold in the world of `seed`; `timeline` tells of the purchase."""

    seed: int
    check: str
    subject: str
    detail: str
    timeline: tuple[str, ...] = ()


class Outlook(msgspec.Struct, frozen=True):
    """What came of one world."""

    seed: int
    purchases: int
    orders: int
    struck: Counter[Cell]
    """Faults by point and kind."""
    awaits: Counter[Cell]
    """Crashes and freezes by the await that they hit."""
    rows: frozenset[str]
    """Rows of the table of failures that some purchase went through."""
    violations: tuple[Violation, ...]
    moments: int


class World:
    """See the module; `run` once."""

    def __init__(self, seed: int, theme: str | None = None) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.plan = plan(self.chance, theme)
        self.chaos = Chaos(self.chance, self.plan.rates, self.plan.strikes, self.plan.favours)
        self.awaits: Counter[Cell] = Counter()
        self.loop = VirtualLoop(self.chance)
        self.story = Story()
        self.database = Database(self)
        self.gateway = Books(self)
        self.gateway_down = False
        self.merchant = Merchant(self)
        self.resting = False
        self.forgiven: set[str] = set()
        self._found: dict[tuple[str, str], str] = {}
        self.truths = Truths(self, self.database.store.rows)
        self.diary = Diary(self, self.database.store.rows)
        self.processes = [
            Process(self, name, policy, self.plan.batch_max)
            for name, policy in zip("abc", self.plan.policies, strict=False)
        ]
        self._ids = 0

    def run(self) -> Outlook:
        """The whole of it."""
        return copy_context().run(self._run)

    def _run(self) -> Outlook:
        self._owner = Owner("world")
        OWNER.set(self._owner)
        self._context = copy_context()
        dice = random.getstate()
        random.seed(self.seed)
        logs = Watching(self)
        try:
            self.loop.run(self._live())
        except (Stuck, Spinning) as why:
            self.violated("never_at_rest", "", str(why))
        finally:
            logs.end()
            random.setstate(dice)
            self._fall()
        for error in self.loop.errors[:3]:
            self.violated("unforeseen_error", "", repr(error))
        return self._outlook()

    def _fall(self) -> None:
        """Nothing of this world outlives it."""
        for owner in (*(process.owner for process in self.processes), self._owner):
            owner.dead = True
            end(owner)
        for process in self.processes:
            process.died()

    async def _live(self) -> None:
        for process in self.processes:
            process.start()
        self.chaos.on = False
        for drop in self.plan.drops:
            await self.processes[0].call(self.processes[0].catalogue.put(drop))
        self.chaos.on = True
        for process in self.processes:
            process.begin_loops()
        monkey = Monkey(self)
        mischief = self.spawn(monkey.run())
        visits = [Visit(self, number).run() for number in range(self.plan.visits)]
        await asyncio.gather(*visits, Operator(self).run())
        mischief.cancel()
        await Rest(self, monkey).come()
        if not self.loop.halted:
            await self._audit()

    async def _audit(self) -> None:
        rows = MemoryRows(self)
        found = await checks.audit(rows, checks.Patience(0.0, 0.0, 0.0))
        for finding in found.findings:
            if finding.check == "authorization_left_open" and finding.subject in self.forgiven:
                continue
            self.violated(finding.check, finding.subject, finding.detail)

    def _outlook(self) -> Outlook:
        rows = self.database.store.rows
        violations = tuple(
            Violation(self.seed, check, subject, detail, tuple(self.story.timeline(self._concerned(subject))))
            for (check, subject), detail in self._found.items()
        )
        return Outlook(
            seed=self.seed,
            purchases=sum(checkout.live_n > 0 for checkout in rows.checkouts.values()),
            orders=len(rows.orders),
            struck=self.chaos.struck,
            awaits=self.awaits,
            rows=reached(self.story),
            violations=violations,
            moments=len(self.story.moments),
        )

    def _concerned(self, subject: str) -> list[str]:
        """The checkouts that a violation is about: for a pool, all that claim it."""
        checkouts = self.database.store.rows.checkouts
        if subject.split("/", maxsplit=1)[0] in checkouts:
            return [subject]
        return [row.id for row in checkouts.values() if subject in row.claims.pools] if subject else list(checkouts)

    # What the parts of a world ask of it.

    def violated(self, check: str, subject: str, detail: str) -> None:
        """An invariant does not hold: the world stops here."""
        self._found.setdefault((check, subject), detail)
        self.story.tell(self.loop.now_s, subject.split("/", maxsplit=1)[0], "", f"VIOLATED {check}", detail)
        self.loop.halted = True

    def pick(self, choices: Sequence[C]) -> C:
        """One of them."""
        return choices[int(self.chance.random() * len(choices))]

    def between(self, low: float, high: float) -> float:
        """Any number of that range."""
        return low + (high - low) * self.chance.random()

    def latency_s(self) -> float:
        """One way over the network."""
        return 0.0005 + 0.01 * self.chance.random()

    def new_id(self) -> str:
        """A UUIDv7 of this world."""
        self._ids += 1
        millis = int(self.database.now().timestamp() * 1000)
        text = f"{millis << 80 | 7 << 76 | 2 << 62 | self.chance.getrandbits(48) << 12 | self._ids & 0xFFF:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def later(self, delay_s: float, callback: Callable[..., object], *arguments: Any) -> None:
        """Do it after a while, whatever becomes of the process that asked."""
        self.loop.call_later(delay_s, callback, *arguments, context=self._context)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of the world's own."""
        return self.loop.create_task(work, context=self._context.copy())

    def tell(self, subject: str, process: Process, what: str, detail: str = "") -> None:
        """A moment of the story."""
        self.story.tell(self.loop.now_s, subject, process.owner.name, what, detail)

    def crash(self, process: Process, why: str) -> None:
        """Kill it where it stands. It is buried at once, but not by itself."""
        if process.owner.dead:
            return
        process.owner.dead = True
        self.tell("", process, "CRASH", why)
        self.loop.call_soon(self._bury, process, context=self._context)

    def freeze(self, process: Process, frozen_s: float) -> None:
        """Let it stand still from its next step on, as when its machine is paused."""
        owner = process.owner

        def burn() -> None:
            if owner.dead or owner.parked is not None:
                return
            self.tell("", process, "frozen", f"for {frozen_s:.1f} s")
            world_awaits.hit(owner.living_tasks(), "freeze", self.awaits)
            self.loop.freeze(owner)
            self.later(IDLE_S_MAX, lambda: self.database.end_idle(process) if owner.parked is not None else None)
            self.later(frozen_s, self.loop.thaw, owner)

        owner.fuse, owner.burn = 1, burn

    def trouble(self, process: Process) -> None:
        """Trouble seldom comes alone: sometimes what has just met one fault is struck a few steps later."""
        if self.chance.random() < 0.15 and not process.owner.fuse:
            strike = self.pick((self._crash_in_trouble, self._freeze_in_trouble))
            process.owner.burn = lambda: strike(process)
            process.owner.fuse = 1 + int(self.chance.random() * 12)

    def _crash_in_trouble(self, process: Process) -> None:
        self.chaos.count("crash", "process")
        self.crash(process, "in trouble")

    def _freeze_in_trouble(self, process: Process) -> None:
        self.chaos.count("freeze", "process")
        self.freeze(process, self.frozen_s(process))

    def frozen_s(self, process: Process) -> float:
        """How long a freeze lasts; where freezes are long, it is one process that they befall, so that others go on."""
        longest_s = self.plan.frozen_s_max
        if longest_s <= FREEZE_S:
            return self.between(0.5, FREEZE_S)
        return self.between(longest_s / 3, longest_s) if process.name == "a" else self.between(0.5, 3.0)

    async def die(self, process: Process) -> None:
        """Kill the process that asks; it never comes back from here."""
        self.crash(process, "where it stood")
        await self.loop.create_future()

    def _bury(self, process: Process) -> None:
        world_awaits.hit(process.owner.living_tasks(), "crash", self.awaits)
        end(process.owner)
        self.database.leave(process)
        process.died()
        self.later(self.between(0.2, 8.0), self.restart, process)

    def restart(self, process: Process) -> None:
        """Start it again, unless it runs."""
        if not process.up:
            process.start()
            self.tell("", process, "starts")
            if not self.resting:
                process.begin_loops()

    async def stop(self, process: Process, *, restart: bool) -> None:
        """Stop it in order; nothing of it may be left."""
        owner = process.owner
        if process.stopping or not process.up:
            return
        process.stopping = True
        try:
            await process.call(process.stop())
        except Gone:
            return
        left = [str(getattr(task.get_coro(), "__qualname__", task)) for task in owner.living_tasks()]
        left = [name for name in left if name != "Process._do"]
        if left and not self.chaos.on:
            self.violated("task_left", "", f"{owner.name}: {left}")
        if not owner.dead:
            owner.dead = True
            end(owner)
            self.database.leave(process)
            process.died()
            if restart:
                self.later(self.between(0.1, 3.0), self.restart, process)

    def somebody(self) -> Process | None:
        """A process that takes connections."""
        up = [process for process in self.processes if process.up and not process.owner.dead]
        return self.pick(up) if up else None

    async def ask(self, request: Request) -> Answer | None:
        """Send a request; None where no answer came back."""
        process = self.somebody()
        kind = self.chaos.draw(f"http.{request.route}")
        await asyncio.sleep(self.latency_s())
        if process is None or not process.up or kind == "lost_request":
            return None
        line = Line()
        if kind == "gone":
            self.later(self.between(0.0, 2.0), setattr, line, "open", False)
        if kind == "twice":
            self.spawn(self._ask(self.somebody() or process, request, Line()))
        answer = await self._ask(process, request, line)
        return None if kind in ("lost_answer", "gone") else answer

    async def _ask(self, process: Process, request: Request, line: Line) -> Answer | None:
        stored = self.diary.before(request)
        name = process.owner.name
        self.tell(request.checkout_id, process, f"is asked: {request.route}", request.key.key if request.key else "")
        if not process.up:
            return None
        reply = process.call(process.handle(request, line))
        patience = self.loop.call_later(BUYERS_WAIT_S, _give_up, reply)
        try:
            answer = await reply
        except Gone:
            line.open = False
            return None
        finally:
            patience.cancel()
        self.story.tell(self.loop.now_s, request.checkout_id, name, f"answers: {request.route}", str(answer.status))
        self.diary.told(request, stored, answer)
        return answer

    def changed(self, drop: Drop) -> Drop:
        """The drop with other stock or another limit."""
        items = tuple(replace(item, stock=max(0, item.stock + self.pick((-2, -1, 1, 3)))) for item in drop.items)
        return replace(drop, items=items, limit_per_buyer=self.pick((None, 1, 3)))

    def refused(self, error: Exception, what: str) -> None:
        """An operator's wish failed; only what the world made may be the reason."""
        if not isinstance(error, RaceError | Rejected):
            self.violated("unforeseen_error", "", f"{what}: {error!r}")

    def gateway_up(self) -> None:
        """The gateway answers again."""
        self.gateway_down = False

    def committed(self, process: Process, snapshot: Snapshot, kind: str | None) -> None:
        """A COMMIT took effect."""
        name = process.owner.name
        for subject, lines in snapshot.history.items():
            for line in lines:
                self.story.tell(self.loop.now_s, subject.split("/")[0], name, f"commits: {line.what}", line.detail)
        self.truths.committed(snapshot)

    def called(self, process: Process, what: str, key: str, kind: str | None) -> None:
        """A process calls the gateway."""
        self.tell(self._checkout_of(key), process, f"calls: {what}", kind or "")

    def answered(self, process: Process, what: str, key: str, verdict: Verdict) -> None:
        """A process has the gateway's answer."""
        self.tell(self._checkout_of(key), process, f"hears: {what}", type(verdict).__name__)

    def did_at_gateway(self, what: str, payment: Payment) -> None:
        """The gateway did something."""
        self.story.tell(self.loop.now_s, payment.checkout_id, "gateway", f"effect: {what}", payment.state)
        self.truths.at_gateway(what, payment)
        if what == "authorize" and self._is_a_dead_hand(payment):
            self.forgiven.add(payment.request.reference)

    def _is_a_dead_hand(self, payment: Payment) -> bool:
        """Whether a process sent it that had been frozen for longer than anybody waits.

        Such a process gives back what it authorized, unless it does not hear of it. Then the authorization lapses at
        the gateway, and an audit names it until then: the one thing that no other process can know of in time.
        """
        attempt = self.truths.attempt_of(payment)
        checkout = self.database.store.rows.checkouts.get(payment.checkout_id)
        if attempt is None or checkout is None:
            return False
        given_up = attempt.decline_code == "never_received"
        waited = self.database.now() - max(attempt.began_at, checkout.deadline) > NEVER_RECEIVED_AFTER
        return (given_up or waited) and self.plan.frozen_s_max > NEVER_RECEIVED_AFTER.total_seconds()

    def _checkout_of(self, key: str) -> str:
        payment = self.gateway.payments.get(key)
        if payment is not None:
            return payment.checkout_id
        attempts = self.database.store.rows.attempts.values()
        return next((row.checkout_id for row in attempts if row.key == key), "")


def _give_up(reply: asyncio.Future[Answer]) -> None:
    """The buyer has waited long enough."""
    if not reply.done():
        reply.set_exception(Gone())


def hash_of(story: Story) -> int:
    """A number that is the same for the same story, in every process."""
    crc = 0
    for moment in story.moments:
        crc = crc32(repr(moment).encode(), crc)
    return crc


class Watching(logging.Handler):
    """Errors that the engine logs and that the world did not make are violations."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world
        self._logger = logging.getLogger("race")
        self._before = (self._logger.level, self._logger.propagate, self._logger.handlers)
        self._logger.setLevel(logging.ERROR)
        self._logger.propagate = False
        self._logger.handlers = [self]

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        if record.exc_info and not expected(record.exc_info[1]):
            self._world.violated("unforeseen_error", "", f"{record.getMessage()}: {record.exc_info[1]!r}")

    def end(self) -> None:
        """Leave the loggers as they were."""
        level, self._logger.propagate, self._logger.handlers = self._before
        self._logger.setLevel(level)
