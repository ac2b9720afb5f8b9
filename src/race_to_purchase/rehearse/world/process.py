"""One simulated process: the real committer, path and loops over a simulated store and gateway, and a way to ask it.

It can be killed where it stands, frozen, stopped in order, and started again with nothing left in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import RaceError, TryAgainLater
from race_to_purchase.loops.calls import Calls
from race_to_purchase.loops.expire import Expire, Sweep
from race_to_purchase.loops.forget import Forget
from race_to_purchase.loops.inbox import ReadInbox
from race_to_purchase.loops.loop import Loop, Tick
from race_to_purchase.loops.owed import Owed
from race_to_purchase.loops.reconcile.loop import Pace, Reconcile
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.path.reserve import ReserveRequest
from race_to_purchase.path.route import Router, Rule
from race_to_purchase.ports import Rejected
from race_to_purchase.rehearse.world.database import SimulatedStore
from race_to_purchase.rehearse.world.gateway import SimulatedGateway
from race_to_purchase.rehearse.world.loop import OWNER, Owner
from race_to_purchase.rehearse.world.merchant import SimulatedPublisher
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.reconciling import SimulatedFindings, leading
from race_to_purchase.rehearse.world.requests import Gone, Line, Request
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.rows import TaskKind

T = TypeVar("T")
log = logging.getLogger("race.simulation")

PATIENCE = Patience(
    gateway_s=10.0,
    answer_s=20.0,
    takeover_s=15.0,
    action_wait_s=60.0,
    deadline_extension_max_s=120.0,
    resolve_for_s=50_000.0,
)
"""All of it shorter than in life, so that worlds get to its end."""

STOP_S = 12.0
"""Grace of an orderly stop."""

KINDS: tuple[TaskKind, ...] = ("resolve", "capture", "void", "deliver")


RECONCILED = Pace(after_s=300.0, count_every_s=120.0, timeout_s=10.0)

SELDOM_S = {"reconcile": 45.0, "sweep": 20.0, "forget": 120.0, "drained": 15.0}
"""Loops that look less often than the others."""


class Process:
    """See the module; `start` gives it a new life."""

    def __init__(self, world: World, name: str, policy: str, batch_max: int) -> None:
        self.world = world
        self.name = name
        self.life = 0
        self.up = False
        self.stopping = False
        self._policy = policy
        self._batch_max = batch_max
        self.owner = Owner(name)
        self.owner.dead = True
        self._waiting: dict[asyncio.Future[Any], Coroutine[Any, Any, Any]] = {}

    def start(self) -> None:
        """As after an exec: nothing is remembered."""
        assert not self.up
        self.life += 1
        self.up = True
        self.stopping = False
        self.owner = Owner(f"{self.name}.{self.life}")
        self._context = copy_context()
        self._context.run(OWNER.set, self.owner)
        self.world.fate.lie_in_wait(self)
        world, store = self.world, SimulatedStore(self.world, self)
        self.committer = Committer(
            store,
            policy="optimistic" if self._policy == "optimistic" else "combine",
            batch_max=self._batch_max,
            waiting_max=128,
        )
        router = self._router()
        self.purchase = Purchase(
            self.committer,
            store,
            router.gateways,
            router,
            publisher=SimulatedPublisher(world, self) if world.plan.merchant else None,
            patience=PATIENCE,
            new_id=world.new_id,
        )
        self.refunds = Refunds(self.committer, store, router.gateways, patience=PATIENCE, new_id=world.new_id)
        self._store, self._paced = store, router.gateways
        at_once = world.plan.asked_at_once
        self.readers = [
            ReadInbox(gateway, store, self.purchase, self.refunds, at_once=at_once)
            for gateway in router.gateways.values()
        ]
        self.catalogue = Catalogue(self.committer, store)
        self.gateways = Gateways(self.committer, store, router)
        self.ticks: list[Tick] = [
            Expire(self.committer, store),
            Sweep(self.committer, store),
            Forget(store, store),
            Calls("drained", self.gateways.follow),
            Owed("refund", self.refunds, store),
            *self.readers,
            *(Owed(kind, self.purchase, store) for kind in KINDS if kind != "deliver" or world.plan.merchant),
        ]
        self.reconcile = self._reconcile(store, router) if world.plan.wrongs else None
        if self.reconcile is not None:
            self.ticks.append(self.reconcile)
        self.loops: list[Loop] = []

    def _reconcile(self, store: SimulatedStore, router: Router) -> Reconcile:
        lead = partial(leading, self.world, self, store)
        findings = SimulatedFindings(self.world, store)
        return Reconcile(self.committer, store, findings, self.purchase, router.gateways, lead, RECONCILED)

    def _router(self) -> Router:
        """Over the world's gateways, of which the first takes everything as long as it can."""
        gateways = self.world.plan.gateways
        return Router(
            [
                PacedGateway(
                    SimulatedGateway(self.world, self, at.name, two_step=at.two_step), Limits(per_second=at.per_second)
                )
                for at in gateways
            ],
            [
                Rule(at.name, weight=float(number == 0), unknown_fails_over=at.fails_over)
                for number, at in enumerate(gateways)
            ],
        )

    def begin_loops(self) -> None:
        """Start the background work."""
        for tick in self.ticks:
            every_s = max(self.world.plan.loops_every_s, SELDOM_S.get(tick.name, 0.0))
            loop = Loop(tick, every_s)
            self.loops.append(loop)
            self._context.copy().run(loop.start)

    def call(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Let the process do `work`; Gone if it dies over it."""
        reply: asyncio.Future[T] = self.world.loop.create_future()
        if not self.up:
            work.close()
            reply.set_exception(Gone())
            return reply
        self._waiting[reply] = work
        self.world.loop.create_task(self._do(work, reply), context=self._context.copy())
        return reply

    async def _do(self, work: Coroutine[Any, Any, T], reply: asyncio.Future[T]) -> None:
        try:
            value = await work
        except Exception as error:
            if not reply.done():
                reply.set_exception(error)
        else:
            if not reply.done():
                reply.set_result(value)
        # Not where the process dies: then somebody still waits.
        self._waiting.pop(reply, None)

    @property
    def busy(self) -> bool:
        """Whether it still does what somebody asked of it, who may have given up waiting."""
        return bool(self._waiting)

    def died(self) -> None:
        """Everybody who waits for it learns that the connection is closed."""
        self.up = False
        for reply, work in list(self._waiting.items()):
            work.close()
            if not reply.done():
                reply.set_exception(Gone())
                reply.exception()
        self._waiting.clear()

    async def handle(self, request: Request, line: Line) -> Answer:
        """One request, as the edge answers it."""
        try:
            return await self._route(request, line)
        except TryAgainLater:
            return Answer(503, b"", problem=True, retry_after_s=1.0)
        except asyncio.CancelledError:
            # The committer dropped it, as the client had left.
            return Answer(503, b"", problem=True)
        except Rejected:
            return Answer(500, b"", problem=True)
        except Exception as error:
            log.exception("request failed: %s", request.route)
            self.world.violated("unforeseen_error", request.checkout_id, f"{request.route}: {error!r}")
            return Answer(500, b"", problem=True)

    async def _route(self, request: Request, line: Line) -> Answer:
        purchase = self.purchase
        match request.route:
            case "reserve":
                assert isinstance(request.wish, ReserveRequest)
                return answer(await purchase.reserve(request.wish, request.key, line.alive))
            case "pay":
                assert isinstance(request.wish, str)
                alive = line.alive
                outcome = await purchase.pay(request.checkout_id, request.buyer, request.wish, request.key, alive)
                return answer(outcome)
            case "cancel":
                return answer(await purchase.cancel(request.checkout_id, request.buyer, request.key))
            case "return":
                return answer(await purchase.returned(request.checkout_id, request.buyer))
            case _:
                checkout = await purchase.checkout(request.checkout_id, request.buyer)
                if checkout is not None:
                    await purchase.waits(checkout)
                order = await purchase.order(request.checkout_id, request.buyer)
                return Answer(404 if checkout is None else 200, b"order" if order else b"")

    async def hear(self, gateway: str, signature: str, body: bytes) -> bool:
        """A gateway's message, as the edge takes it in: whether it is acknowledged."""
        try:
            event = self._paced[gateway].verify_webhook({"signature": signature}, body)
        except ValueError:
            return False
        await self._store.keep(gateway, event, body)
        return True

    async def stop(self) -> None:
        """In order, as `app.engine` does it."""
        await asyncio.gather(*(loop.stop() for loop in self.loops))
        self.loops.clear()
        await asyncio.gather(*(reader.stop() for reader in self.readers))
        await self.purchase.drain(STOP_S)
        await self.refunds.drain(STOP_S)
        await self.committer.stop(3.0)


def expected(error: BaseException | None) -> bool:
    """Whether an error that was logged is one of those that the world makes."""
    return isinstance(error, RaceError | TimeoutError | Rejected)
