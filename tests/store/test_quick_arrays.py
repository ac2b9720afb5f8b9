"""Arrays by their type: the same values arrive, at fewer questions, and wherever the driver lets itself be told."""

from collections.abc import Iterable
from types import SimpleNamespace

import asyncpg
import pytest
from asyncpg.protocol import protocol

from race_to_purchase.store import quick_arrays
from race_to_purchase.store.quick_arrays import know_arrays_by_type


async def test_the_driver_still_asks_what_we_answer_more_quickly() -> None:
    """Fails once asyncpg asks in another way: then the module can go, or has to follow."""
    assert protocol.IterableABC in (Iterable, list)
    know_arrays_by_type()
    assert protocol.IterableABC is list


async def test_rows_arrays_and_arrays_in_rows_arrive_as_they_are(database_dsn: str) -> None:
    know_arrays_by_type()
    connection = await asyncpg.connect(database_dsn, server_settings={"search_path": "race"})
    try:
        entries = [("0190a7c1-0000-7000-8000-000000000001", 0, "sale", None, "EUR", ["a", "{b}"], [1, -1])]
        row = await connection.fetchrow("SELECT * FROM unnest($1::journal_insert[])", entries)
        assert row is not None
        assert (row["accounts"], row["amounts"], row["at"]) == (["a", "{b}"], [1, -1], None)
        assert await connection.fetchval("SELECT $1::text[]", [["a", "b"], ["c", None]]) == [["a", "b"], ["c", None]]
        assert await connection.fetchval("SELECT $1::text[]", []) == []
    finally:
        await connection.close()


def test_a_driver_without_those_names_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace()
    monkeypatch.setattr(quick_arrays, "protocol", other)
    know_arrays_by_type()
    assert vars(other) == {}
