"""The console's requests: looking at a drop, its charts, searching, following a purchase, and acting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from race_to_purchase.edge.body import ill_formed
from race_to_purchase.edge.call import Call
from race_to_purchase.edge.console.live import Live, TooManyViewers
from race_to_purchase.edge.problems import (
    forbidden,
    invalid,
    no_such,
    search_too_wide,
    stale_view,
    too_many_viewers,
)
from race_to_purchase.edge.reply import Reply, Streamed
from race_to_purchase.observe.redact import redacted
from race_to_purchase.operate.console.acts import NEEDS_ADMIN, Act, Acts, Why
from race_to_purchase.operate.console.queries import ConsoleQueries
from race_to_purchase.operate.dropfile import WrongDropFile, parse_drop
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.ports.console import Acted, Found, Purchase, TooMuchToSearch
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.outcomes import ChangedMeanwhile, DropStored, Outcome, Unknown

T = TypeVar("T")

HOURS_MAX = 31 * 24.0


class WantedSeries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time, and seconds of a point; the whole sale in as many as a chart has room for where nothing is said."""

    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    step: Annotated[int, Meta(ge=1, le=86_400)] | None = None


class WantedSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for, in purchases of the last `hours`."""

    q: Annotated[str, Meta(min_length=3, max_length=255)]
    hours: Annotated[float, Meta(gt=0, le=HOURS_MAX)] = 24.0


class StoredPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A drop to create or to change: as its `definition`, or as the text of a drop file in `toml`.

    `seen` is the version that is to be changed, -1 where none is there yet.
    """

    why: Why
    seen: int
    definition: dict[str, Any] | None = None
    toml: Annotated[str, Meta(max_length=500_000)] | None = None


class SearchView(msgspec.Struct, frozen=True):
    """What was found, the newest first, 20 at most."""

    found: tuple[Found, ...]


class Trail(msgspec.Struct, frozen=True):
    """The latest 200 things that happened to a drop and to all gateways, the newest first."""

    actions: tuple[Acted, ...]


class PutView(msgspec.Struct, frozen=True):
    """The drop that is stored now, and whether it is a new one."""

    id: str
    created: bool


_ACT = msgspec.json.Decoder(Act)
_PUT = msgspec.json.Decoder(StoredPut)
_encode = msgspec.json.Encoder().encode


class ConsoleHandlers:
    """Handlers of `/v1/admin/console/…`."""

    def __init__(self, queries: ConsoleQueries, acts: Acts, catalogue: Catalogue, live: Live) -> None:
        self._queries = queries
        self._acts = acts
        self._catalogue = catalogue
        self._live = live

    async def overview(self, call: Call) -> Answer:
        """GET …/drops/{drop}."""
        seen = await self._queries.overview(call.drop())
        return _unknown(call.drop()) if seen is None else Answer(200, _encode(seen))

    async def series(self, call: Call) -> Answer:
        """GET …/drops/{drop}/series."""
        wanted = _query(call, WantedSeries)
        if wanted.since and wanted.until and wanted.since >= wanted.until:
            raise invalid("until", "until must be after since.")
        series = await self._queries.series(call.drop(), wanted.since, wanted.until, wanted.step)
        return _unknown(call.drop()) if series is None else Answer(200, _encode(series))

    async def stream(self, call: Call) -> Answer:
        """GET …/drops/{drop}/stream: server-sent events."""
        drop_id = call.drop()
        if await self._queries.overview(drop_id) is None:
            return _unknown(drop_id)
        last = call.headers.get(b"last-event-id", b"").decode("latin-1")[:64]
        frames = self._live.watch(drop_id, last, call.alive)
        try:
            first = await anext(frames)
        except TooManyViewers:
            raise too_many_viewers() from None
        return Streamed(200, first, media_type=b"text/event-stream", frames=frames)

    async def search(self, call: Call) -> Answer:
        """GET …/search."""
        wanted = _query(call, WantedSearch)
        try:
            found = await self._queries.search(wanted.q.strip(), wanted.hours)
        except TooMuchToSearch:
            raise search_too_wide() from None
        return Answer(200, _encode(SearchView(tuple(found))))

    async def purchase(self, call: Call) -> Answer:
        """GET …/purchases/{id}."""
        purchase: Purchase | None = await self._queries.purchase(call.id("checkout"))
        if purchase is None:
            raise no_such("checkout")
        # An address of the shop's may say more of a buyer than anybody needs who looks here.
        attempts = tuple(
            replace(one, return_url=one.return_url and redacted(one.return_url)) for one in purchase.attempts
        )
        return Answer(200, _encode(replace(purchase, attempts=attempts)))

    async def trail(self, call: Call) -> Answer:
        """GET …/drops/{drop}/actions."""
        return Answer(200, _encode(Trail(tuple(await self._queries.actions(call.drop())))))

    async def act(self, call: Call) -> Answer:
        """POST …/drops/{drop}/actions."""
        assert call.principal is not None
        drop_id, wanted = call.drop(), call.decoded(_ACT)
        if isinstance(wanted, NEEDS_ADMIN) and call.principal.role != "admin":
            raise forbidden(call.principal.role, "admin", call.principal.name)
        try:
            outcome = await self._acts.do(drop_id, wanted, call.principal.name)
        except ValueError as error:  # What the drop would be then contradicts itself.
            raise invalid("do", f"{error}.") from None
        return await self._after(drop_id, outcome)

    async def put(self, call: Call) -> Answer:
        """POST …/drops."""
        assert call.principal is not None
        wanted = call.decoded(_PUT)
        drop = _definition(wanted)
        outcome = await self._catalogue.put(drop, call.principal.name, wanted.why, wanted.seen)
        if isinstance(outcome, DropStored):
            self._queries.forget(drop.id)
            return Answer(201 if outcome.created else 200, _encode(PutView(drop.id, outcome.created)))
        return await self._after(drop.id, outcome)

    async def _after(self, drop_id: str, outcome: Outcome) -> Answer:
        """The drop as it is now; what was refused, with what has changed."""
        self._queries.forget(drop_id)
        if isinstance(outcome, ChangedMeanwhile):
            actions = await self._queries.actions(drop_id)
            return stale_view(next((acted for acted in actions if acted.data.get("by")), None))
        told = answer(outcome) if _is_refusal(outcome) else None
        if told is not None:
            return told
        seen = await self._queries.overview(drop_id)
        return _unknown(drop_id) if seen is None else Reply(200, _encode(seen))


def _is_refusal(outcome: Outcome) -> bool:
    return type(outcome).__name__ in ("Unknown", "StockBelowUse", "FlowFixed")


def _definition(wanted: StoredPut) -> Drop:
    if (wanted.definition is None) == (wanted.toml is None):
        raise invalid("definition", "Give either definition or toml.")
    try:
        if wanted.toml is not None:
            return parse_drop(wanted.toml, "drop file")
        return msgspec.convert(wanted.definition, Drop)
    except WrongDropFile as error:
        raise invalid("toml", str(error)) from None
    except msgspec.ValidationError as error:
        raise ill_formed(error, Drop) from None


def _query(call: Call, shape: type[T]) -> T:
    """The query as a struct; refused with 422 where it is none."""
    try:
        given = dict(parse_qsl(call.query.decode("ascii"), strict_parsing=bool(call.query), max_num_fields=10))
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise ill_formed(error, shape) from None
    except ValueError:
        raise invalid("query", "The query is not well-formed.") from None


def _unknown(drop_id: str) -> Answer:
    return answer(Unknown("drop", drop_id))
