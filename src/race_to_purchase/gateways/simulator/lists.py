"""Lists of objects, the newest first, page by page, as Stripe pages them.

They are read on a connection of their own, so that a long list keeps nobody from paying.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from race_to_purchase.gateways.simulator import params
from race_to_purchase.gateways.simulator.names import Names
from race_to_purchase.gateways.simulator.objects import (
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    PaymentIntent,
    Refund,
)
from race_to_purchase.gateways.simulator.refusals import invalid, missing
from race_to_purchase.gateways.simulator.store import Reader

FAR = 2**62

Result = TypeVar("Result")

_PREFIXES: dict[type[params.Asked], str] = {
    params.ListIntents: PaymentIntent.prefix,
    params.ListCharges: Charge.prefix,
    params.ListRefunds: Refund.prefix,
    params.ListDisputes: Dispute.prefix,
    params.ListBalance: BalanceTransaction.prefix,
    params.ListEvents: Event.prefix,
}


class Room:
    """A shelf that is read in a thread of its own, one question after the other."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader = reader
        self._shelf = Shelf(reader, names)
        self._turn = asyncio.Lock()

    async def read(self, question: Callable[[Shelf], Result]) -> Result:
        """The answer to a question about what is committed. Raises what it raises."""
        async with self._turn:
            return await asyncio.to_thread(question, self._shelf)

    async def rows(self, name: str, values: Any = ()) -> list[Any]:
        """The rows of a named statement over what is committed."""
        async with self._turn:
            return await asyncio.to_thread(self._reader.rows, name, values)

    async def close(self) -> None:
        """Wait for the question that is being answered, and close."""
        async with self._turn:
            self._reader.close()


class Shelf:
    """Reads what is committed. Its methods run one at a time, and raise Refused and sqlite3.Error."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader = reader
        self._names = names

    def page(self, ask: params.Listing, url: str) -> dict[str, Any]:
        """One page of a list, as the API answers it."""
        found = self._of_parent(ask) if self._parent(ask) else self._of_kind(ask)
        more = len(found) > ask.limit
        data = found[: ask.limit]
        if ask.ending_before is not None:
            data.reverse()
        return {"object": "list", "data": data, "has_more": more, "url": url}

    def body(self, name: str) -> bytes | None:
        """The JSON of the object that has this id."""
        prefix = name.partition("_")[0]
        number = self._names.number(prefix, name)
        rows = [] if number is None else self._reader.rows("read_record", (number, prefix))
        return bytes(rows[0][0]) if rows else None

    def movements(self, since: int, until: int) -> Iterator[dict[str, Any]]:
        """Movements of the balance in a range of Unix seconds, the oldest first."""
        for (body,) in self._reader.rows("settlement", {"since": since, "until": until}):
            yield msgspec.json.decode(body)

    def reference(self, payment: str) -> str:
        """The shop's own id of a payment; empty where there is no such payment."""
        number = self._names.number(PaymentIntent.prefix, payment)
        rows = [] if number is None else self._reader.rows("read_reference", (number,))
        return rows[0][0] if rows else ""

    def _of_kind(self, ask: params.Listing) -> list[Any]:
        """One row more than the page has, so that its end can be told from the list's."""
        since, until = _range(ask.created)
        prefix = _PREFIXES[type(ask)]
        at, cursor = self._cursor(ask, prefix)
        up = ask.ending_before is not None
        values: dict[str, Any] = {"prefix": prefix, "since": since, "until": until, "label": getattr(ask, "type", None)}
        wanted = _filter(ask)
        found: list[Any] = []
        while len(found) <= ask.limit:
            limit = ask.limit + 1 if wanted is None else 200
            values |= {"at": at, "cursor": cursor, "limit": limit}
            rows = self._reader.rows("list_up" if up else "list_down", values)
            page = [msgspec.json.decode(body) for (body,) in rows]
            found += [item for item in page if wanted is None or wanted(item)]
            if len(page) < limit or wanted is None:
                break
            at, cursor = page[-1]["created"], self._names.number(prefix, page[-1]["id"]) or 0
        return found[: ask.limit + 1]

    def _of_parent(self, ask: params.Listing) -> list[Any]:
        """The same for what belongs to one object, of which there are few."""
        prefix = _PREFIXES[type(ask)]
        rows = self._reader.rows("read_children", (self._parent(ask), prefix))
        since, until = _range(ask.created)
        _, cursor = self._cursor(ask, prefix)
        up = ask.ending_before is not None
        kind = getattr(ask, "type", None)
        found = []
        for (body,) in rows:
            item = msgspec.json.decode(body)
            number = self._names.number(prefix, item["id"]) or 0
            beyond = number > cursor if up else number < cursor
            if beyond and since <= item["created"] <= until and kind in (None, item.get("type")):
                found.append(item)
        if up:
            found.reverse()
        return found[: ask.limit + 1]

    def _parent(self, ask: params.Listing) -> str | None:
        """The object that everything in the list has to belong to."""
        charge = getattr(ask, "charge", None)
        if charge is not None:
            body = self.body(charge) if charge.startswith(f"{Charge.prefix}_") else None
            if body is None:
                raise missing("charge", charge, param="charge", status=400)
            return str(msgspec.json.decode(body)["payment_intent"])
        return getattr(ask, "payment_intent", None) or getattr(ask, "source", None)

    def _cursor(self, ask: params.Listing, prefix: str) -> tuple[int, int]:
        """Time and number of the object that the page begins behind; beyond all of them where none is named."""
        if ask.starting_after is not None and ask.ending_before is not None:
            raise invalid("Say either starting_after or ending_before.", param="starting_after")
        for param in ("starting_after", "ending_before"):
            name = getattr(ask, param)
            if name is not None:
                number, body = self._names.number(prefix, name), self.body(name)
                if number is None or body is None:
                    raise missing("object", name, param=param, status=400)
                return msgspec.json.decode(body)["created"], number
        return FAR, FAR


def _filter(ask: params.Listing) -> Any:
    """A test for what the statement cannot choose by itself; None where it can."""
    if isinstance(ask, params.ListEvents) and ask.types:
        return lambda item: item["type"] in ask.types
    if isinstance(ask, params.ListBalance) and ask.currency:
        return lambda item: item["currency"] == ask.currency
    return None


def _range(created: int | params.Created | None) -> tuple[int, int]:
    """The first and the last second that are meant."""
    match created:
        case None:
            return -FAR, FAR
        case int():
            return created, created
    since = [-FAR, *([created.gt + 1] if created.gt is not None else []), *_one(created.gte)]
    until = [FAR, *([created.lt - 1] if created.lt is not None else []), *_one(created.lte)]
    return max(since), min(until)


def _one(bound: int | None) -> list[int]:
    return [] if bound is None else [bound]
