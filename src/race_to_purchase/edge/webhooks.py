"""What gateways tell, and what of it is not done yet: taken in here, worked off by the loop `inbox`.

A message is acknowledged once it is on the disk, and not before; no gateway is asked meanwhile. Who may send is said by
the signature alone. Which secret was expected, and what was sent instead, goes into no log and no answer.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import invalid, no_such, webhook_refused
from race_to_purchase.edge.shapes import InboxView
from race_to_purchase.errors import Overloaded
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.loops import MessageReceived, Reception
from race_to_purchase.ports import Gateway, Inbox, WebhookTooOld
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.messages import MessageState, WebhookEvent, is_ours

log = logging.getLogger("race.edge")

HELD_BYTES_MAX = 32 * 1024 * 1024
"""Of bodies that wait to be stored, all together; what comes beyond is told to come again."""

LISTED_MAX = 100

_RECEIVED = Answer(200, b'{"received":true}')
_NAME = re.compile(r"[!-~]{1,255}")
_STATES: tuple[MessageState, ...] = ("unmatched", "waiting", "left")

_encode = msgspec.json.Encoder().encode


class Webhooks:
    """Handlers of `/v1/webhooks` and `/v1/admin/inbox`. `nudge` is told the gateway of which there is something new.

    `counted` has how many messages of a gateway were "kept", a "duplicate", or refused as "invalid" or "too_old".
    """

    def __init__(self, gateways: Mapping[str, Gateway], inbox: Inbox, nudge: Callable[[str], None]) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()
        self._gateways = gateways
        self._inbox = inbox
        self._nudge = nudge
        self._held_bytes = 0

    async def receive(self, call: Call) -> Answer:
        """POST /v1/webhooks/{gateway}."""
        gateway = self._gateways.get(call.path["gateway"])
        if gateway is None:
            raise no_such("gateway")
        event = self._verified(gateway, call)
        if self._held_bytes + len(call.body) > HELD_BYTES_MAX:
            raise Overloaded
        self._held_bytes += len(call.body)
        try:
            new = await self._inbox.keep(gateway.name, event, call.body)
        finally:
            self._held_bytes -= len(call.body)
        self._count(gateway.name, "kept" if new else "duplicate")
        if new:
            self._nudge(gateway.name)
        return _RECEIVED

    def _count(self, gateway: str, reception: Reception) -> None:
        self.counted[(gateway, reception)] += 1
        emit(MessageReceived(gateway, reception))

    def _verified(self, gateway: Gateway, call: Call) -> WebhookEvent:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers.items()}
        try:
            return sound(gateway.verify_webhook(headers, call.body))
        except ValueError as error:
            too_old = isinstance(error, WebhookTooOld)
            self._count(gateway.name, "too_old" if too_old else "invalid")
            log.info("a message of the gateway %s was refused: %s", gateway.name, error)
            raise webhook_refused(too_old=too_old) from None

    async def waiting(self, call: Call) -> Answer:
        """GET /v1/admin/inbox?state=: what is not done, counted, and the messages of one state."""
        (given,) = parse_qs(call.query.decode("latin-1"), keep_blank_values=True).get("state", ["unmatched"])[-1:]
        state = next((state for state in _STATES if state == given), None)
        if state is None:
            raise invalid("state", f"The state is one of {', '.join(_STATES)}.")
        messages = await self._inbox.listed(state, LISTED_MAX)
        return Answer(200, _encode(InboxView(tuple(await self._inbox.heaps()), tuple(messages))))


def sound(event: WebhookEvent) -> WebhookEvent:
    """The same event, its reference only where it is of our form; ValueError for names that no gateway gives."""
    if not (
        _NAME.fullmatch(event.id) and _NAME.fullmatch(event.kind) and (not event.ref or _NAME.fullmatch(event.ref))
    ):
        raise ValueError("its id, kind or object is no name of up to 255 printable characters")
    return event if is_ours(event.reference) else msgspec.structs.replace(event, reference=None)
