"""Work off a gateway's messages: ask about the payments that they name, where they say what our rows do not.

A message is never believed. What is asked for, and committed by the path, is the gateway's own answer, so any order of
arrival, and any number of copies, ends in the same state. Each gateway has its own loop, so that one that answers
slowly holds up no other; what a tick takes is leased, and a process that dies leaves it to the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from race_to_purchase.errors import RaceError
from race_to_purchase.ports import Inbox
from race_to_purchase.rules.backoff import retry_delay_s
from race_to_purchase.rules.messages import Message, MessageState, Worked
from race_to_purchase.rules.news import DECISIVE, is_news
from race_to_purchase.rules.outcomes import Outcome, StillPaying

log = logging.getLogger("race.loops")

ASKED_AT_ONCE = 50
"""Payments of one gateway that a process asks about at the same time."""

TAKEN_MAX = 200
"""Messages that a tick takes: most say nothing new, and cost no call."""

LEASE_S = 60.0
"""Longer than it takes to ask about all that were taken, whose calls time out."""

EARLY_S = 2.0
"""A message is often faster than the answer to the very call that it tells of: that one is waited for so long."""

Resolve = Callable[[str, int], Awaitable[Outcome | None]]
"""Asks the gateway about an attempt, by checkout and number, and commits what it says."""


class ReadInbox:
    """The messages of one `gateway`. `counted` has how many of a kind came to which outcome."""

    def __init__(self, gateway: str, inbox: Inbox, resolve: Resolve) -> None:
        self.name = f"inbox {gateway}"
        self.counted: Counter[tuple[str, str]] = Counter()
        self._gateway = gateway
        self._inbox = inbox
        self._resolve = resolve
        self._room = asyncio.Semaphore(ASKED_AT_ONCE)
        self._asking: set[asyncio.Task[None]] = set()

    async def tick(self) -> bool:
        """Take what is due, note at once what is no news, and begin to ask about the rest."""
        if self._room.locked():
            await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
        taken = await self._inbox.take(self._gateway, TAKEN_MAX, LEASE_S)
        judged = [(message, judge(message)) for message in taken]
        news: dict[str, list[Message]] = {}
        for message, found in judged:
            if found is None and message.event.reference is not None:
                news.setdefault(message.event.reference, []).append(message)
        await self._note([(message, found) for message, found in judged if found is not None])
        for reference, messages in news.items():
            task = asyncio.create_task(self._ask(reference, messages))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return len(taken) == TAKEN_MAX

    async def stop(self) -> None:
        """Ask about nothing more; what is not noted yet falls due again when its lease has run out."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self, reference: str, messages: Sequence[Message]) -> None:
        """One question for all messages about a payment."""
        checkout_id, _, n = reference.partition("/")
        try:
            async with self._room:
                outcome = await self._resolve(checkout_id, int(n))
            await self._note([(message, _asked(message, outcome)) for message in messages])
        except RaceError as error:
            log.warning("messages about %s wait: %s", reference, error)
        except Exception:
            log.exception("messages about %s failed and will be tried again", reference)

    async def _note(self, ends: Sequence[tuple[Message, Worked]]) -> None:
        if not ends:
            return
        await self._inbox.put([worked for _, worked in ends])
        for message, worked in ends:
            self.counted[(message.event.kind, worked.outcome)] += 1
            if worked.state == "left":
                log.warning("message %s about %s is given up: %s", message.id, message.event.ref, worked.outcome)


def judge(message: Message) -> Worked | None:
    """What becomes of a message without asking anybody; None where the gateway has to be asked."""
    event = message.event
    said = event.data.get("state")
    match event.kind, message.attempt:
        case "unknown", _:
            return Worked(message.id, "done", "unknown kind")
        case _, None:
            return _again(message, "unmatched", "no such attempt")
        case "payment", attempt if not is_news(attempt, said):
            return Worked(message.id, "done", "known already")
        case "payment", "sent" if message.tries == 0:
            return Worked(message.id, "waiting", "ahead of our answer", EARLY_S)
        case "payment", _:
            return None
        case _:
            return Worked(message.id, "done", "not acted upon")


def _asked(message: Message, outcome: Outcome | None) -> Worked:
    """After the gateway was asked: a message that says more than the answer did waits for the next answer."""
    if isinstance(outcome, StillPaying) and message.event.data.get("state") in DECISIVE:
        return _again(message, "waiting", "not confirmed yet")
    return Worked(message.id, "done", "asked")


def _again(message: Message, state: MessageState, outcome: str) -> Worked:
    """Later, ever more rarely, and after some days never again."""
    again_s = retry_delay_s(message.tries + 1, message.id)
    return Worked(message.id, "left", outcome) if again_s is None else Worked(message.id, state, outcome, again_s)
