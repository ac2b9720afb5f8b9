"""The sockets of `race serve`: opened before anything else is started, and what is said where that cannot be."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings import Settings

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""The addresses that stand for all of a machine's. Nothing is reached by them, but by its loopback beside each."""


class PortInUse(ConfigurationError):
    """Port {port} of {host} is already in use. Stop what uses it, or choose another one with {setting}."""

    code = "port_in_use"


class PortForbidden(ConfigurationError):
    """This account may not listen on port {port} of {host}; ports below 1024 need a privilege on most systems. Choose
    another one with {setting}."""

    code = "port_forbidden"


class AddressNotHere(ConfigurationError):
    """Cannot listen on {host}: {reason}. Choose an address of this machine with {setting}."""

    code = "address_not_here"


class Ports(msgspec.Struct, frozen=True):
    """The sockets that are held while serving: that of the shop, and one a worker for its metrics."""

    main: socket.socket
    metrics: tuple[socket.socket, ...] = ()


def listen(host: str, port: int, where: tuple[str, str] = ("--host", "--port")) -> socket.socket:
    """A socket that takes connections from now on; PortInUse, PortForbidden or AddressNotHere.

    `where` is what says host and port, so that the error says what to change.
    """
    by_host, by_port = where
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressNotHere(host=host, reason=error.strerror, setting=by_host) from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(4096)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=port, host=host, setting=by_port) from None
        if error.errno == errno.EACCES:
            raise PortForbidden(port=port, host=host, setting=by_port) from None
        raise AddressNotHere(host=host, reason=error.strerror, setting=by_host) from None
    listening.set_inheritable(True)
    return listening


def metrics_ports(settings: Settings) -> Iterator[socket.socket]:
    """A port for each worker, held here, so that one that is started again finds its own."""
    if settings.metrics and settings.metrics_port:
        for number in range(settings.workers):
            where = ("RACE_METRICS_HOST", "RACE_METRICS_PORT")
            yield listen(settings.metrics_host, settings.metrics_port + number, where)


def address(listening: socket.socket) -> str:
    """Where a browser or a command of this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    host = ANY.get(host, host)
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def everywhere(listening: socket.socket) -> bool:
    """Whether the socket listens on every address of this machine."""
    return listening.getsockname()[0] in ANY
