"""Plays one person: sends what the walk yields when it is due, times the answers, and hands them back.

It also keeps watch over one promise that only a client can see: under one idempotency key, every final answer is the
same, byte for byte.
"""

from __future__ import annotations

import asyncio
import time

import msgspec

from race_to_purchase.rehearse.crowd.diary import Diary
from race_to_purchase.rehearse.crowd.plan import Sale
from race_to_purchase.rehearse.crowd.steps import Answer, Ask, Body, Reserve, Send, Wait, Walk, headers, http
from race_to_purchase.rehearse.crowd.wire import Foreign, Lost, Reply, Wire

_decode = msgspec.json.Decoder(Body).decode
_encode = msgspec.json.Encoder().encode

LOOK_EVERY_S = 0.4


class _Item(msgspec.Struct, frozen=True):
    id: str
    stock: str


class _Window(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...]


_decode_window = msgspec.json.Decoder(_Window).decode

STORED = frozenset({200, 201, 402})
"""Answers that the server keeps with their key."""


class Player:
    """Plays any number of walks at once over one `wire`."""

    def __init__(self, wire: Wire, sale: Sale, diary: Diary) -> None:
        self._wire = wire
        self._sale = sale
        self._diary = diary
        self._stored: dict[str, bytes] = {}
        self._spent: dict[str, str] = {}
        """The key of the reservation that each pass was used for."""
        # The walks' zero is the opening, an instant of the wall clock; it is read once, so that a correction of the
        # clock during the sale does not shift anything.
        self._zero_s = time.monotonic() + (sale.opens_at_s - time.time())
        self.in_shop = 0
        """People who have come and not gone home yet."""
        self.window: dict[str, str] = {}
        """The shop window: an item's stock as a band."""

    def now_s(self) -> float:
        """Seconds since the opening."""
        return time.monotonic() - self._zero_s

    async def play(self, walk: Walk) -> None:
        """Live through the walk, to its end. Every walk opens with the wait for its beginning."""
        try:
            await self._do(next(walk))
            self.in_shop += 1
            step = walk.send(())
            while True:
                step = walk.send(await self._do(step))
        except StopIteration:
            self.in_shop -= 1

    async def keep_looking(self) -> None:
        """Look at the shop window now and again, for everybody; one that is not answered is looked at later."""
        while True:
            try:
                reply = await self._wire.ask("GET", f"/v1/drops/{self._sale.drop}", None, b"")
                if reply.status == 200:
                    self.window.update({item.id: item.stock for item in _decode_window(reply.body).items})
            except (Lost, Foreign, msgspec.MsgspecError):
                self._diary.count("refusal/window_unreadable")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _do(self, step: Send | Wait) -> tuple[Answer, ...]:
        if isinstance(step, Wait):
            await self._until(step.until_s)
            return ()
        await self._until(step.at_s)
        if len(step.asks) == 1:
            return (await self._ask(step.asks[0], step),)
        return tuple(await asyncio.gather(*(self._ask(ask, step) for ask in step.asks)))

    async def _until(self, at_s: float) -> None:
        delay_s = at_s - self.now_s()
        if delay_s > 0:
            await asyncio.sleep(delay_s)

    async def _ask(self, ask: Ask, step: Send) -> Answer:
        method, path, key, body = http(ask, self._sale)
        payload = b"" if body is None else _encode(body)
        operation = _operation(ask)
        self._diary.count(f"sent/{operation}")
        try:
            reply = await self._wire.ask(
                method, path, key, payload, step.hang_up_s, lines=headers(ask), by_browser=ask.by.guest
            )
        except (Lost, Foreign) as error:
            if step.hang_up_s is None:
                self._diary.count(f"refusal/{'lost' if isinstance(error, Lost) else 'foreign'}")
            return Answer(0, step.at_s, self.now_s())
        if isinstance(ask, Reserve) and self._sale.line is not None and reply.status == 201:
            self._entered(ask)
        return self._heard(reply, operation, key, step)

    def _entered(self, ask: Reserve) -> None:
        """A reservation at a door. A pass is good for one, under one key, however often its request is repeated."""
        if not ask.admitted:
            self._diary.count("note/entered_without_pass")
        elif self._spent.setdefault(ask.admitted, ask.key) != ask.key:
            self._diary.count("note/pass_used_twice")

    def _heard(self, reply: Reply, operation: str, key: str | None, step: Send) -> Answer:
        at_s = self.now_s()
        if key is not None and reply.status in STORED and self._stored.setdefault(key, reply.body) != reply.body:
            self._diary.count("note/answers_differ")
        if step.hang_up_s is not None:
            return Answer(0, step.at_s, at_s)
        self._diary.latency(operation, round((at_s - step.at_s) * 1000, 3))
        try:
            body = _decode(reply.body)
        except msgspec.MsgspecError:
            self._diary.count("refusal/unreadable")
            return Answer(reply.status, step.at_s, at_s)
        if reply.status >= 400:
            self._diary.count(f"refusal/{body.code or reply.status}")
        back = body.retry_at or body.opens_at
        back_s = None if back is None else back.timestamp() - self._sale.opens_at_s - at_s
        return Answer(reply.status, step.at_s, at_s, body, reply.retry_after_s, back_s, reply.cookie)


def _operation(ask: Ask) -> str:
    return type(ask).__name__.lower()
