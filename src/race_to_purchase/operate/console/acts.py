"""What an operator does to a running sale, each with who and why, and only on the state that they had before them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.ports import Reads
from race_to_purchase.rules.line.commands import Message, SteerLine
from race_to_purchase.rules.outcomes import ChangedMeanwhile, Outcome, Unknown
from race_to_purchase.rules.text import OneLine

Why = Annotated[OneLine, Meta(min_length=3, max_length=200)]


class _Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", kw_only=True):
    """`why` is for whoever looks at the trail later."""

    why: Why


class Pause(_Act, frozen=True, tag="pause"):
    """Call nobody of the line; `seen` is its `hand`."""

    seen: str


class Resume(_Act, frozen=True, tag="resume"):
    """Go on calling."""

    seen: str


class Release(_Act, frozen=True, tag="release"):
    """Call so many a second; 0 is what the door says."""

    seen: str
    rate_per_s: Annotated[float, Meta(ge=0, le=1_000_000)]


class Announce(_Act, frozen=True, tag="announce"):
    """Show a message to all who wait; an empty one shows none."""

    seen: str
    message: Message


class OpenNow(_Act, frozen=True, tag="open"):
    """Have the sale open at once instead of when it says; `seen` is the drop's version."""

    seen: int


class Close(_Act, frozen=True, tag="close"):
    """Let no new checkout begin."""

    seen: int


class Restock(_Act, frozen=True, tag="restock"):
    """Set the stock of an item: never below what is held and sold."""

    seen: int
    item: str
    stock: Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Drain(_Act, frozen=True, tag="drain"):
    """Begin nothing new with a gateway, or do so again; `seen` is whether it was."""

    seen: bool
    gateway: str
    drained: bool


Act = Pause | Resume | Release | Announce | OpenNow | Close | Restock | Drain

NEEDS_ADMIN = (Restock,)
"""How much there is of what is an admin's to say, as its price is."""

Kind = Literal["line", "drop", "gateway"]


class Acts:
    """Does them; the outcome is the command's own, or ChangedMeanwhile."""

    def __init__(self, reads: Reads, catalogue: Catalogue, line: LineDesk, gateways: Gateways) -> None:
        self._reads = reads
        self._catalogue = catalogue
        self._line = line
        self._gateways = gateways

    async def do(self, drop: str, act: Act, by: str) -> Outcome:
        """Do it, as `by`."""
        match act:
            case Drain():
                return await self._drain(drop, act, by)
            case Close():
                return await self._catalogue.close(drop, by, act.why, act.seen)
            case OpenNow() | Restock():
                return await self._change(drop, act, by)
            case _:
                return await self._line.steer(_steering(drop, act, by))

    async def _change(self, drop: str, act: OpenNow | Restock, by: str) -> Outcome:
        row = await self._reads.drop(drop)
        if row is None:
            return Unknown("drop", drop)
        if isinstance(act, OpenNow):
            changed = replace(row.definition, opens_at=await self._reads.now())
        elif row.definition.item(act.item) is None:
            return Unknown("item", act.item)
        else:
            items = (replace(item, stock=act.stock) if item.id == act.item else item for item in row.definition.items)
            changed = replace(row.definition, items=tuple(items))
        return await self._catalogue.put(changed, by, act.why, act.seen)

    async def _drain(self, drop: str, act: Drain, by: str) -> Outcome:
        status = (await self._gateways.follow()).get(act.gateway)
        if act.seen != (status is not None and status.drained_at is not None):
            return ChangedMeanwhile(drop)
        say = self._gateways.drain if act.drained else self._gateways.resume
        return await say(act.gateway, act.why, by)


def _steering(drop: str, act: Pause | Resume | Release | Announce, by: str) -> SteerLine:
    steering = SteerLine(drop, by, why=act.why, seen=act.seen)
    match act:
        case Pause() | Resume():
            return replace(steering, paused=isinstance(act, Pause))
        case Release():
            return replace(steering, rate_per_s=act.rate_per_s)
        case Announce():
            return replace(steering, message=act.message)
