"""The whole gateway down: refusing connections, or taking them and never answering, until it is over.

This says whether it is down and waits for the end. Closing doors is for the server, which is told by `changed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Mode = Literal["none", "refuse", "hang", "cut"]


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`refuse` takes no connection, `hang` answers nothing, `cut` breaks every connection that says something.

    After `for_s` seconds it is over by itself.
    """

    mode: Mode
    for_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None


NONE = Outage("none")


class Weather(msgspec.Struct):
    """What is going on; `changed` is called with every change."""

    outage: Outage = NONE
    changed: Callable[[Outage], None] = lambda _: None
    over: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    ending: asyncio.TimerHandle | None = None

    def set(self, outage: Outage) -> None:
        """Have this from now on."""
        if self.ending is not None:
            self.ending.cancel()
            self.ending = None
        self.outage = outage
        if outage.mode == "none":
            self.over.set()
        else:
            self.over.clear()
            if outage.for_s is not None:
                self.ending = asyncio.get_running_loop().call_later(outage.for_s, self.set, NONE)
        self.changed(outage)

    async def fair(self) -> object:
        """Return once the gateway is up."""
        return self.outage.mode == "none" or await self.over.wait()
