"""What was counted over time, in PostgreSQL; see `ports.series`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

AFTER_LABEL = "\x1f"
"""After each label of a count, whose values never hold it: the keys of JSON are text."""

LABELS_KEPT = 8192

_Counts = dict[str, dict[str, float]]
_Flat = tuple[_Counts, _Counts, dict[str, dict[str, list[float]]]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[_Counts, _Counts, dict[str, msgspec.Raw]]).decode
_decode_spread = msgspec.json.Decoder(dict[str, list[float]]).decode
"""Distributions are decoded one by one, and only those that are wanted."""


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
        self, drop: str, since: datetime, until: datetime, spreads: Collection[str] | None = None
    ) -> Sequence[Slice]:
        """See the port."""
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                rows = await connection.fetch(statement("series_read"), drop, since, until)
        return [Slice(row["drop_id"], row["at"], row["source"], _counted(row["counted"], spreads)) for row in rows]

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


def _counted(text: str, spreads: Collection[str] | None) -> Counted:
    counts, levels, found = _decode(text)
    wanted = found.items() if spreads is None else [(name, found[name]) for name in spreads if name in found]
    return Counted(_split(counts), _split(levels), _split({name: _decode_spread(raw) for name, raw in wanted}))


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
