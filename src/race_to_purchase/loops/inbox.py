"""Work off a gateway's messages: ask about the payments that they name, where they say what our rows do not.

A message about a payment or a refund is never believed. What is asked for, and committed by the path, is the gateway's
own answer, so any order of arrival, and any number of copies, ends in the same state. A dispute is what the gateway
says of it; the rules put its news into order by the time at which they were told.

Each gateway has its own loop, so that one that answers slowly holds up no other; what a tick takes is leased, and a
process that dies leaves it to the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from race_to_purchase.errors import RaceError
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events.loops import MessageWorked
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.ports import Gateway, GatewayUnanswered, Inbox
from race_to_purchase.rules.backoff import retry_delay_s
from race_to_purchase.rules.commands import DisputeNews
from race_to_purchase.rules.messages import Message, MessageState, WebhookEvent, Worked, is_ours
from race_to_purchase.rules.money import exponent
from race_to_purchase.rules.news import DECISIVE, is_news
from race_to_purchase.rules.outcomes import Outcome, StillPaying, Unknown

log = logging.getLogger("race.loops")

ASKED_AT_ONCE = 50
"""Payments of one gateway that a process asks about at the same time."""

TAKEN_MAX = 200
"""Messages that a tick takes: most say nothing new, and cost no call."""

LEASE_S = 60.0
"""Longer than it takes to ask about all that were taken, whose calls time out."""

EARLY_S = 2.0
"""A message is often faster than the answer to the very call that it tells of: that one is waited for so long."""

DISPUTED: dict[str, Literal["opened", "updated", "closed"]] = {
    "dispute_opened": "opened",
    "dispute_updated": "updated",
    "dispute_closed": "closed",
}


class _Told(msgspec.Struct, frozen=True):
    """A dispute in the data of a message; `currency` in any case, as gateways write it."""

    dispute: str
    amount: int
    currency: str
    status: str
    reason: str | None = None
    fee: int | None = None
    due_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ReadInbox:
    """The messages of one `gateway`. `counted` has how many of a kind came to which outcome."""

    def __init__(
        self, gateway: Gateway, inbox: Inbox, purchase: Purchase, refunds: Refunds, *, at_once: int = ASKED_AT_ONCE
    ) -> None:
        self.name = f"inbox {gateway.name}"
        self.counted: Counter[tuple[str, str]] = Counter()
        self._gateway = gateway
        self._inbox = inbox
        self._purchase = purchase
        self._refunds = refunds
        self._room = asyncio.Semaphore(at_once)
        self._asking: set[asyncio.Task[None]] = set()

    async def tick(self) -> bool:
        """Take what is due, note at once what is no news, and begin to ask about the rest."""
        if self._room.locked():
            await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
        taken = await self._inbox.take(self._gateway.name, TAKEN_MAX, LEASE_S)
        judged = [(message, judge(message)) for message in taken]
        await self._note([(message, found) for message, found in judged if found is not None])
        for messages in _together(message for message, found in judged if found is None):
            task = asyncio.create_task(self._follow(messages))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return len(taken) == TAKEN_MAX

    async def stop(self) -> None:
        """Ask about nothing more; what is not noted yet falls due again when its lease has run out."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _follow(self, messages: Sequence[Message]) -> None:
        """Ask once for all of them, and note what came of it."""
        named = messages[0].id
        try:
            async with self._room:
                ends = await self._asked(messages)
            await self._note(list(zip(messages, ends, strict=True)))
        except RaceError as error:
            log.warning("message %s waits: %s", named, error)
        except Exception:
            log.exception("message %s failed and will be tried again", named)
            await self._note([(message, _again(message, "waiting", "failed")) for message in messages])

    async def _asked(self, messages: Sequence[Message]) -> list[Worked]:
        event = messages[0].event
        if event.kind == "payment":
            checkout_id, _, n = (event.reference or "").partition("/")
            outcome = await self._purchase.resolve(checkout_id, int(n))
            return [_after_asking(message, outcome) for message in messages]
        try:
            reference = event.reference or await self._gateway.reference_of(event.ref)
        except GatewayUnanswered:
            return [_again(message, "waiting", "not confirmed yet") for message in messages]
        known = is_ours(reference) and await self._heard(event, str(reference).partition("/")[0])
        return [
            Worked(message.id, "done", "asked") if known else _again(message, "unmatched", "no such order")
            for message in messages
        ]

    async def _heard(self, event: WebhookEvent, order_id: str) -> bool:
        """Bring in news of a refund or a dispute; False where there is no such order, or not yet."""
        if event.kind == "refund":
            return not any(isinstance(each, Unknown) for each in await self._refunds.look_again(order_id))
        kind = DISPUTED[event.kind]
        outcome = await self._refunds.disputed(order_id, self._gateway.name, kind, _news(event), event.created_at)
        return not isinstance(outcome, Unknown)

    async def _note(self, ends: Sequence[tuple[Message, Worked]]) -> None:
        if not ends:
            return
        await self._inbox.put([worked for _, worked in ends])
        for message, worked in ends:
            self.counted[(message.event.kind, worked.outcome)] += 1
            emit(MessageWorked(self._gateway.name, message.event.kind, worked.outcome))
            if worked.state == "left":
                log.warning("message %s about %s is given up: %s", message.id, message.event.ref, worked.outcome)


def judge(message: Message) -> Worked | None:
    """What becomes of a message without asking anybody; None where the gateway has to be asked."""
    event = message.event
    match event.kind, message.attempt:
        case "unknown", _:
            return Worked(message.id, "done", "unknown kind")
        case "payment", None:
            return _again(message, "unmatched", "no such attempt")
        case "payment", attempt if attempt is not None and not is_news(attempt, event.data.get("state")):
            return Worked(message.id, "done", "known already")
        case "payment", "sent" if message.tries == 0:
            return Worked(message.id, "waiting", "ahead of our answer", EARLY_S)
        case _, _ if not (event.reference or event.ref):
            return _again(message, "unmatched", "names no payment")
    return None


def _together(messages: Iterable[Message]) -> Iterable[Sequence[Message]]:
    """Messages about the same payment or its refunds, which one question serves; each of a dispute by itself."""
    same: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        event = message.event
        about = message.id if event.kind in DISPUTED else event.reference or event.ref
        same.setdefault((event.kind, about), []).append(message)
    return same.values()


def _news(event: WebhookEvent) -> DisputeNews:
    """The dispute in a message; ValueError where it tells of none, or of one that cannot be."""
    told = msgspec.convert(event.data, _Told)
    currency = told.currency.upper()
    exponent(currency)
    return DisputeNews(told.dispute, told.amount, currency, told.reason or "", told.status, told.fee, told.due_at)


def _after_asking(message: Message, outcome: Outcome) -> Worked:
    """A message that says more than the gateway's answer did waits for the next answer."""
    if isinstance(outcome, StillPaying) and message.event.data.get("state") in DECISIVE:
        return _again(message, "waiting", "not confirmed yet")
    return Worked(message.id, "done", "asked")


def _again(message: Message, state: MessageState, outcome: str) -> Worked:
    """Later, ever more rarely, and after some days never again."""
    again_s = retry_delay_s(message.tries + 1, message.id)
    return Worked(message.id, "left", outcome) if again_s is None else Worked(message.id, state, outcome, again_s)
