"""The control API: what a rehearsal does to the gateway, and what it asks of it. JSON in, JSON out, under `/_control`.

It is no part of what Stripe speaks, knows no key, and stays up in every outage but a refusing one, for which it may
have a port of its own. Bodies must call themselves JSON, so that no web page in a browser can send one here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from race_to_purchase.gateways.simulator import audit, fate
from race_to_purchase.gateways.simulator.core import API_VERSION, Gateway
from race_to_purchase.gateways.simulator.delivery import Endpoint
from race_to_purchase.gateways.simulator.limits import Limits
from race_to_purchase.gateways.simulator.options import OptionRefused, require_webhook
from race_to_purchase.gateways.simulator.outage import Outage
from race_to_purchase.gateways.simulator.refusals import Refused, invalid
from race_to_purchase.gateways.simulator.rules import Rules

FAR = 2**62
Wanted = TypeVar("Wanted")


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Move the clock on."""

    advance_s: Annotated[float, Meta(ge=0)]


class Finish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How something ends that waits for somebody."""

    outcome: Literal["succeeded", "failed"]


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a dispute ends."""

    outcome: Literal["won", "lost"]


class Resend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send the message of an event once more."""

    event: str


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go from now on; null for nowhere."""

    endpoint: Endpoint | None


class Control:
    """Handlers over one gateway. `can_refuse` says whether this API can be reached while connections are refused."""

    def __init__(self, gateway: Gateway, *, can_refuse: bool) -> None:
        self._gateway = gateway
        self._can_refuse = can_refuse

    def routes(self) -> list[Route]:
        """Everything under `/_control`."""
        table: list[tuple[str, str, Callable[[Request], Awaitable[Any]]]] = [
            ("GET", "", self.about),
            ("GET", "/faults", self.faults),
            ("PUT", "/faults", self.replace_faults),
            ("POST", "/faults", self.add_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/limits", self.limits),
            ("PUT", "/limits", self.set_limits),
            ("PUT", "/outage", self.set_outage),
            ("POST", "/clock", self.advance),
            ("GET", "/webhooks", self.webhooks),
            ("PUT", "/webhooks", self.set_webhooks),
            ("POST", "/webhooks/resend", self.resend),
            ("POST", "/payment_intents/{id}/finish", self.finish_payment),
            ("POST", "/refunds/{id}/finish", self.finish_refund),
            ("POST", "/disputes", self.open_dispute),
            ("POST", "/disputes/{id}/resolve", self.resolve_dispute),
            ("GET", "/books", self.books),
            ("GET", "/audit", self.audit),
            ("GET", "/settlement.csv", self.settlement),
        ]
        return [Route(f"/_control{path}", _answering(run), methods=[method]) for method, path, run in table]

    async def about(self, _: Request) -> Any:
        """What this gateway is, and how it stands."""
        gateway = self._gateway
        records = dict(await gateway.audits.rows("count_records"))
        return {
            "seed": gateway.options.seed,
            "now": gateway.clock.now(),
            "clock_offset_s": gateway.clock.offset_s,
            "api_version": API_VERSION,
            "outage": gateway.weather.outage,
            "rate_limited": gateway.limiter.refused,
            "objects": {name: records.get(name, 0) for name in ("pi", "ch", "re", "du", "txn", "evt")},
            "webhooks_waiting": gateway.delivery.waiting,
        }

    async def faults(self, _: Request) -> Any:
        """The rules in force; `seen` and `struck` count by name."""
        faults = self._gateway.faults
        return {"rules": faults.rules.rules, "seen": dict(faults.seen), "struck": dict(faults.struck)}

    async def replace_faults(self, request: Request) -> Any:
        """Have these rules alone."""
        return await self._set_rules(request, keep=False)

    async def add_faults(self, request: Request) -> Any:
        """Have these rules as well."""
        return await self._set_rules(request, keep=True)

    async def clear_faults(self, request: Request) -> Any:
        """Have no rules."""
        await self._gateway.set_rules([], keep=False)
        return await self.faults(request)

    async def limits(self, _: Request) -> Any:
        """The limits in force."""
        return self._gateway.limiter.limits

    async def set_limits(self, request: Request) -> Any:
        """Have these limits alone."""
        self._gateway.limiter.set(await _read(request, Limits))
        return self._gateway.limiter.limits

    async def set_outage(self, request: Request) -> Any:
        """Go down, or come back."""
        outage = await _read(request, Outage)
        if outage.mode == "refuse" and outage.for_s is None and not self._can_refuse:
            raise invalid("Without a control port, say for_s: nobody could end this outage.", param="for_s")
        self._gateway.weather.set(outage)
        return outage

    async def advance(self, request: Request) -> Any:
        """Move the clock on, and do all that becomes due by it."""
        try:
            await self._gateway.advance((await _read(request, Advance)).advance_s)
        except ValueError as error:
            raise invalid(str(error), param="advance_s") from None
        return {"now": self._gateway.clock.now(), "clock_offset_s": self._gateway.clock.offset_s}

    async def webhooks(self, request: Request) -> Any:
        """Where messages go, how many went how, and the newest of them."""
        gateway = self._gateway
        rows = await gateway.audits.rows("list_deliveries", (_number(request, "limit", 100),))
        counts = await gateway.audits.rows("count_deliveries")
        names = ("delivery", "event", "subject", "form", "state", "due_at", "tries", "status")
        newest = [dict(zip(names, row, strict=True)) for row in rows]
        return {
            "endpoint": gateway.delivery.endpoint and gateway.delivery.endpoint.url,
            "events": gateway.delivery.endpoint and gateway.delivery.endpoint.events,
            "waiting": gateway.delivery.waiting,
            "true": {state: count for state, true, count in counts if true},
            "forged": {state: count for state, true, count in counts if not true},
            "deliveries": [{**one, "event": gateway.names.of("evt", one["event"])} for one in newest],
        }

    async def set_webhooks(self, request: Request) -> Any:
        """Send messages there from now on."""
        endpoint = (await _read(request, WebhookSettings)).endpoint
        try:
            if endpoint is not None:
                require_webhook(endpoint.url, endpoint.secret)
        except OptionRefused as error:
            raise invalid(str(error), param="endpoint") from None
        await self._gateway.set_endpoint(endpoint)
        return {"endpoint": endpoint and endpoint.url}

    async def resend(self, request: Request) -> Any:
        """Send the message of an event once more."""
        return await fate.send_again(self._gateway, (await _read(request, Resend)).event)

    async def finish_payment(self, request: Request) -> Any:
        """The buyer authenticated or did not; the bank made up its mind."""
        outcome = (await _read(request, Finish)).outcome
        return await fate.finish_payment(self._gateway, request.path_params["id"], outcome)

    async def finish_refund(self, request: Request) -> Any:
        """The buyer's bank took the money, or sent it back."""
        outcome = (await _read(request, Finish)).outcome
        return await fate.finish_refund(self._gateway, request.path_params["id"], outcome)

    async def open_dispute(self, request: Request) -> Any:
        """A buyer goes to the bank."""
        return await fate.open_dispute(self._gateway, await _read(request, fate.OpenDispute))

    async def resolve_dispute(self, request: Request) -> Any:
        """The bank decides."""
        outcome = (await _read(request, Resolve)).outcome
        return await fate.resolve_dispute(self._gateway, request.path_params["id"], outcome)

    async def books(self, request: Request) -> Any:
        """The money of each of the shop's references, page by page."""
        query = request.query_params
        cursor = audit.Cursor(
            query.get("after", ""),
            query.get("after_currency", ""),
            query.get("reference"),
            _number(request, "limit", 1000),
        )
        return await audit.books(self._gateway, cursor)

    async def audit(self, _: Request) -> Any:
        """The sums by currency, and where the books contradict themselves."""
        return {"totals": await audit.totals(self._gateway), "violations": await audit.violations(self._gateway)}

    async def settlement(self, request: Request) -> Any:
        """Movements of the balance as CSV; `from` and `to` in Unix seconds."""
        since, until = _number(request, "from", 0), _number(request, "to", FAR)
        return PlainTextResponse(await audit.settlement(self._gateway, since, until), media_type="text/csv")

    async def _set_rules(self, request: Request, *, keep: bool) -> Any:
        rules = (await _read(request, Rules)).rules
        try:
            await self._gateway.set_rules(rules, keep=keep)
        except ValueError as error:
            raise invalid(str(error), param="rules") from None
        return await self.faults(request)


def _answering(run: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            answer = await run(request)
        except Refused as refused:
            return Response(refused.body(), refused.status, media_type="application/json")
        if isinstance(answer, Response):
            return answer
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return handle


async def _read(request: Request, kind: type[Wanted]) -> Wanted:
    """The body as a value. Raises Refused, with the place that is wrong."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise invalid("The control API takes application/json.")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except ValueError as error:
        raise invalid(f"The body cannot be used: {error}") from None


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise invalid(f"{name} is a whole number.", param=name)
    return int(text)
