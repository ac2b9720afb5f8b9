"""How a path becomes a route: its verbs behind what every request goes through."""

from __future__ import annotations

from starlette.routing import Route

from race_to_purchase.edge.cors import Cors, open_to_pages
from race_to_purchase.edge.endpoint import Endpoint, Verb
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.principals import Principals


class Paths:
    """Makes the route of a path from its verbs."""

    def __init__(self, principals: Principals, gate: Gate, cors: Cors | None) -> None:
        self._principals = principals
        self._gate = gate
        self._cors = cors

    def __call__(self, path: str, **verbs: Verb) -> Route:
        """`at("/v1/checkouts", post=Verb(…))`."""
        cors = self._cors if open_to_pages(path) else None
        return Route(path, Endpoint(self._principals, self._gate, cors, **verbs))
