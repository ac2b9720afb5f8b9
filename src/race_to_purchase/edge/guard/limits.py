"""What may be asked how often: one table, a row a route, and the memory of each limit.

Strict limits are kept by what is dear to come by: a buyer, a session, a ticket, a device key. The network's is loose,
since thousands of people may share one address behind their provider's translation: it is a ceiling for floods, not a
judgement of anybody. A storefront's own servers have a limit of their own, and none by network.

Everything is kept in this process. With several workers a limit is that many times as high, until a store that all of
them share stands behind `Limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Literal, Protocol, get_args

import msgspec

from race_to_purchase.edge.guard.gcra import Rate, Refusal
from race_to_purchase.edge.guard.sketch import Sketch

By = Literal["storefront", "buyer", "session", "ticket", "device", "network"]
"""`buyer`: a customer, a guest, or whom a storefront names in `Race-Buyer`; `device`: the key in `Race-Device`."""

Route = str
Table = Mapping[Route, Mapping[By, Rate]]

WINDOW_S_MAX = 86_400.0
"""Of a configured limit: a day. Nothing is remembered for longer than a process lives."""

_STOREFRONT = Rate(600_000, 10.0)
_BUYER = Rate(30, 10.0)
_LOOKING = Rate(60, 10.0)
_NETWORK = Rate(1_200, 10.0)
_BEACONS = Rate(200, 10.0)
_SELDOM = Rate(10, 60.0)
_WRONG_KEYS = Rate(30, 60.0)

_BUYING: Mapping[By, Rate] = {
    "storefront": _STOREFRONT,
    "buyer": _BUYER,
    "session": _BUYER,
    "device": _BUYER,
    "network": _NETWORK,
}
_SEEING: Mapping[By, Rate] = {
    "storefront": _STOREFRONT,
    "buyer": _LOOKING,
    "session": _LOOKING,
    "network": _NETWORK,
}

LIMITS: Table = {
    "join": _BUYING,
    "pass": {**_BUYING, "ticket": _BUYER},
    "reserve": _BUYING,
    "pay": _BUYING,
    "return": _BUYING,
    "cancel": _BUYING,
    "checkout": _SEEING,
    "order": _SEEING,
    "drop": {"network": _NETWORK},
    "challenge": {"storefront": _STOREFRONT, "buyer": _BUYER, "session": _BUYER, "network": _NETWORK},
    "code": {"storefront": _STOREFRONT, "buyer": _SELDOM, "session": _SELDOM, "network": _NETWORK},
    "session": {"network": _NETWORK},
    "plain": {"network": _NETWORK},
    "rum": {"network": _BEACONS},
    "key": {"network": _WRONG_KEYS},
}
"""By the names that `routes` gives to what is asked; `key` counts keys that nobody has. What is not here has no limit:
the line's status, which caches answer, and what operators and gateways ask.
"""


class WrongLimit(ValueError):
    """A limit that was configured is none; the text says which."""


def configured(text: str, table: Table = LIMITS) -> Table:
    """The table with what `text` says instead, as in `join.network=600/60, reserve.storefront=off`.

    A limit is so many requests in so many seconds; WrongLimit for what is none.
    """
    changed: dict[Route, dict[By, Rate]] = {route: dict(limits) for route, limits in table.items()}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        route, _, by = name.strip().partition(".")
        found = next((one for one in get_args(By) if one == by), None)
        if route not in changed or found is None:
            raise WrongLimit(f"{name.strip()!r} names no limit: it is route.by, as in join.network")
        if value.strip() == "off":
            changed[route].pop(found, None)
        else:
            changed[route][found] = _rate(part, value)
    return changed


def _rate(part: str, value: str) -> Rate:
    quota, _, window_s = value.partition("/")
    try:
        if not float(window_s) <= WINDOW_S_MAX:
            raise ValueError
        return Rate(int(quota), float(window_s))
    except ValueError:
        raise WrongLimit(f"{part!r} says no rate: it is requests/seconds, as in 600/60, or off") from None


class Exceeded(msgspec.Struct, frozen=True, gc=False):
    """Which limit a request would have exceeded, and by how much."""

    by: By
    rate: Rate
    refusal: Refusal


class Limits(Protocol):
    """Where limits are kept. Asked of every request, so an adapter answers in microseconds, or lets pass."""

    def names(self, route: Route) -> Container[By]:
        """By what this route is limited; nothing where it is not."""
        ...

    async def take(self, route: Route, keys: Mapping[By, str]) -> Exceeded | None:
        """Count one request for each of these keys in turn, up to the first limit that it exceeds, and tell that."""
        ...

    async def look(self, route: Route, by: By, key: str) -> Exceeded | None:
        """What `take` would say of this one, without counting anything."""
        ...


class LimitsHere(Limits):
    """The limits of this process. `table` must not change afterwards; what it takes is fixed by the table alone."""

    def __init__(self, table: Table, now: Callable[[], float]) -> None:
        self._sketches = {
            route: {by: Sketch(rate, now) for by, rate in limits.items()} for route, limits in table.items()
        }

    def names(self, route: Route) -> Container[By]:
        """See Limits."""
        return self._sketches.get(route, ())

    async def take(self, route: Route, keys: Mapping[By, str]) -> Exceeded | None:
        """See Limits."""
        sketches = self._sketches[route]
        for by, key in keys.items():
            sketch = sketches.get(by)
            if sketch is not None:
                refusal = sketch.take(key)
                if refusal is not None:
                    return Exceeded(by, sketch.rate, refusal)
        return None

    async def look(self, route: Route, by: By, key: str) -> Exceeded | None:
        """See Limits."""
        sketch = self._sketches[route][by]
        refusal = sketch.look(key)
        return None if refusal is None else Exceeded(by, sketch.rate, refusal)
