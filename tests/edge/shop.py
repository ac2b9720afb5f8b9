"""The real path, rules, committer and edge over rows in memory, behind a real server on the loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import uvicorn
import uvloop

from race_to_purchase.app.line import reveal, seal
from race_to_purchase.commit.committer import Committer
from race_to_purchase.edge.connection import http_protocol
from race_to_purchase.edge.console.handlers import ConsoleHandlers
from race_to_purchase.edge.console.live import Live
from race_to_purchase.edge.guard.connections import Connections
from race_to_purchase.edge.operator_sessions import ConsoleSessions
from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.plain.problem_pages import ProblemPages
from race_to_purchase.edge.reference.examples import DROP
from race_to_purchase.edge.routes import Dependencies, build_app
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.edge.webhooks import Webhooks
from race_to_purchase.observe.committed import Committed, committed
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.admin_keys import AdminKeys
from race_to_purchase.operate.console.acts import Acts
from race_to_purchase.operate.console.queries import ConsoleQueries
from race_to_purchase.operate.disputes import DisputeDesk
from race_to_purchase.operate.drops import Catalogue, DropState
from race_to_purchase.operate.findings import FindingsDesk
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.operate.grants import GrantDesk
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.path.line import Line
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.path.route import Router
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.signing import Keyring
from race_to_purchase.store.memory.admin_keys import MemoryAdminKeys
from race_to_purchase.store.memory.carts import MemoryCarts
from race_to_purchase.store.memory.findings import MemoryFindings
from race_to_purchase.store.memory.inbox import MemoryInbox
from race_to_purchase.store.memory.line import MemoryLineRows
from race_to_purchase.store.memory.store import MemoryStore
from tests.edge.bank import Bank
from tests.edge.door import Door
from tests.edge.login import Login
from tests.edge.wire import Client

STOREFRONT_KEY = "storefront-key-for-tests"
OTHER_STOREFRONT_KEY = "storefront-key-of-another"
ADMIN_KEY = "admin-key-for-tests"
OPERATOR_KEY = "operator-key-for-tests"
VIEWER_KEY = "viewer-key-for-tests"

SHOP_ORIGIN = "https://www.shop.example"
SESSION_KEYS = Keyring({1: b"1" * 32}, 1)
SESSION_S = 30 * 86_400
CONSOLE_IDLE_S = 1800

ANSWER_WAIT_S = 0.3


class WatchedCatalogue(Catalogue):
    """Counts how often a drop is looked up, and waits for `gate` first."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.looks = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def drop(self, drop_id: str) -> DropState | None:
        self.looks += 1
        await self.gate.wait()
        return await super().drop(drop_id)


class Shop:
    """`offset` moves the clock that decisions see, `failure` is what readiness finds, and `requests` are the ids of
    those that something was committed for.
    """

    def __init__(self) -> None:
        self.offset = timedelta()
        self.store = MemoryStore(lambda: datetime.now(UTC) + self.offset)
        self.bank = Bank()
        self.requests: list[str] = []
        committer = Committer(self.store, observe=self._note)
        patience = Patience(gateway_s=5.0, answer_s=ANSWER_WAIT_S, takeover_s=6.0)
        router = Router([PacedGateway(self.bank)])
        self.purchase = Purchase(committer, self.store, router.gateways, router, patience=patience)
        self.refunds = Refunds(committer, self.store, router.gateways, patience=patience)
        self.disputes = DisputeDesk(self.store)
        self.keys = Keyring({1: b"k" * 32}, 1)
        self.line_rows = MemoryLineRows(self.store.rows, lambda: datetime.now(UTC) + self.offset)
        self.line = Line(committer, self.line_rows, self.keys)
        self.catalogue = WatchedCatalogue(committer, self.store, partial(seal, self.keys))
        self.gateways = Gateways(committer, self.store, router)
        self.findings = FindingsDesk(committer, self.store, MemoryFindings(self.store.rows), after_s=300.0)
        self.inbox = MemoryInbox(self.store.rows, lambda: datetime.now(UTC) + self.offset)
        self.origins = Origins(frozenset({SHOP_ORIGIN}))
        self.session_keys = SESSION_KEYS
        self.login = Login()
        kept = MemoryCarts(lambda: datetime.now(UTC) + self.offset)
        self.admin_keys = AdminKeys(MemoryAdminKeys(lambda: datetime.now(UTC) + self.offset), ["shop", "other", "ops"])
        self.carts = CartDesk(kept, self.store, kept_s=30 * 86_400)
        self.nudged: list[str] = []
        self.webhooks = Webhooks(router.gateways, self.inbox, self.nudged.append)
        self.failure: Exception | None = None
        self.door = Door()

    def _note(self, batch: Sequence[Committed]) -> None:
        self.requests += [one.cause.request for one in batch]
        committed(batch)

    async def ready(self) -> None:
        """The readiness that the edge asks for."""
        if self.failure is not None:
            raise self.failure

    def look_each_time(self) -> None:
        """Have every question about a line look anew: the clock of a test jumps by hours."""
        self.line._looks.fresh_s = -1.0

    def sessions(self) -> Sessions:
        """Buyers' sessions; like the others', their clock moves with `offset`."""
        return Sessions(
            self.session_keys,
            self.origins,
            lifetime_s=SESSION_S,
            clock=self.now_s,
        )

    def console(self) -> ConsoleHandlers:
        """The console, for who may do what; what it reads is shown on PostgreSQL, in tests/console."""
        rows: Any = None
        queries = ConsoleQueries(self.store, rows, rows, list, list, Slo())
        lines = LineDesk(self.line._committer, self.line_rows, partial(reveal, self.keys))
        acts = Acts(self.store, self.catalogue, lines, self.gateways)
        return ConsoleHandlers(queries, acts, self.catalogue, Live(queries.overview, "shop"))

    def now_s(self) -> float:
        """The clock of sessions and tokens."""
        return (datetime.now(UTC) + self.offset).timestamp()

    def app(self, **options: Any) -> Any:
        """The ASGI application."""
        return build_app(
            Dependencies(
                purchase=self.purchase,
                catalogue=self.catalogue,
                gateways=self.gateways,
                ledger=self.store,
                findings=self.findings,
                webhooks=self.webhooks,
                refunds=self.refunds,
                disputes=self.disputes,
                gate=self.door.gate,
                challenges=self.door.challenges,
                challenge_handlers=self.door.handlers,
                sessions=self.sessions(),
                carts=self.carts,
                keys=self.admin_keys,
                line=self.line,
                line_keys=self.keys,
                grants=GrantDesk(self.line._committer, self.line_rows, self.keys),
                line_desk=LineDesk(self.line._committer, self.line_rows, partial(reveal, self.keys)),
                customers=self.login.customers(self.now_s),
                console=self.console(),
                console_sessions=ConsoleSessions(self.session_keys, idle_s=CONSOLE_IDLE_S, clock=self.now_s),
            ),
            storefront_keys={"shop": STOREFRONT_KEY, "other": OTHER_STOREFRONT_KEY},
            admin_keys={"ops": ADMIN_KEY, "night/operator": OPERATOR_KEY, "wall/viewer": VIEWER_KEY},
            ready=self.ready,
            **options,
        )


def a_definition(**changes: Any) -> Drop:
    """The drop of the reference, open since an hour."""
    opened = {"opens_at": datetime.now(UTC) - timedelta(hours=1), "closes_at": None}
    return msgspec.convert({**DROP, **opened, **changes}, Drop)


class Prompt(uvicorn.Server):
    """Stops within milliseconds where nobody is connected any more: uvicorn waits two tenths of a second in any case.

    Hundreds of tests have a server of their own.
    """

    async def main_loop(self) -> None:
        await self.on_tick(0)
        while not self.should_exit:
            await asyncio.sleep(0.005)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        await self.lifespan.shutdown()


class Server:
    """A uvicorn on a free port, in a thread with an event loop of its own."""

    def __init__(
        self, make_app: Callable[[], Any], grace_s: int = 5, keep_alive_s: int = 5, clients_max: int = 1000
    ) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._make_app = make_app
        self._grace_s = grace_s
        self._connections = Connections(clients_max)
        self._keep_alive_s = keep_alive_s
        self._server: uvicorn.Server | None = None
        self._started = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._started.wait(20), "the server did not start"
        return self

    def begin_stop(self) -> None:
        """Ask the server to stop, as SIGTERM does."""
        assert self._server is not None
        self._server.should_exit = True

    def __exit__(self, *_: object) -> None:
        self.begin_stop()
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive(), "the server did not stop"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self.loop = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        config = uvicorn.Config(
            self._make_app(),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            http=http_protocol(self._connections, ProblemPages().alone),
            ws="none",
            timeout_keep_alive=self._keep_alive_s,
            timeout_graceful_shutdown=self._grace_s,
        )
        self._server = Prompt(config)
        server = asyncio.create_task(self._server.serve([self._socket]))
        while not self._server.started and not server.done():
            await asyncio.sleep(0.001)
        self._started.set()
        await server

    def do(self, work: Callable[[], Awaitable[Any] | Any]) -> Any:
        """Call `work` in the server's own event loop, and give what it gives."""
        assert self.loop is not None

        async def run() -> Any:
            done = work()
            return await done if asyncio.iscoroutine(done) else done

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def client(self, key: str | None = None) -> Client:
        """A client with this key on a connection of its own."""
        return Client(self.port, key)
