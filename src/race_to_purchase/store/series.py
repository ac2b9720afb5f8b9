"""What was counted over time, in PostgreSQL; see `ports.series`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec

from race_to_purchase.observe.series import Counted, Slice
from race_to_purchase.store.postgres import CONNECT_TIMEOUT_S, translated
from race_to_purchase.store.statements import statement

AFTER_LABEL = "\x1f"
"""After each label of a count, whose values never hold it: the keys of JSON are text."""

_Flat = tuple[dict[str, dict[str, float]], dict[str, dict[str, float]], dict[str, dict[str, list[float]]]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Flat).decode


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

    async def slices(self, drop: str, since: datetime, until: datetime) -> Sequence[Slice]:
        """See the port."""
        with translated:
            async with self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                rows = await connection.fetch(statement("series_read"), drop, since, until)
        return [Slice(row["drop_id"], row["at"], row["source"], _deep(_decode(row["counted"]))) for row in rows]

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


def _deep(flat: _Flat) -> Counted:
    counts, levels, spreads = flat
    return Counted(_split(counts), _split(levels), _split(spreads))


def _joined(by_name: Mapping[str, Mapping[tuple[str, ...], Any]]) -> dict[str, dict[str, Any]]:
    return {name: {_key(at): value for at, value in found.items()} for name, found in by_name.items()}


def _key(labels: tuple[str, ...]) -> str:
    return "".join(label + AFTER_LABEL for label in labels)


def _split(by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[tuple[str, ...], Any]]:
    return {name: {_labels(key): value for key, value in found.items()} for name, found in by_name.items()}


@lru_cache(maxsize=8192)
def _labels(key: str) -> tuple[str, ...]:
    """There are few, and each comes back every few seconds."""
    return tuple(key.split(AFTER_LABEL)[:-1])
