"""What every request goes through, in one shape: who asks, is it well-formed, handle it, tell the answer.

An endpoint is a bare ASGI callable with one verb a method. There are no request and response objects between the
server and the handler, since on the hot path they cost more than everything else that is done here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic

import msgspec
from starlette.types import Receive, Scope, Send

from race_to_purchase.edge.body import read
from race_to_purchase.edge.call import Call
from race_to_purchase.edge.connection import alive
from race_to_purchase.edge.cors import Cors
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.idempotency import key_of
from race_to_purchase.edge.principals import Headers, Needed, Principal, Principals, buyer_of
from race_to_purchase.edge.problems import (
    KeyOfOthers,
    Refused,
    WrongKey,
    bad_header,
    broken,
    nul_in_query,
    stopping,
    unavailable,
    wrong_method,
)
from race_to_purchase.edge.reply import Header, Streamed, request_id, tell
from race_to_purchase.errors import TryAgainLater
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.http import Class, RequestAnswered
from race_to_purchase.observe.request import CAUSE, Cause, began
from race_to_purchase.rules.answers import Answer

log = logging.getLogger("race.edge")

Handler = Callable[[Call], Awaitable[Answer]]
Told = Callable[[Answer, Headers], Answer]

_ONCE = frozenset(
    {
        *(b"authorization", b"content-type", b"cookie", b"host", b"idempotency-key", b"if-match", b"origin"),
        *(b"race-buyer", b"race-challenge", b"race-csrf", b"race-device", b"race-pass", b"sec-fetch-site"),
    }
)

_SAFE = ("GET", "HEAD")
_CLASSES: dict[int, Class] = {1: "2xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}


class Verb(msgspec.Struct, frozen=True):
    """What one method of one path needs before its handler is asked.

    `name` is short and stable: it is part of the scope of idempotency keys. `body` is how many bytes of one are read
    at most, 0 where none is read, and `json` whether it must be said to be JSON. `key` says whether an idempotency key
    is required; None: one is not looked at. `refused` makes a page of a problem, where a person reads it.
    """

    name: str
    handler: Handler
    role: Needed | None = None
    body: int = 0
    key: bool | None = None
    json: bool = True
    refused: Told | None = None


class Endpoint:
    """One path. HEAD is answered as GET is, and the server leaves the body out."""

    def __init__(self, principals: Principals, gate: Gate, cors: Cors | None, **verbs: Verb) -> None:
        self._principals = principals
        self._cors = cors
        self._gate = gate
        self._verbs = {method.upper(): verb for method, verb in verbs.items()}
        if "GET" in self._verbs:
            self._verbs["HEAD"] = self._verbs["GET"]
        self._allowed = ", ".join(sorted(self._verbs))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entrance."""
        began_s = monotonic()
        route, hung_up = "other", False
        headers = dict(scope["headers"])
        named = request_id(headers)
        cause = began(named.decode("ascii"), headers.get(b"traceparent"))
        CAUSE.set(cause)
        load = self._gate.load
        load.in_flight += 1
        verb: Verb | None = None
        try:
            verb = self._verbs.get(scope["method"])
            if verb is None:
                raise self._other(scope["method"], headers)
            route = verb.name
            self._gate.require_room(route)
            if len(headers) != len(scope["headers"]):
                _refuse_twins(scope)
            answer = await verb.handler(await self._call(verb, headers, scope, receive))
        except Refused as refused:
            answer = refused.answer
        except TryAgainLater as error:
            answer = unavailable(error)
        except asyncio.CancelledError:
            # A server that stops ends what takes too long; and the committer drops what nobody waits for any more,
            # where the answer goes nowhere. The task of the request ends here, so this needs no passing on.
            answer, hung_up = stopping(), not alive(receive)()
        except Exception:
            name = named.decode("ascii")
            log.exception("request failed: %s %s", scope["method"], route, extra={"request": name})
            answer = broken(name)
        load.in_flight -= 1
        if answer.problem and verb is not None and verb.refused is not None:
            answer = verb.refused(answer, headers)
        took_s = monotonic() - began_s  # Of a stream, until it begins.
        try:
            await tell(send, answer, named, self._more(cause, headers))
            if not isinstance(answer, Streamed):
                took_s = monotonic() - began_s
        except BaseException:
            hung_up = True
            raise
        finally:  # Whatever becomes of the answer: its trace ends here.
            told: Class = "gone" if hung_up else _CLASSES[answer.status // 100]
            emit(RequestAnswered(route, told, answer.status, took_s, cause=cause))

    def _more(self, cause: Cause, headers: Headers) -> tuple[Header, ...]:
        """What pages are told besides the answer: what the shop's may read, and the trace where somebody follows it."""
        told = () if self._cors is None else self._cors.told(headers)
        if not cause.traceparent:
            return told
        return (*told, (b"server-timing", b'traceparent;desc="%b"' % cause.traceparent.encode("ascii")))

    def _other(self, method: str, headers: Headers) -> Refused:
        """What there is to say to a method that is none of ours: a browser may ask ahead what a page may do."""
        if method == "OPTIONS" and self._cors is not None:
            told = self._cors.preflight(headers, self._allowed)
            if told is not None:
                return Refused(told)
        return wrong_method(method, self._allowed)

    async def _call(self, verb: Verb, headers: Headers, scope: Scope, receive: Receive) -> Call:
        """The request as its handler sees it, or the first reason to refuse it."""
        call = Call(verb.name, headers, scope["path_params"], alive(receive), query=scope["query_string"])
        if b"%00" in call.query:
            raise nul_in_query()
        if verb.role is not None:
            call.principal = await self._who(verb.role, headers, scope)
            call.buyer = buyer_of(call.principal, headers)
        call.origin = await self._gate.admit(verb.name, call.principal, call.buyer, headers, scope)
        if verb.key is not None:
            call.key = key_of(headers, required=verb.key)
        if verb.body > 0:
            call.body = await read(headers, receive, verb.body, json=verb.json)
        return call

    async def _who(self, needed: Needed, headers: Headers, scope: Scope) -> Principal:
        """Who asks; networks that try keys are slowed down."""
        try:
            principal = self._principals.identify(headers, needed, changes=scope["method"] not in _SAFE)
        except WrongKey:
            await self._gate.wrong_key(self._gate.origin(scope))
            raise
        except KeyOfOthers as known:  # That it is a key at all is not to be guessed either.
            await self._gate.right_key(known.holder, self._gate.origin(scope))
            raise
        if principal.buyer is None and b"authorization" in headers:
            await self._gate.right_key(principal.name, self._gate.origin(scope))
        return principal


def _refuse_twins(scope: Scope) -> None:
    """A header that decides something must not come twice: a proxy before us may have looked at the other one."""
    seen: set[bytes] = set()
    for name, _ in scope["headers"]:
        if name in _ONCE and name in seen:
            header = name.decode("ascii").title()
            raise bad_header("duplicate_header", header, f"{header} may be sent once.")
        seen.add(name)
