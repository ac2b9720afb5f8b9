"""The gateway's doors: the address where it speaks Stripe's API, a second one for the control API alone, and signals.

While connections are refused the address stays ours, bound but not listening, so that nobody takes it meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.gateways.simulator.core import Gateway
from race_to_purchase.gateways.simulator.options import GatewayOptions, require_sound
from race_to_purchase.gateways.simulator.outage import Outage
from race_to_purchase.gateways.simulator.routes import application
from race_to_purchase.gateways.simulator.wires import Door, Wires

ANNOUNCING_S = 0.05


class GatewayAddressTaken(ConfigurationError):
    """The gateway simulator cannot listen on port {port} of {host}: {reason}. Pass another one with --port."""

    code = "gateway_address"


class Listening(msgspec.Struct, frozen=True):
    """Where a running gateway is reached."""

    url: str
    control_url: str


def run_gateway(options: GatewayOptions, started: Callable[[Listening], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; `started` is called once requests are answered, and says so by default.

    Returns 0. Raises ConfigurationError where it cannot start.
    """
    require_sound(options)
    work = _run(options, started or _greet)
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)
    return 0


class Server:
    """A gateway and its doors, for one event loop."""

    def __init__(self, options: GatewayOptions) -> None:
        self._options = options
        self._wires = Wires()
        self._main: Door | None = None
        self._control: Door | None = None
        self._turn = asyncio.Lock()
        self._moving: set[asyncio.Task[None]] = set()

    async def start(self) -> Listening:
        """Open the books, then the doors. Raises ConfigurationError."""
        options = self._options
        self._socket = bind(options.host, options.port)
        second = None if options.control_port is None else bind(options.host, options.control_port)
        self.gateway = Gateway(options)
        self.gateway.url = _url(self._socket)
        await self.gateway.start()
        self.gateway.weather.changed = self._weather_changed
        self._app = application(self.gateway, self._wires, can_refuse=second is not None)
        listening = Listening(self.gateway.url, self.gateway.url if second is None else _url(second))
        if second is not None:
            self._control = await self._open(second)
        self._main = await self._open(self._socket)
        return listening

    async def stop(self) -> None:
        """Close the doors, finish what was begun, close the books."""
        self.gateway.weather.set(Outage("none"))
        await asyncio.gather(*self._moving)
        await asyncio.gather(*(door.shut() for door in (self._main, self._control) if door is not None))
        await self.gateway.stop()
        self._socket.close()

    async def _open(self, listening: socket.socket) -> Door:
        door = Door(self._app, self._wires.protocol())
        await door.open(listening)
        return door

    def _weather_changed(self, _: Outage) -> None:
        moving = asyncio.create_task(self._move_door())
        self._moving.add(moving)
        moving.add_done_callback(self._moving.discard)

    async def _move_door(self) -> None:
        """Have the main door as the weather wants it."""
        async with self._turn:
            refusing = self.gateway.weather.outage.mode == "refuse"
            if refusing and self._main is not None:
                # The answer that announced the outage has to be out before its connection is cut.
                await asyncio.sleep(ANNOUNCING_S)
                door, self._main = self._main, None
                await door.slam(lambda: self._wires.cut_all(self._port()))
                self._socket = bind(self._options.host, self._port())
            elif not refusing and self._main is None:
                self._main = await self._open(self._socket)

    def _port(self) -> int:
        return int(self.gateway.url.rpartition(":")[2])


def bind(host: str, port: int) -> socket.socket:
    """A socket that has the address, and does not listen yet. Raises GatewayAddressTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        raise GatewayAddressTaken(host=host, port=port, reason=error.strerror or str(error)) from None
    return taken


async def _run(options: GatewayOptions, started: Callable[[Listening], None]) -> None:
    server = Server(options)
    listening = await server.start()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on an event loop.
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    started(listening)
    await stopping.wait()
    await server.stop()


def _greet(listening: Listening) -> None:
    sys.stdout.write(f"gateway simulator at {listening.url}, control API at {listening.control_url}/_control\n")
    sys.stdout.flush()


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
