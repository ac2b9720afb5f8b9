"""Every address of the gateway, and what keeps the weather out: the ASGI application behind its doors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute, Route, Router
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
    routes: list[BaseRoute] = [Route(each.path, _Endpoint(api, each), methods=[each.method]) for each in OPERATIONS]
    routes += Control(gateway, can_refuse=can_refuse).routes()
    routes.append(Route("/authenticate/{id}", page.show, methods=["GET"]))
    routes.append(Route("/authenticate/{id}", page.answer, methods=["POST"]))
    routes.append(Route("/{rest:path}", _Nowhere(api)))
    return _Storm(Router(routes, redirect_slashes=False), gateway.weather, wires)


class _Endpoint:
    """One operation as an ASGI application, without the layers that a web site needs between it and the server."""

    def __init__(self, api: Api, operation: Operation) -> None:
        self._api, self._operation = api, operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        answer = await self._api.serve(Request(scope, receive), self._operation)
        await answer(scope, receive, send)


class _Nowhere:
    """Every other address, whatever the method."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        answer = self._api.unknown(Request(scope, receive))
        await answer(scope, receive, send)


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
