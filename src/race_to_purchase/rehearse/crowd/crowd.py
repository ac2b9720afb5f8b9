"""A process full of simulated people: `python -m race_to_purchase.rehearse.crowd`.

An empty page on standard output says that it is ready. Its errand then comes as one line of JSON on standard input,
and the pages of its diary go out on standard output, a line each. It ends when everybody has gone home, or when its
standard input closes, so that it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping

import msgspec

from race_to_purchase.rehearse.crowd.bot import bot
from race_to_purchase.rehearse.crowd.diary import Diary, Page, Who
from race_to_purchase.rehearse.crowd.human import human
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Crowd, Sale, dice, plan
from race_to_purchase.rehearse.crowd.player import Player
from race_to_purchase.rehearse.crowd.steps import Walk
from race_to_purchase.rehearse.crowd.wire import Wire
from race_to_purchase.rehearse.telling import tell_parent

PAGE_EVERY_S = 0.2

_encode = msgspec.json.Encoder().encode


class Errand(msgspec.Struct, frozen=True):
    """What one process is to do: play part `part` of `parts` of the crowd of `seed` in `sale`, at a server."""

    host: str
    port: int
    storefront_key: str
    seed: int
    buyers: int
    bots: int
    sale: Sale
    part: int = 0
    parts: int = 1
    connections_max: int = 128


async def play(errand: Errand, tell: Callable[[Page], None]) -> None:
    """Play everybody of this part, telling what happens every PAGE_EVERY_S. Raises what a walk raises."""
    crowd = plan(errand.seed, errand.buyers, errand.bots, errand.sale).share(errand.part, errand.parts)
    wire = Wire(errand.host, errand.port, errand.storefront_key, errand.connections_max)
    diary = Diary()
    player = Player(wire, errand.sale, diary)
    aside = [asyncio.create_task(_keep_telling(diary, player, tell)), asyncio.create_task(player.keep_looking())]
    try:
        async with asyncio.TaskGroup() as everybody:
            for walk in walks(crowd, errand, diary, player.window):
                everybody.create_task(player.play(walk))
    finally:
        for task in aside:
            task.cancel()
        wire.close()
    tell(diary.page(0, last=True))


def walks(crowd: Crowd, errand: Errand, diary: Diary, window: Mapping[str, str]) -> list[Walk]:
    """The walks of a crowd, each with a stream of chance for what the plan could not foresee."""

    def person(who: Who, name: str) -> Person:
        return Person(who, name, dice(errand.seed, f"{name}/walk"), errand.sale, diary, window)

    for _ in crowd.humans:
        diary.count("arrival/person")
    for each in crowd.bots:
        diary.count(f"arrival/{each.strategy}")
    people = [human(one, person("human", one.name)) for one in crowd.humans]
    return people + [bot(one, person("bot", one.name)) for one in crowd.bots]


async def _keep_telling(diary: Diary, player: Player, tell: Callable[[Page], None]) -> None:
    while True:
        await asyncio.sleep(PAGE_EVERY_S)
        tell(diary.page(player.in_shop))


def _tell(page: Page) -> None:
    tell_parent(_encode(page) + b"\n")


async def _run(errand: Errand) -> None:
    playing = asyncio.create_task(play(errand, _tell))
    watch = threading.Thread(target=_cancel_when_orphaned, args=(asyncio.get_running_loop(), playing), daemon=True)
    watch.start()
    await playing


def _cancel_when_orphaned(loop: asyncio.AbstractEventLoop, playing: asyncio.Task[None]) -> None:
    """Reads past Python's own buffer: a thread that waits inside it would trip over the end of the process."""
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # The loop has closed: everybody was gone before the parent was.
        loop.call_soon_threadsafe(playing.cancel)


def main() -> None:
    """Say that it is ready, read the errand, and run it."""
    _tell(Page())
    errand = msgspec.json.decode(sys.stdin.buffer.readline(), type=Errand)
    runner = asyncio.Runner(loop_factory=_fast_loop())
    with runner:
        runner.run(_run(errand))


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # There is none for Windows.
        return None
    return uvloop.new_event_loop
