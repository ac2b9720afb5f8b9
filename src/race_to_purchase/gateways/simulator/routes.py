"""Every address of the gateway, and what keeps the weather out: the ASGI application behind its doors."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from race_to_purchase.gateways.simulator.api import Api
from race_to_purchase.gateways.simulator.control import Control
from race_to_purchase.gateways.simulator.core import Gateway
from race_to_purchase.gateways.simulator.operations import OPERATIONS, Operation
from race_to_purchase.gateways.simulator.outage import Weather
from race_to_purchase.gateways.simulator.page import Page
from race_to_purchase.gateways.simulator.wires import Wires


def application(gateway: Gateway, wires: Wires, *, can_refuse: bool) -> ASGIApp:
    """All that is served. `can_refuse` says whether the control API has a door of its own."""
    api, page = Api(gateway, wires), Page(gateway)
    routes = [Route(each.path, _endpoint(api, each), methods=[each.method]) for each in OPERATIONS]
    routes += Control(gateway, can_refuse=can_refuse).routes()
    routes.append(Route("/authenticate/{id}", page.show, methods=["GET"]))
    routes.append(Route("/authenticate/{id}", page.answer, methods=["POST"]))
    routes.append(Route("/{rest:path}", api.unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]))
    return _Storm(Starlette(routes=routes), gateway.weather, wires)


def _endpoint(api: Api, operation: Operation) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        return await api.serve(request, operation)

    return handle


class _Storm:
    """Keeps what was asked of a gateway that is down from ever being done; the control API goes past it."""

    def __init__(self, app: ASGIApp, weather: Weather, wires: Wires) -> None:
        self._app, self._weather, self._wires = app, weather, wires

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        mode = self._weather.outage.mode
        if mode == "none" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        if mode == "hang":
            await self._weather.fair()
        await self._wires.cut(scope, receive)
