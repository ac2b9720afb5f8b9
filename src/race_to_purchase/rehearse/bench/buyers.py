"""Buyers of one hot item for the measurements at store level: endless, each new, each wanting one piece.

Both sides of the comparison are asked by these same buyers, in the same number and the same way, so that neither has
the cheaper generator.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from random import getrandbits
from typing import Protocol

import msgspec
import uuid_utils

from race_to_purchase.rules.commands import Line, Reserve
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Drop, Item, buyer_pool, item_pool

ITEM = "hot-item"


class Side(Protocol):
    """One way of reserving."""

    async def reserve(self, command: Reserve, key: KeyUse) -> bool:
        """Whether it was reserved, durably; False where nothing was left."""
        ...


class Pace(msgspec.Struct, frozen=True):
    """What a crowd got: every reservation ever answered, and those of the time that was measured."""

    reserved: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_share: float
    """Of one core, by this process, generator and client of the database together."""


def hot_drop(drop_id: str, stock: int) -> Drop:
    """A sale of one item, with a limit a buyer, so that a reservation writes every kind of row that it can."""
    return Drop(
        id=drop_id,
        title="Benchmark",
        opens_at=datetime(2020, 1, 1, tzinfo=UTC),
        currency="EUR",
        items=(Item(ITEM, "Hot item", 15_900, stock),),
        limit_per_buyer=2,
        reservation_seconds=3600,
    )


def scope(drop_id: str) -> str:
    """The scope of the idempotency keys that one drop's buyers use."""
    return f"reserve {drop_id}"


def wishes(drop_id: str) -> Iterator[tuple[Reserve, KeyUse]]:
    """One new buyer after the other."""
    stock, lines, used_in = item_pool(drop_id, ITEM), (Line(ITEM, 1),), scope(drop_id)
    fingerprint = sha256(drop_id.encode()).digest()[:16]
    number = 0
    while True:
        number += 1
        buyer = f"{drop_id}:{number:010d}"
        pools = (stock, buyer_pool(drop_id, buyer))
        command = Reserve(drop_id, str(uuid_utils.uuid7()), buyer, lines, pools, f"{buyer}@example.com")
        # Clients make their keys at random, which costs the index of keys its locality: so do these.
        yield command, KeyUse(used_in, f"{getrandbits(128):032x}", fingerprint)


async def crowd(side: Side, drop_id: str, *, waiting: int, warm_up_s: float, seconds: float) -> Pace:
    """Let `waiting` buyers wait at any time, whoever is served being replaced at once, and measure `seconds`."""
    wanted = wishes(drop_id)
    begin_s = time.perf_counter() + warm_up_s
    end_s = begin_s + seconds
    reserved = 0
    waits_s: list[float] = []

    async def queue_up() -> None:
        nonlocal reserved
        now_s = time.perf_counter()
        while now_s < end_s:
            command, key = next(wanted)
            asked_s = time.perf_counter()
            if not await side.reserve(command, key):
                raise AssertionError("the stock of a measurement must not run out")
            reserved += 1
            now_s = time.perf_counter()
            if begin_s <= now_s < end_s:
                waits_s.append(now_s - asked_s)

    share = asyncio.create_task(_cpu_share(warm_up_s, seconds))
    await asyncio.gather(*(queue_up() for _ in range(waiting)))
    waits_s.sort()
    return Pace(
        reserved=reserved,
        per_s=len(waits_s) / seconds,
        p50_ms=_quantile(waits_s, 0.5) * 1e3,
        p99_ms=_quantile(waits_s, 0.99) * 1e3,
        cpu_share=await share,
    )


async def sell_out(side: Side, drop_id: str, waiting: int) -> int:
    """Let `waiting` buyers take pieces until each of them is refused; how many were reserved."""
    wanted = wishes(drop_id)

    async def take_until_refused() -> int:
        taken = 0
        while await side.reserve(*next(wanted)):
            taken += 1
        return taken

    return sum(await asyncio.gather(*(take_until_refused() for _ in range(waiting))))


async def _cpu_share(warm_up_s: float, seconds: float) -> float:
    await asyncio.sleep(warm_up_s)
    before_s = time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - before_s) / seconds


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
