"""One process that answers HTTP on a listening socket, until it is told to stop.

`python -m race_to_purchase.app.worker` is how `serve` starts one; what it needs comes in one environment variable.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator

import msgspec
import uvicorn
from starlette.types import ASGIApp

from race_to_purchase.app.collector import calm_collector
from race_to_purchase.app.descriptors import clients_max
from race_to_purchase.app.engine import Engine
from race_to_purchase.edge.connection import http_protocol
from race_to_purchase.edge.guard.connections import Connections
from race_to_purchase.edge.metrics import metrics_app
from race_to_purchase.edge.plain.problem_pages import ProblemPages
from race_to_purchase.observe.logs import set_up
from race_to_purchase.settings import Settings

ORDERS = "RACE_WORKER_ORDERS"
"""Environment variable that holds a worker's Orders as JSON."""

log = logging.getLogger("race.worker")


class Orders(msgspec.Struct, frozen=True):
    """What a worker is told: its settings, the database, and the numbers of the socket and the pipe it inherits.

    Nothing is ever written into the pipe: it ends with the process that started the worker. `metrics_fd` is the socket
    at which this worker tells its metrics, `metrics_at` where all of them do.
    """

    settings: Settings
    dsn: str
    socket_fd: int
    parent_fd: int
    metrics_fd: int | None = None
    metrics_at: tuple[str, ...] = ()


class MetricsPort(msgspec.Struct, frozen=True):
    """Where this worker tells its metrics, besides the main port, and where all do; None for one that is alone."""

    listening: socket.socket | None = None
    all_at: tuple[str, ...] | None = None


ALONE = MetricsPort()


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: it would end the process before the engine has stopped."""

    serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `run_worker`."""
        yield


async def run_worker(
    settings: Settings,
    dsn: str,
    listening: socket.socket,
    ready: Callable[[], None] = lambda: None,
    parent_fd: int | None = None,
    metrics: MetricsPort = ALONE,
) -> None:
    """Serve until SIGTERM or SIGINT, or until `parent_fd` ends; calls `ready` once requests are answered."""
    engine = await Engine.start(settings, dsn)
    calm_collector()
    server = _server(engine.asgi(metrics.all_at), settings)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server, stopping)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    telling = _tell_metrics(engine, settings, metrics.listening)
    if parent_fd is not None:
        _stop_when_orphaned(parent_fd, server, stopping)
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, not an event
        await asyncio.sleep(0.01)
    if server.started:
        ready()
    await asyncio.wait([serving, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
    engine.part()
    deadline_s = loop.time() + settings.stop_grace_s
    await serving
    await engine.stop(grace_s=max(0.5, deadline_s - loop.time()))
    if telling is not None:
        telling.should_exit = True


def _tell_metrics(engine: Engine, settings: Settings, listening: socket.socket | None) -> _Server | None:
    """Serve the metrics of this worker alone, until the process ends: how it stops can be seen as well."""
    if listening is None:
        return None
    server = _server(metrics_app(engine.metrics()), settings)
    server.serving = asyncio.create_task(server.serve(sockets=[listening]))
    return server


def _server(app: ASGIApp, settings: Settings) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            loop="none",
            http=http_protocol(Connections(clients_max(settings.clients_max)), ProblemPages().alone),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=4096,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=max(1, round(settings.stop_grace_s)),
        )
    )


def _stop(server: _Server, stopping: asyncio.Event) -> None:
    """The first signal stops in order, the second one now."""
    server.force_exit = server.should_exit
    server.should_exit = True
    stopping.set()


def _stop_when_orphaned(parent_fd: int, server: _Server, stopping: asyncio.Event) -> None:
    """A worker whose `race serve` was killed would hold the port and decide on a database that is about to go.

    Its end of the pipe is closed by the system however it ends, at once, and even before this worker could look.
    """
    loop = asyncio.get_running_loop()

    def orphaned() -> None:
        loop.remove_reader(parent_fd)
        log.error("the process that started this worker is gone; stopping")
        _stop(server, stopping)

    loop.add_reader(parent_fd, orphaned)


def main() -> None:
    """Entry of a worker process."""
    orders = msgspec.json.decode(os.environ.pop(ORDERS), type=Orders)
    set_up(orders.settings.log, orders.settings.log_level)
    listening = socket.socket(fileno=orders.socket_fd)
    own = None if orders.metrics_fd is None else socket.socket(fileno=orders.metrics_fd)
    metrics = MetricsPort(own, orders.metrics_at)
    run(run_worker(orders.settings, orders.dsn, listening, parent_fd=orders.parent_fd, metrics=metrics))


def run(work: object) -> None:
    """Run a coroutine on uvloop where there is one."""
    assert asyncio.iscoroutine(work)
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


if __name__ == "__main__":
    main()
