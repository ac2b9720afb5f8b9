"""A whole world in one thread: processes, a database, a gateway, a merchant and buyers, all on virtual time.

A world is made from a seed and nothing else. It runs a sale in which everything can fail, then lets the faults end,
brings everything to rest, and asks every invariant. What it found, and what it tried, is in the `Outlook`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from random import Random
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from race_to_purchase import checks
from race_to_purchase.errors import RaceError
from race_to_purchase.ports import Rejected
from race_to_purchase.rehearse.world import aims, parts
from race_to_purchase.rehearse.world.bank import Bank
from race_to_purchase.rehearse.world.books import Books
from race_to_purchase.rehearse.world.buyer import Visit
from race_to_purchase.rehearse.world.chaos import Cell, Chaos
from race_to_purchase.rehearse.world.database import Database
from race_to_purchase.rehearse.world.fate import Fate
from race_to_purchase.rehearse.world.loop import OWNER, Handle, Owner, Pause, Spinning, Stuck, VirtualLoop, end
from race_to_purchase.rehearse.world.merchant import Merchant
from race_to_purchase.rehearse.world.monkey import Monkey
from race_to_purchase.rehearse.world.operator import Merchants, Operator
from race_to_purchase.rehearse.world.payments import Objection, Payment
from race_to_purchase.rehearse.world.plan import BEGIN, calmed, plan
from race_to_purchase.rehearse.world.process import Process
from race_to_purchase.rehearse.world.requests import Gone, Line, Request
from race_to_purchase.rehearse.world.rest import Rest
from race_to_purchase.rehearse.world.rows import MemoryRows
from race_to_purchase.rehearse.world.story import Story
from race_to_purchase.rehearse.world.table import reached
from race_to_purchase.rehearse.world.truths import Diary, Truths
from race_to_purchase.rehearse.world.watch import Watching
from race_to_purchase.rehearse.world.webhooks import Webhooks
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.decide.waiting import ABSENT_FOR_GOOD_AFTER
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.snapshot import Snapshot

T = TypeVar("T")
C = TypeVar("C")

BEGIN_MS = int(1000 * BEGIN.timestamp())

CALM = 0.5
"""The share of directed worlds that have few faults beside the one they aim at."""

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
        needed, self.aims = aims.dealt(seed)
        self.plan = plan(self.chance, theme or needed)
        if aims.is_directed(seed) and self.chance.random() < CALM:
            self.plan = calmed(self.plan)
        self.chaos = Chaos(self.chance, self.plan.rates, self.plan.strikes, self.plan.favours, aims.by_place(self.aims))
        self.awaits: Counter[Cell] = Counter()
        self.loop = VirtualLoop(self.chance)
        self.story = Story()
        self.database = Database(self)
        self.gateway = Books(self)
        self.gateways_down: set[str] = set()
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
        self.fate = Fate(self)
        self.webhooks = Webhooks(self)
        self.bank = Bank(self)
        self._ids = 0

    def run(self) -> Outlook:
        """The whole of it."""
        return copy_context().run(self._run)

    def _run(self) -> Outlook:
        self._owner = Owner("world")
        OWNER.set(self._owner)
        self.context = copy_context()
        dice = random.getstate()
        random.seed(self.seed)
        logs = Watching(self)
        try:
            self.loop.run(self._live())
        except (Stuck, Spinning) as why:
            self.violated("never_at_rest", "", str(why))
        except Exception as error:  # Whatever it is: a world that fails is told of with its seed.
            self.violated("unforeseen_error", "", repr(error))
        finally:
            logs.end()
            random.setstate(dice)
            self._fall()
        for unforeseen in self.loop.errors[:3]:
            self.violated("unforeseen_error", "", repr(unforeseen))
        return self._outlook()

    def _fall(self) -> None:
        """Nothing of this world outlives it."""
        with self.loop.entered():
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
        await asyncio.gather(*visits, Operator(self).run(), Merchants(self).run(), self.bank.run())
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
        for subject, detail in self.bank.unheard():
            self.violated("dispute_differs", subject, detail)

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
        millis = f"{BEGIN_MS + int(1000 * (self.loop.now_s + self.database.ahead_s)):012x}"
        dice = f"{self.chance.getrandbits(48):012x}"
        return f"{millis[:8]}-{millis[8:]}-7000-8{dice[:3]}-{dice[3:]}{self._ids & 0xFFF:03x}"

    def later(self, delay_s: float, callback: Callable[..., object], *arguments: Any) -> None:
        """Do it after a while, whatever becomes of the process that asked."""
        self.loop.set_timer(delay_s, Handle(callback, arguments, self.context))

    def pause(self, delay_s: float) -> Pause:
        """`await` it to let time pass."""
        return Pause(self.loop, delay_s)

    async def wait(self, reply: asyncio.Future[T], patience_s: float) -> T:
        """What a process answers; Gone where it dies over it, or is not waited for any longer."""
        patience = Handle(_give_up, (reply,), self.context)
        self.loop.set_timer(patience_s, patience)
        try:
            return await reply
        finally:
            patience.cancel()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of the world's own."""
        return self.loop.create_task(work, context=self.context.copy())

    def tell(self, subject: str, process: parts.Process, what: str, detail: str = "") -> None:
        """A moment of the story."""
        self.story.tell(self.loop.now_s, subject, process.owner.name, what, detail)

    def somebody(self) -> Process | None:
        """A process that takes connections."""
        up = [process for process in self.processes if process.up and not process.owner.dead]
        return self.pick(up) if up else None

    async def ask(self, request: Request) -> Answer | None:
        """Send a request; None where no answer came back."""
        process = self.somebody()
        kind = self.chaos.draw(f"http.{request.route}")
        if process is None or not process.up or kind == "lost_request":
            await self.pause(self.latency_s())
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
        try:
            answer = await self.wait(reply, BUYERS_WAIT_S)
        except Gone:
            line.open = False
            return None
        self.story.tell(self.loop.now_s, request.checkout_id, name, f"answers: {request.route}", str(answer.status))
        self.diary.told(request, stored, answer)
        return answer

    def changed(self, drop: Drop) -> Drop:
        """The drop with other stock or another limit."""
        items = tuple(replace(item, stock=max(0, item.stock + self.pick((-2, -1, 1, 3)))) for item in drop.items)
        return replace(drop, items=items, limit_per_buyer=self.pick((None, None, 2, 4)))

    def refused(self, error: Exception, what: str) -> None:
        """An operator's wish failed; only what the world made may be the reason."""
        if not isinstance(error, RaceError | Rejected):
            self.violated("unforeseen_error", "", f"{what}: {error!r}")

    def gateways_up(self) -> None:
        """Every gateway answers again."""
        self.gateways_down.clear()

    def committed(self, process: parts.Process, snapshot: Snapshot, kind: str | None) -> None:
        """A COMMIT took effect."""
        name = process.owner.name
        for subject, lines in snapshot.history.items():
            for line in lines:
                self.story.tell(self.loop.now_s, subject.split("/")[0], name, f"commits: {line.what}", line.detail)
        self.truths.committed(snapshot)

    def did_at_gateway(self, what: str, payment: Payment) -> None:
        """The gateway did something."""
        self.story.tell(self.loop.now_s, payment.checkout_id, "gateway", f"effect: {what}", payment.state)
        self.truths.at_gateway(what, payment)
        if what != "prepare":
            self.webhooks.of_payment(payment)
        if what == "authorize" and self._is_a_dead_hand(payment):
            self.forgiven.add(payment.request.reference)

    def objected(self, what: str, objection: Objection) -> None:
        """Something became of a dispute at a gateway."""
        payment = objection.payment
        self.story.tell(self.loop.now_s, payment.checkout_id, "bank", f"dispute {what}", objection.status)
        self.webhooks.of_objection(what, objection)

    def _is_a_dead_hand(self, payment: Payment) -> bool:
        """Whether a process sent it that had been frozen for longer than anybody looks for what it might have sent.

        Then the authorization lapses at the gateway, and an audit names it until then: the one thing that no other
        process can know of in time.
        """
        attempt = self.truths.attempt_of(payment)
        checkout = self.database.store.rows.checkouts.get(payment.checkout_id)
        if attempt is None or checkout is None:
            return False
        return self.database.now() - max(attempt.began_at, checkout.deadline) > ABSENT_FOR_GOOD_AFTER


def _give_up(reply: asyncio.Future[Any]) -> None:
    """Whoever asked has waited long enough."""
    if not reply.done():
        reply.set_exception(Gone())
