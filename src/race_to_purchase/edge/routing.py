"""Starlette's routing, which remembers where a path has led: during a sale nearly all requests ask for the same few."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

KNOWN_MAX = 1024
"""Paths that are remembered; whoever makes up more of them makes us forget, and look again."""
LENGTH_MAX = 256
"""Of a path that is remembered; none of a real drop comes near it."""

Place = tuple[ASGIApp, dict[str, str]]


class Remembering(Router):
    """Of routes that take every method, in the order given; `default` gets what is none of theirs."""

    def __init__(self, routes: Sequence[Route], default: ASGIApp) -> None:
        super().__init__(routes, redirect_slashes=False, default=default)
        self._known: dict[str, Place] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entrance."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        place = self._known.get(scope["path"]) or self._look(scope)
        if place is None:
            await self.default(scope, receive, send)
            return
        endpoint, scope["path_params"] = place
        await endpoint(scope, receive, send)

    def _look(self, scope: Scope) -> Place | None:
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.FULL and isinstance(route, Route):
                place = route.app, found["path_params"]
                # A path with an id in it is asked for once or twice.
                if place[1].keys() <= {"drop"} and len(scope["path"]) <= LENGTH_MAX:
                    self._remember(scope["path"], place)
                return place
        return None

    def _remember(self, path: str, place: Place) -> None:
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[path] = place
