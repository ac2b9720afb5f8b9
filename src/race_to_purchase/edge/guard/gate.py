"""What stands before every endpoint: room for one more, where a request comes from, and whether it comes too often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from starlette.types import Scope

from race_to_purchase.edge.guard.address import Origin, Proxies
from race_to_purchase.edge.guard.limits import By, Exceeded, Limits
from race_to_purchase.edge.guard.load import Load, overloaded
from race_to_purchase.edge.guard.problems import limited
from race_to_purchase.edge.principals import Headers, Principal

DEVICE = b"race-device"
DEVICE_BYTES_MAX = 128
"""More of a device's key is not looked at."""


class Turned(msgspec.Struct, frozen=True, gc=False):
    """A request that was turned away, for whoever counts; `enforced` is False where it was let through all the same."""

    route: str
    why: Literal["limit", "load"]
    by: By | None = None
    enforced: bool = True


class Gate:
    """One for the whole process. `log_only`: what exceeds a limit is told of, and let through."""

    def __init__(
        self, proxies: Proxies, limits: Limits, load: Load, tell: Callable[[Turned], None], *, log_only: bool = False
    ) -> None:
        self._proxies = proxies
        self._limits = limits
        self._tell = tell
        self._log_only = log_only
        self.load = load

    def require_room(self, route: str) -> None:
        """Refuse with 503 what there is no room for; asked before anything else is looked at."""
        if not self.load.has_room(route):
            self._tell(Turned(route, "load"))
            raise overloaded()

    async def admit(
        self, route: str, principal: Principal | None, buyer: str | None, headers: Headers, scope: Scope
    ) -> Origin | None:
        """Where the request comes from; refused with 429 where it comes too often.

        A storefront's servers speak for many people: where they are says nothing about any of them, so it is None.
        """
        by_server = principal is not None and principal.role == "storefront"
        origin = None if by_server else self._origin(scope)
        names = self._limits.names(route)
        if names:
            found: dict[By, str] = {}
            for by in names:
                key = _key(by, principal, buyer, headers, origin)
                if key:
                    found[by] = key
            await self._take(route, found)
        return origin

    async def admit_ticket(self, route: str, ticket: str) -> None:
        """The same for a ticket, which is known only when the body has been read."""
        if "ticket" in self._limits.names(route):
            await self._take(route, {"ticket": ticket})

    async def _take(self, route: str, keys: dict[By, str]) -> None:
        exceeded = await self._limits.take(route, keys)
        if exceeded is not None:
            self._turn_away(route, exceeded)

    def _turn_away(self, route: str, exceeded: Exceeded) -> None:
        self._tell(Turned(route, "limit", exceeded.by, enforced=not self._log_only))
        if not self._log_only:
            raise limited(f"{route}.{exceeded.by}", exceeded.rate, exceeded.verdict)

    def _origin(self, scope: Scope) -> Origin:
        client = scope.get("client")
        return self._proxies.of(client[0] if client else None, scope["headers"])


def _key(by: By, principal: Principal | None, buyer: str | None, headers: Headers, origin: Origin | None) -> str:
    """What a request counts for; empty where it has nothing of the kind."""
    if by == "network":
        return "" if origin is None else origin.network
    if by == "device":
        return headers.get(DEVICE, b"")[:DEVICE_BYTES_MAX].decode("latin-1")
    if principal is None:
        return ""
    if by == "storefront":
        return principal.name if principal.role == "storefront" else ""
    if by == "buyer":
        # Two storefronts may have a buyer of the same name each.
        return "" if buyer is None else f"{principal.name}/{buyer}"
    return getattr(principal, "browser", None) or ""
