"""What all processes have to agree on, in memory; see `ports.Keyrings`."""

from __future__ import annotations


class MemoryKeyrings:
    """Of one process, for as long as it lasts."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def settle(self, name: str, value: bytes) -> bytes:
        """See the port."""
        return self._kept.setdefault(name, value)

    async def read(self, name: str) -> bytes | None:
        """See the port."""
        return self._kept.get(name)

    async def replace(self, name: str, value: bytes) -> None:
        """See the port."""
        self._kept[name] = value
