"""What stands before every endpoint: room for one more, where a request comes from, and whether it comes too often."""

from __future__ import annotations

from starlette.types import Scope

from race_to_purchase.edge.guard.address import Origin, Proxies
from race_to_purchase.edge.guard.busiest import Busiest
from race_to_purchase.edge.guard.limits import By, Exceeded, Limits
from race_to_purchase.edge.guard.load import Load, overloaded
from race_to_purchase.edge.guard.problems import limited
from race_to_purchase.edge.principals import Headers, Principal
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.guard import RequestLimited, RequestShed

DEVICE = b"race-device"
DEVICE_BYTES_MAX = 128
"""More of a device's key is not looked at."""


class Gate:
    """One for the whole process. `log_only`: what exceeds a limit is told of, and let through."""

    def __init__(
        self, proxies: Proxies, limits: Limits, load: Load, busiest: Busiest, *, log_only: bool = False
    ) -> None:
        self._proxies = proxies
        self._limits = limits
        self._log_only = log_only
        self.load = load
        self.busiest = busiest

    def require_room(self, route: str) -> None:
        """Refuse with 503 what there is no room for; asked before anything else is looked at."""
        if not self.load.has_room(route):
            emit(RequestShed(route))
            raise overloaded()

    async def admit(
        self, route: str, principal: Principal | None, buyer: str | None, headers: Headers, scope: Scope
    ) -> Origin | None:
        """Where the request comes from; refused with 429 where it comes too often.

        A storefront's servers speak for many people: where they are says nothing about any of them, so it is None.
        """
        by_server = principal is not None and principal.role == "storefront"
        origin = None if by_server else self._origin(scope)
        if origin is not None:
            self.busiest.count(origin.shown)
        names = self._limits.names(route)
        if names:
            await self._take(route, _keys(principal, buyer, headers, origin))
        return origin

    async def admit_ticket(self, route: str, ticket: str) -> None:
        """The same for a ticket, which is known only when the body has been read."""
        if "ticket" in self._limits.names(route):
            await self._take(route, {"ticket": ticket})

    async def admit_in_person(self, route: str, principal: Principal) -> None:
        """The same for a buyer in person, where only the body says that the request is theirs."""
        assert principal.browser is not None
        if self._limits.names(route):
            await self._take(route, {"session": principal.browser, "buyer": f"{principal.name}/{principal.buyer}"})

    async def _take(self, route: str, keys: dict[By, str]) -> None:
        exceeded = await self._limits.take(route, keys)
        if exceeded is not None:
            self._turn_away(route, exceeded)

    def _turn_away(self, route: str, exceeded: Exceeded) -> None:
        emit(RequestLimited(route, exceeded.by, not self._log_only))
        if not self._log_only:
            raise limited(f"{route}.{exceeded.by}", exceeded.rate, exceeded.refusal)

    def _origin(self, scope: Scope) -> Origin:
        client = scope.get("client")
        return self._proxies.of(client[0] if client else None, scope["headers"])


def _keys(principal: Principal | None, buyer: str | None, headers: Headers, origin: Origin | None) -> dict[By, str]:
    """What a request counts for, the strictest first: who is over their own limit takes nothing from those with whom
    they share a network.
    """
    found: dict[By, str] = {}
    device = headers.get(DEVICE)
    if device is not None:
        found["device"] = device[:DEVICE_BYTES_MAX].decode("latin-1")
    if principal is not None:
        if principal.browser is not None:
            found["session"] = principal.browser
        if buyer is not None:
            # Two storefronts may have a buyer of the same name each.
            found["buyer"] = f"{principal.name}/{buyer}"
        if origin is None:
            found["storefront"] = principal.name
    if origin is not None:
        found["network"] = origin.network
    return found
