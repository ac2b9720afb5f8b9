"""Whom a request comes from, as far as the network can tell: never guessed, and believed only of configured proxies.

Anyone can write `X-Forwarded-For`. So the header is read only where the other end of the connection is a trusted proxy,
and then from its right end: each trusted proxy vouches for the address before its own, and the first that is not
trusted is the client. What stands left of it is the client's own claim. Where the vouched part cannot be read, the
proxy itself is the client: a forged entry never gives a fresh address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import msgspec

Header = Literal["x-forwarded-for", "forwarded"]
Address = IPv4Address | IPv6Address

UNIX = "unix"
"""How a trusted list names a peer without an address: a proxy on a Unix socket."""

HEADER_BYTES_MAX = 2048
"""A longer list was not written by proxies alone; only its right end is read."""

_REMEMBERED = 8192
_IPV6_PREFIX = 64
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
        self._networks = tuple(ip_network(name) for name in named if name and name != UNIX)
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

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _hops(self, listed: bytes) -> list[str]:
        text = listed.decode("latin-1")
        if not text.strip():
            return []
        elements = text.split(",")
        if self._header == b"x-forwarded-for":
            return elements
        return [_for_of(element) for element in elements]


def _for_of(element: str) -> str:
    """The `for` of one element of Forwarded (RFC 7239); what is not exactly one is no address."""
    found = _FOR.findall(element)
    return found[0][0] or found[0][1] if len(found) == 1 else ""


def _address(text: str) -> Address | None:
    """An address, with or without its port and brackets; None where it is none, such as `unknown` or `_hidden`."""
    text = text.strip()
    if text.startswith("["):
        text, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not (rest[0] == ":" and _PORT.fullmatch(rest[1:]))):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _PORT.fullmatch(port):
            return None
    try:
        # A zone, as in fe80::1%eth0, means something on one machine alone.
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped if mapped is not None else found


def _of(address: Address, *, proxied: bool) -> Origin:
    if isinstance(address, IPv4Address):
        return Origin(str(address), str(address), proxied, str(IPv4Network((int(address), 24), strict=False)))
    network = IPv6Network((int(address), _IPV6_PREFIX), strict=False)
    return Origin(str(address), str(network), proxied, str(network.supernet(new_prefix=48)))
