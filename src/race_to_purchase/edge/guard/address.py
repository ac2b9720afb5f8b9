"""Whom a request comes from, as far as the network can tell: never guessed, and believed only of configured proxies.

Anyone can write `X-Forwarded-For`. So the header is read only where the other end of the connection is a trusted proxy,
and then from its right end: each trusted proxy vouches for the address before its own, and the first that is not
trusted is the client. What stands left of it is the client's own claim. Where the vouched part cannot be read, the
proxy itself is the client: a forged entry never gives a fresh address.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_network
from typing import Literal

import msgspec

Header = Literal["x-forwarded-for", "forwarded"]

UNIX = "unix"
"""How a trusted list names a peer without an address: a proxy on a Unix socket."""

HEADER_BYTES_MAX = 2048
"""A longer list was not written by proxies alone; only its right end is read."""

_REMEMBERED = 8192
_IPV4_BYTES = 4
_MAPPED = bytes(10) + b"\xff\xff"
"""Before an IPv4 address that is written as one of IPv6."""
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^\s;"]*))\s*(?=;|$)', re.IGNORECASE)
_PORT = re.compile(r"(?:\d{1,5}|_[A-Za-z0-9._-]{1,64})")


class Origin(msgspec.Struct, frozen=True):
    """`network` is what limits are kept by: an IPv4 address, or the /64 of an IPv6 one, which one household has.

    `proxied`: a trusted proxy has passed the request on, so that its other headers may be believed, too. `shown` is
    what operators see of it: a /24 or a /48, which is nobody's in particular.
    """

    address: str
    network: str
    proxied: bool = False
    shown: str = UNIX


class Proxies:
    """The proxies that are trusted, and the header they write; ValueError where a network is none."""

    def __init__(self, trusted: Iterable[str] = (), header: Header = "x-forwarded-for") -> None:
        named = [name.strip() for name in trusted]
        self._unix = UNIX in named
        networks = [ip_network(name) for name in named if name and name != UNIX]
        self._networks = tuple((len(one[0].packed), int(one.netmask), int(one[0])) for one in networks)
        self._header = header.encode("ascii")
        self.origin = lru_cache(maxsize=_REMEMBERED)(self._origin)

    def of(self, peer: str | None, headers: Sequence[tuple[bytes, bytes]]) -> Origin:
        """The origin of a request from `peer` (None: a Unix socket); all lines of the header count, in their order."""
        if not self._networks and not self._unix:
            return self.origin(peer, b"")
        lines = [value for name, value in headers if name == self._header]
        return self.origin(peer, b",".join(lines)[-HEADER_BYTES_MAX:])

    def _origin(self, peer: str | None, listed: bytes) -> Origin:
        here = _address(peer) if peer is not None else None
        if here is None:
            if peer is not None or not self._unix:
                return Origin(UNIX, UNIX)
        elif not self._trusts(here):
            return _of(here, proxied=False)
        found = here
        for text in reversed(self._hops(listed)):
            hop = _address(text)
            if hop is None:
                break
            found = hop
            if not self._trusts(hop):
                break
        return Origin(UNIX, UNIX, proxied=True) if found is None else _of(found, proxied=True)

    def _trusts(self, packed: bytes) -> bool:
        size, number = len(packed), int.from_bytes(packed, "big")
        return any(size == its_size and number & mask == first for its_size, mask, first in self._networks)

    def _hops(self, listed: bytes) -> list[str]:
        elements = listed.decode("latin-1").split(",")
        if self._header == b"x-forwarded-for":
            return elements
        return [_for_of(element) for element in elements]


def _for_of(element: str) -> str:
    """The `for` of one element of Forwarded (RFC 7239); what is not exactly one is no address."""
    found = _FOR.findall(element)
    return found[0][0] or found[0][1] if len(found) == 1 else ""


def _address(text: str) -> bytes | None:
    """The bytes of an address, which may have a port and brackets; None for what is none, as `unknown` or `_hidden`."""
    text = text.strip()
    if text.startswith("["):
        text, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not (rest[0] == ":" and _PORT.fullmatch(rest[1:]))):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _PORT.fullmatch(port):
            return None
    # A zone, as in fe80::1%eth0, means something on one machine alone.
    text = text.partition("%")[0]
    try:
        # The system's own reading takes a tenth of the time of `ipaddress`, and there is one for every new client.
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        return socket.inet_pton(socket.AF_INET6, text).removeprefix(_MAPPED)
    except (OSError, ValueError):
        return None


def _of(packed: bytes, *, proxied: bool) -> Origin:
    if len(packed) == _IPV4_BYTES:
        address = socket.inet_ntop(socket.AF_INET, packed)
        return Origin(address, address, proxied, f"{address.rpartition('.')[0]}.0/24")
    return Origin(_six(packed), f"{_six(packed[:8])}/64", proxied, f"{_six(packed[:6])}/48")


def _six(packed: bytes) -> str:
    """The IPv6 address that begins like this, and goes on with zeros."""
    return socket.inet_ntop(socket.AF_INET6, packed.ljust(16, b"\0"))
