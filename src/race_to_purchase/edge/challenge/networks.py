"""A list of networks from a file, such as those of data centres, looked up in a microsecond."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from pathlib import Path
from typing import Self

_REMEMBERED = 8192


class Networks:
    """Disjoint ranges, sorted; those of IPv4 and IPv6 apart."""

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        named = list(networks)
        fours = collapse_addresses(one for one in named if isinstance(one, IPv4Network))
        sixes = collapse_addresses(one for one in named if isinstance(one, IPv6Network))
        self._ranges: dict[int, tuple[list[int], list[int]]] = {}
        for version, ranges in ((4, list(fours)), (6, list(sixes))):
            firsts = [int(one.network_address) for one in ranges]
            self._ranges[version] = firsts, [int(one.broadcast_address) for one in ranges]
        self.holds = lru_cache(maxsize=_REMEMBERED)(self._holds) if named else _none

    @classmethod
    def of(cls, *networks: str) -> Self:
        """These networks; ValueError where one is none."""
        return cls(ip_network(network, strict=False) for network in networks)

    @classmethod
    def read(cls, path: Path) -> Self:
        """One network a line, `#` begins a comment; ValueError names the first line that is none, OSError the file."""
        found = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            text = line.partition("#")[0].strip()
            if text:
                try:
                    found.append(ip_network(text, strict=False))
                except ValueError:
                    raise ValueError(f"line {number} of {path} is no network: {text[:60]!r}") from None
        return cls(found)

    def _holds(self, address: str) -> bool:
        """Whether this address lies in one of the networks; False for what is no address."""
        try:
            asked = ip_address(address)
        except ValueError:
            return False
        firsts, lasts = self._ranges[asked.version]
        index = bisect_right(firsts, int(asked)) - 1
        return index >= 0 and int(asked) <= lasts[index]


def _none(_address: str) -> bool:
    """Nothing is in a list that is empty."""
    return False
