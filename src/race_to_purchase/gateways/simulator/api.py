"""The way of a request through the gateway: outage, key, limiter, faults, idempotency, operation, answer.

The order is Stripe's. The limiter stands before the idempotency layer, so a 429 is never remembered; parameters are
judged before it, so a misspelt request is not remembered either; whatever comes of an operation that has begun is, a
5xx included, in the transaction that did it.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from race_to_purchase.gateways.simulator import form, params, refusals
from race_to_purchase.gateways.simulator.books import Answer
from race_to_purchase.gateways.simulator.call import Call, Reply, new_request_id, read_call, require_key
from race_to_purchase.gateways.simulator.core import API_VERSION, Gateway
from race_to_purchase.gateways.simulator.expansion import Find, expand
from race_to_purchase.gateways.simulator.faults import CallPlan
from race_to_purchase.gateways.simulator.lists import Shelf
from race_to_purchase.gateways.simulator.operations import Operation
from race_to_purchase.gateways.simulator.refusals import Refused
from race_to_purchase.gateways.simulator.strange import Broken, garbled
from race_to_purchase.gateways.simulator.unit_of_work import Origin, UnitOfWork
from race_to_purchase.gateways.simulator.wires import Wires

log = logging.getLogger("race.gateway")


class Api:
    """Carries out requests; `busy` are the keys whose first request is still under way."""

    def __init__(self, gateway: Gateway, wires: Wires) -> None:
        self._gateway = gateway
        self._wires = wires
        self._busy: set[str] = set()

    def unknown(self, request: Request) -> Response:
        """What is answered where nothing is served."""
        return _response(_told(refusals.unknown_url(request.method, request.scope["path"])), new_request_id(), None)

    async def serve(self, request: Request, operation: Operation) -> Response:
        """Answer one request, or break its connection."""
        request_id = new_request_id()
        call: Call | None = None
        try:
            require_key(request.headers, self._gateway.options.api_key)
            if reason := self._gateway.limiter.refuse(operation.name):
                return _refusal(refusals.rate_limited(), request_id, reason)
            call = await read_call(request, request_id)
            plan = self._gateway.faults.for_call(operation.name)
            if plan.limited is not None:
                return _limited(plan.limited.code, request_id)
            return await self._with_key(request, operation, call, plan)
        except Refused as refused:
            return _response(_told(refused), request_id, call)
        except Exception:
            log.exception("%s could not be carried out", operation.name)
            return _response(_told(refusals.broken()), request_id, call)

    async def _with_key(self, request: Request, operation: Operation, call: Call, plan: CallPlan) -> Response:
        """Hold the key while the request is under way; another one with it is told so."""
        if call.key is not None:
            if call.key in self._busy:
                raise refusals.key_in_use(call.key)
            self._busy.add(call.key)
        try:
            if plan.wait_before_s:
                await asyncio.sleep(plan.wait_before_s)
            if plan.cut_before:
                return Broken(self._wires)
            if plan.error_before is not None and not plan.error_before.stored:
                raise refusals.broken(plan.error_before.status)
            reply = await self._carry_out(request, operation, call, plan)
        finally:
            self._busy.discard(call.key or "")
        if plan.wait_after_s:
            await asyncio.sleep(plan.wait_after_s)
        if plan.cut_after:
            return Broken(self._wires)
        answer = _response(reply, call.request_id, call)
        return answer if plan.garbage is None else garbled(plan.garbage, answer, self._wires)

    async def _carry_out(self, request: Request, operation: Operation, call: Call, plan: CallPlan) -> Reply:
        name = request.path_params.get("id", "")
        if operation.run is None:
            ask = params.read(operation.params, form.tree(call.fields))
            assert isinstance(ask, params.Listing), "an operation that is not run is a list"
            page = partial(_page, ask, request.scope["path"])
            return Reply(200, await self._gateway.lists.read(page))
        work = _Work(operation, name, call, plan)
        return await self._gateway.transact(work, Origin(call.request_id, call.key))


class _Work:
    """What is done in the transaction: look whether it was done before, do it, remember the answer."""

    def __init__(self, operation: Operation, name: str, call: Call, plan: CallPlan) -> None:
        self._operation, self._name, self._call, self._plan = operation, name, call, plan

    def __call__(self, unit: UnitOfWork) -> Reply:
        """Raises Refused for what is not to be remembered, and what was written by then is undone."""
        call = self._call
        before = None if call.key is None else unit.books.answer(call.key, unit.now_s)
        if before is not None:
            return _again(call, before)
        ask = params.read(self._operation.params, form.tree(call.fields))
        reply = self._run(unit, ask)
        if call.key is not None:
            answer = Answer(call.endpoint, call.fingerprint, reply.status, reply.body, call.request_id, unit.now_s)
            unit.books.remember(call.key, answer)
            reply = msgspec.structs.replace(reply, remembered=True)
        return reply

    def _run(self, unit: UnitOfWork, ask: params.Asked) -> Reply:
        assert self._operation.run is not None, "lists are not run"
        if self._plan.error_before is not None:
            return _told(refusals.broken(self._plan.error_before.status))
        try:
            reply = Reply(200, _expanded(self._operation.run(unit, ask, self._name), ask.expand, unit.books.body))
        except Refused as refused:
            if not refused.stored:
                raise
            reply = _told(refused)
        return reply if self._plan.error_after is None else _told(refusals.broken(self._plan.error_after.status))


def _page(ask: params.Listing, url: str, shelf: Shelf) -> bytes:
    return _expanded(shelf.page(ask, url), ask.expand, shelf.body)


def _expanded(answer: Any, paths: list[str], find: Find) -> bytes:
    return msgspec.json.encode(expand(answer, paths, find) if paths else answer)


def _told(refused: Refused) -> Reply:
    return Reply(refused.status, refused.body())


def _again(call: Call, before: Answer) -> Reply:
    """The first answer once more. Raises Refused where the key came with another request then."""
    assert call.key is not None, "an answer is remembered under a key"
    if before.endpoint != call.endpoint:
        raise refusals.key_reused(call.key, "endpoint")
    if before.fingerprint != call.fingerprint:
        raise refusals.key_reused(call.key, "parameters")
    return Reply(before.status, before.body, before.request_id, remembered=True)


def _limited(code: str, request_id: str) -> Response:
    if code == "lock_timeout":
        return _refusal(refusals.locked(), request_id, "resource-specific")
    return _refusal(refusals.rate_limited(), request_id, "global-rate")


def _refusal(refused: Refused, request_id: str, reason: str) -> Response:
    answer = _response(_told(refused), request_id, None)
    answer.headers["Stripe-Rate-Limited-Reason"] = reason
    return answer


def _response(reply: Reply, request_id: str, call: Call | None) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION if call is None else call.version}
    if call is not None and call.key is not None:
        headers["Idempotency-Key"] = call.key
    if reply.original is not None:
        headers["Idempotent-Replayed"] = "true"
        headers["Original-Request"] = reply.original
    if (again := _should_retry(reply)) is not None:
        headers["Stripe-Should-Retry"] = again
    return Response(reply.body, reply.status, headers, "application/json")


def _should_retry(reply: Reply) -> str | None:
    """What Stripe's libraries are told where the status alone does not say it; None says nothing."""
    if reply.status == 409:
        return "true"
    return "false" if reply.status >= 500 and reply.remembered else None
