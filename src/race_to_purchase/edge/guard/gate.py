"""What stands before every endpoint: room for one more, where a request comes from, and whether it comes too often."""

from __future__ import annotations

from collections import OrderedDict

from starlette.types import Scope

from race_to_purchase.edge.guard.address import Origin, Proxies
from race_to_purchase.edge.guard.busiest import Busiest
from race_to_purchase.edge.guard.limits import By, Exceeded, Limits
from race_to_purchase.edge.guard.load import Load, overloaded
from race_to_purchase.edge.guard.problems import limited
from race_to_purchase.edge.principals import Headers, Principal
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.guard import RequestLimited, RequestShed

WRONG_KEY = "key"
"""The limit on keys that nobody has, as it stands in the table."""
USERS_MAX = 4096
"""Holders of keys and their networks that are remembered."""

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
        self._users: OrderedDict[tuple[str, str], None] = OrderedDict()
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
        origin = None if by_server else self.origin(scope)
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

    def origin(self, scope: Scope) -> Origin:
        """Where a request comes from."""
        client = scope.get("client")
        return self._proxies.of(client[0] if client else None, scope["headers"])

    async def wrong_key(self, origin: Origin) -> None:
        """Count a key that nobody has; refused with 429 where its network has tried too many."""
        if "network" in self._limits.names(WRONG_KEY):
            await self._take(WRONG_KEY, {"network": origin.network})

    async def right_key(self, holder: str, origin: Origin) -> None:
        """A key that somebody has is refused, too, where too many wrong ones came from its network: else whoever
        guesses would know the right one by the answer. One that was used from there before goes on.
        """
        user = (origin.network, holder)
        if user in self._users or "network" not in self._limits.names(WRONG_KEY):
            return
        exceeded = await self._limits.look(WRONG_KEY, "network", origin.network)
        if exceeded is not None:
            self._turn_away(WRONG_KEY, exceeded)
        self._users[user] = None
        if len(self._users) > USERS_MAX:
            self._users.popitem(last=False)

    async def _take(self, route: str, keys: dict[By, str]) -> None:
        exceeded = await self._limits.take(route, keys)
        if exceeded is not None:
            self._turn_away(route, exceeded)

    def _turn_away(self, route: str, exceeded: Exceeded) -> None:
        emit(RequestLimited(route, exceeded.by, not self._log_only))
        if not self._log_only:
            raise limited(f"{route}.{exceeded.by}", exceeded.rate, exceeded.refusal)


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
