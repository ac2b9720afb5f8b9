"""Where deliveries may go: to public addresses alone, unless the operator allows others.

The address of a webhook is a setting, so a mistake or a moved name must not turn the engine into a way into the network
that it runs in. What is checked is the very address that is about to be connected to, at every connection, so that a
name that answers differently the second time (DNS rebinding) gains nothing, nor does a way of writing an address.
"""

from __future__ import annotations

import errno
import socket
from ipaddress import IPv4Address, IPv6Network, ip_address

from aiohttp import AddrInfoType

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):
    """A connection to an address that deliveries may not go to; none was made."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; False for text that is no IP address.

    Of IPv6, only global unicast and NAT64 count; where an address leads to an IPv4 one, that has to be public, too.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    if parsed in _NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFF_FFFF)))
    inner = parsed.sixtofour
    return parsed in _GLOBAL_UNICAST and parsed.is_global and (inner is None or is_public(str(inner)))


def public_socket(address: AddrInfoType) -> socket.socket:
    """A socket for one resolved address, as aiohttp asks for it; AddressRefused if it is not public."""
    family, kind, protocol, _, where = address
    if not is_public(str(where[0])):
        raise AddressRefused(errno.EACCES, f"{where[0]} is no public address, and others are not allowed")
    return socket.socket(family, kind, protocol)
