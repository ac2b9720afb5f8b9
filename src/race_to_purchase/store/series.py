"""What was counted over time, in PostgreSQL; see `ports.series`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.observe.series import Counted, Slice, length_of
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

AFTER_LABEL = "\x1f"
"""After each label of a count, whose values never hold it: the keys of JSON are text."""

LABELS_KEPT = 8192

AT_ONCE = 100
"""So many rows are read, and made into slices, before others have their turn."""

NEXT = timedelta(microseconds=1)

_Counts = dict[str, dict[str, float]]
_Flat = tuple[_Counts, _Counts, dict[str, dict[str, list[float]]]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[_Counts, dict[str, msgspec.Raw], dict[str, msgspec.Raw]]).decode
_decode_level = msgspec.json.Decoder(dict[str, float]).decode
_decode_spread = msgspec.json.Decoder(dict[str, list[float]]).decode
"""Gauges and distributions are decoded one by one, and only those that are wanted."""


class PostgresSeries:
    """Over the pool of a PostgresStore."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """See the port."""
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                now: datetime = await connection.fetchval(statement("now"))
        return now

    async def write(self, source: str, counted: Mapping[str, Counted], at: datetime) -> None:
        """See the port."""
        texts = [text_of(each) for each in counted.values()]
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                await connection.execute(statement("series_write"), list(counted), source, texts, at)

    async def slices(
        self, drop: str, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> AsyncIterator[Slice]:
        """See the port."""
        more = True
        while more:
            with translated:
                async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                    rows = await connection.fetch(statement("series_read"), drop, since, until, AT_ONCE)
            for row in rows:
                yield Slice(row["drop_id"], row["at"], row["source"], _counted(row["counted"], only))
                since = row["at"] + NEXT
            more = len(rows) >= AT_ONCE

    async def forget(self, older_than_s: float, limit: int) -> int:
        """See the port."""
        with translated:
            status = await self._pool.execute(statement("series_forget"), older_than_s, limit)
        return int(status.split()[-1])


def text_of(counted: Counted) -> str:
    """As it stands in a row."""
    return _encode(_flat(counted)).decode()


def _flat(counted: Counted) -> _Flat:
    return _joined(counted.counts), _joined(counted.levels), _joined(counted.spreads)


def _counted(text: str, only: Collection[str] | None) -> Counted:
    counts, levels, spreads = _decode(text)
    return Counted(
        _split(counts),
        _split({name: _decode_level(levels[name]) for name in _wanted(levels, only)}),
        _split({name: _as_now(name, _decode_spread(spreads[name])) for name in _wanted(spreads, only)}),
    )


def _as_now(name: str, spread: dict[str, list[float]]) -> dict[str, list[float]]:
    """Without what another version counted in other buckets: the two cannot be added up."""
    length = length_of(name)
    return {at: counts for at, counts in spread.items() if length is None or len(counts) == length}


def _wanted(found: Mapping[str, msgspec.Raw], only: Collection[str] | None) -> Iterable[str]:
    return found if only is None else [name for name in only if name in found]


def _joined(by_name: Mapping[str, Mapping[tuple[str, ...], Any]]) -> dict[str, dict[str, Any]]:
    return {name: {_key(at): value for at, value in found.items()} for name, found in by_name.items()}


def _key(labels: tuple[str, ...]) -> str:
    return "".join(label + AFTER_LABEL for label in labels)


def _split(by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[tuple[str, ...], Any]]:
    labels = _LABELS.__getitem__
    return {name: dict(zip(map(labels, found), found.values(), strict=True)) for name, found in by_name.items()}


class _Labels(dict[str, tuple[str, ...]]):
    """Labels by their key: there are few, and each comes back every few seconds."""

    def __missing__(self, key: str) -> tuple[str, ...]:
        if len(self) >= LABELS_KEPT:
            self.clear()
        labels = self[key] = tuple(key.split(AFTER_LABEL)[:-1])
        return labels


_LABELS = _Labels()
