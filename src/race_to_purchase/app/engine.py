"""One process of the engine: its store, committer, gateways, path, loops and HTTP application, wired and started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Self
from uuid import uuid4

import msgspec
from starlette.types import ASGIApp

from race_to_purchase.app.admin_keys import AdminKeyParts
from race_to_purchase.app.budget import Budgets, objectives
from race_to_purchase.app.console import ConsoleParts, open_console_sessions
from race_to_purchase.app.gateways import OpenGateways, entries_of, open_gateways
from race_to_purchase.app.guard import Guard, guard_of, open_guard
from race_to_purchase.app.identity import Identity, open_identity, require_sound_identity
from race_to_purchase.app.line import LineParts, open_keys
from race_to_purchase.app.observing import Observing
from race_to_purchase.app.wiring import committer_of, patience_of, publisher_of
from race_to_purchase.edge.metrics import Metrics
from race_to_purchase.edge.operator_sessions import ConsoleSessions
from race_to_purchase.edge.principals import Principals
from race_to_purchase.edge.routes import Dependencies, build_app
from race_to_purchase.edge.webhooks import Webhooks
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.loops.calls import Calls
from race_to_purchase.loops.expire import Expire, Sweep
from race_to_purchase.loops.forget import Forget, ForgetCarts
from race_to_purchase.loops.inbox import ReadInbox
from race_to_purchase.loops.keep_up import KeepUp
from race_to_purchase.loops.loop import Loop
from race_to_purchase.loops.owed import Owed
from race_to_purchase.loops.pulse import InUse, Pulse
from race_to_purchase.loops.reconcile.loop import Pace, Reconcile
from race_to_purchase.loops.record import Record
from race_to_purchase.loops.seal import Seal
from race_to_purchase.loops.survey import Survey
from race_to_purchase.observe.series import Recorder
from race_to_purchase.observe.slo.good import JUDGED
from race_to_purchase.operate.budget import BudgetSaver
from race_to_purchase.operate.disputes import DisputeDesk
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.operate.findings import FindingsDesk
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.ports import Gateway
from race_to_purchase.rules.rows import TaskKind
from race_to_purchase.rules.signing import Keyring
from race_to_purchase.settings import Settings, keys_of
from race_to_purchase.store.carts import PostgresCarts
from race_to_purchase.store.findings import PostgresFindings, leading
from race_to_purchase.store.inbox import PostgresInbox
from race_to_purchase.store.keyring import PostgresKeyrings
from race_to_purchase.store.ledger import PostgresLedger
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads
from race_to_purchase.store.series import PostgresSeries
from race_to_purchase.store.vitals import PostgresVitals

OWED_EVERY_S: dict[TaskKind, float] = {"resolve": 1.0, "capture": 1.0, "void": 1.0, "deliver": 0.5}
REFUND_EVERY_S = 1.0
INBOX_EVERY_S = 1.0
SWEEP_EVERY_S = 60.0
FORGET_EVERY_S = 600.0
FORGET_CARTS_EVERY_S = 3600.0
SEAL_EVERY_S = 1.0
DRAINED_EVERY_S = 0.8
RECORD_EVERY_S = 5.0
PULSE_EVERY_S = 0.2
KEEP_UP_EVERY_S = 15.0


class Front(msgspec.Struct, frozen=True):
    """What stands before the sale; by `line_keys` the tickets and passes of lines are signed."""

    identity: Identity
    guard: Guard
    line_keys: Keyring
    console: ConsoleSessions


class Engine:
    """Made by `start` alone; `stop` lets what is under way finish within its grace, then lets go."""

    def __init__(
        self, settings: Settings, store: PostgresStore, gateways: OpenGateways, front: Front, dsn: str
    ) -> None:
        self._settings = settings
        self._store = store
        self._gateways = gateways
        self._identity = front.identity
        self._console_sessions = front.console
        self.gateways: Mapping[str, Gateway] = gateways.router.gateways
        self._publisher = publisher_of(settings)
        self.guard = front.guard
        self.reads = PostgresReads(store.pool)
        self.ledger = PostgresLedger(store.pool)
        self.inbox = PostgresInbox(store.pool)
        self._carts = PostgresCarts(store.pool)
        self.keys = AdminKeyParts(settings, store.pool)
        self.series = PostgresSeries(store.pool)
        self.observing = Observing(settings)
        source = uuid4().hex[:12]
        self._record = Record(Recorder(self.observing.counting), self.series, source)
        slo = objectives(settings)
        self._console = ConsoleParts(store.pool, self.reads, self.series, gateways.router, self.guard.gate, slo, source)
        self.committer = committer_of(settings, store)
        patience = patience_of(settings)
        self.purchase = Purchase(
            self.committer,
            self.reads,
            self.gateways,
            gateways.router,
            publisher=self._publisher,
            patience=patience,
        )
        found = PostgresFindings(store.pool)
        self.findings = FindingsDesk(self.committer, self.reads, found, settings.reconcile_after_s)
        self.reconcile = self._make_reconciliation(found, dsn)
        self.refunds = Refunds(self.committer, self.reads, self.gateways, patience=patience)
        self.disputes = DisputeDesk(self.reads)
        self.line = LineParts(self.committer, store.pool, front.line_keys)
        self.catalogue = Catalogue(self.committer, self.reads, self.line.seal)
        self.gateway_admin = Gateways(self.committer, self.reads, gateways.router)
        self._budgets = Budgets(slo, self.reads, BudgetSaver(self.line.desk, self.line.leader))
        self._readers, self._inbox_loops = self._make_readers()
        self._loops = [*self._make_loops(), *self.line.loops, self._budgets.loop, *self._inbox_loops.values()]

    @classmethod
    async def start(cls, settings: Settings, dsn: str) -> Self:
        """Connect to the migrated database at `dsn` and begin the background work."""
        engine = await cls.open(settings, dsn)
        await engine._gateways.require_keys()
        engine.observing.start(tuple(engine.gateways))
        engine.observing.add(engine._budgets, *JUDGED)
        for loop in engine._loops:
            loop.start()
        return engine

    @classmethod
    async def open(cls, settings: Settings, dsn: str) -> Self:
        """Connect, and do nothing that is not asked for."""
        store = await PostgresStore.open(dsn, connections=settings.connections)
        keyrings = PostgresKeyrings(store.pool)
        front = Front(
            await open_identity(settings, keyrings),
            await open_guard(settings, keyrings),
            await open_keys(settings, keyrings),
            await open_console_sessions(settings, keyrings),
        )
        engine = cls(settings, store, await open_gateways(settings, dsn), front, dsn)
        await engine.gateway_admin.follow()
        await engine.keys.known.follow()
        return engine

    def _make_readers(self) -> tuple[dict[str, ReadInbox], dict[str, Loop]]:
        """What reads each gateway's messages, and the loops that call it."""
        readers = {
            name: ReadInbox(gateway, self.inbox, self.purchase, self.refunds) for name, gateway in self.gateways.items()
        }
        return readers, {name: Loop(reader, INBOX_EVERY_S) for name, reader in readers.items()}

    def _make_reconciliation(self, found: PostgresFindings, dsn: str) -> Reconcile:
        settings = self._settings
        return Reconcile(
            self.committer,
            self.reads,
            found,
            self.purchase,
            self.gateways,
            partial(leading, dsn),
            Pace(settings.reconcile_after_s, timeout_s=settings.gateway_timeout_s),
        )

    def _make_loops(self) -> list[Loop]:
        kinds = dict(OWED_EVERY_S)
        if self._publisher is None:
            del kinds["deliver"]
        return [
            Loop(Expire(self.committer, self.reads), self._settings.expire_every_s),
            Loop(Sweep(self.committer, self.reads), SWEEP_EVERY_S),
            Loop(Forget(self.reads, self.inbox, self.series), FORGET_EVERY_S),
            Loop(self.reconcile, self._settings.reconcile_every_s),
            Loop(Seal(self.ledger), SEAL_EVERY_S),
            *self._watching_loops(),
            *self._identity.loops,
            *self.keys.loops,
            Loop(ForgetCarts(self._carts, self._settings.cart_days * 86_400.0), FORGET_CARTS_EVERY_S),
            Loop(Calls("drained", self.gateway_admin.follow), DRAINED_EVERY_S),
            Loop(self._record, RECORD_EVERY_S),
            Loop(Owed("refund", self.refunds, self.reads), REFUND_EVERY_S),
            *(Loop(Owed(kind, self.purchase, self.reads), every_s) for kind, every_s in kinds.items()),
        ]

    def _watching_loops(self) -> list[Loop]:
        if not self._settings.metrics:
            return []
        vitals, gateways = PostgresVitals(self._store.pool), tuple(self.gateways)
        survey = Survey(self.reads, vitals, self.inbox, self.reads, gateways, self.findings.state)
        return [
            Loop(Pulse(self._in_use), PULSE_EVERY_S),
            Loop(survey, self._settings.survey_every_s),
            Loop(KeepUp(self.reads, self._console.queries.keep_up), KEEP_UP_EVERY_S),
        ]

    def _in_use(self) -> InUse:
        pool = self._store.pool
        used = self._store.connections_used
        return InUse(self.committer.waiting, pool.get_size(), used, self.purchase.under_way)

    def metrics(self, elsewhere: Sequence[str] | None = None) -> Metrics:
        """What tells the metrics of this process."""
        exposition = self.observing.exposition
        return Metrics(None if exposition is None else exposition.text, elsewhere)

    def asgi(self, metrics_at: Sequence[str] | None = None) -> ASGIApp:
        """The HTTP application; `metrics_at` where several processes share its port."""
        return build_app(
            Dependencies(
                purchase=self.purchase,
                catalogue=self.catalogue,
                gateways=self.gateway_admin,
                ledger=self.ledger,
                findings=self.findings,
                refunds=self.refunds,
                disputes=self.disputes,
                line=self.line.line,
                line_keys=self.line.keys,
                line_desk=self.line.desk,
                grants=self.line.grants,
                webhooks=Webhooks(self.gateways, self.inbox, lambda name: self._inbox_loops[name].nudge()),
                gate=self.guard.gate,
                challenges=self.guard.challenges,
                challenge_handlers=self.guard.handlers,
                metrics=self.metrics(metrics_at),
                sessions=self._identity.sessions,
                carts=CartDesk(self._carts, self.reads, self._settings.cart_days * 86_400.0),
                customers=self._identity.customers,
                keys=self.keys.known,
                console=self._console.handlers(self.catalogue, self.line.desk, self.gateway_admin),
                console_sessions=self._console_sessions,
            ),
            storefront_keys=keys_of(self._settings.storefront_keys, "storefront_keys"),
            admin_keys=keys_of(self._settings.admin_keys, "admin_keys"),
            ready=self.reads.ready,
            echo=self._settings.echo,
            sandbox=self._gateways.act,
        )

    def part(self) -> None:
        """End what would never end by itself: the server is about to stop."""
        self._console.live.close()

    async def stop(self, grace_s: float) -> None:
        """Stop taking over, finish payments under way, commit what is queued; what is left, other processes do."""
        await asyncio.gather(*(loop.stop() for loop in self._loops))
        await asyncio.gather(*(reader.stop() for reader in self._readers.values()), self.line.leave())
        deadline_s = asyncio.get_running_loop().time() + grace_s
        await asyncio.gather(self.purchase.drain(grace_s), self.refunds.drain(grace_s))
        await self.committer.stop(max(0.1, deadline_s - asyncio.get_running_loop().time()))
        await self._record.finish()
        await self.keys.known.note_used()
        if self._publisher is not None:
            await self._publisher.close()
        await self.guard.close()
        await self._gateways.close()
        await self._store.close()
        self.observing.stop()


def require_sound(settings: Settings) -> None:
    """Raise the ConfigurationError for what the adapters would refuse, before anything is started."""
    publisher_of(settings)
    guard_of(settings, b"")
    entries_of(settings)
    require_sound_identity(settings)
    try:
        Principals(
            keys_of(settings.storefront_keys, "storefront_keys"),
            keys_of(settings.admin_keys, "admin_keys"),
        )
    except ValueError as error:
        raise ConfigurationError(detail=f"RACE_STOREFRONT_KEYS or RACE_ADMIN_KEYS: {error}.") from None
