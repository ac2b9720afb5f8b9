"""One commit for all who wait, each piece undone alone, and nothing left of a commit that failed."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from race_to_purchase.gateways.simulator.store import Store, statement
from race_to_purchase.gateways.simulator.writer import BATCH_MAX, Writer


class CountedStore(Store):
    """A store that says how often it committed, and fails where it is told to."""

    commits = 0
    failing = False

    def commit(self) -> None:
        """See Store."""
        if self.failing:
            raise sqlite3.OperationalError("database or disk is full")
        self.commits += 1
        super().commit()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CountedStore]:
    one = CountedStore(tmp_path / "books.db")
    yield one
    one.close()


def put(store: Store, name: str) -> Any:
    return lambda: store.write("write_fact", (name, "here"))


def has(store: Store, name: str) -> bool:
    return store.row("read_fact", (name,)) is not None


async def test_those_who_wait_together_share_a_commit(store: CountedStore) -> None:
    writer = Writer(store)
    await asyncio.gather(*(writer.run(put(store, f"f{n}")) for n in range(2 * BATCH_MAX)))
    assert store.commits == 2
    assert all(has(store, f"f{n}") for n in range(2 * BATCH_MAX))
    await writer.finish()


async def test_a_piece_that_raises_is_undone_alone(store: CountedStore) -> None:
    writer = Writer(store)

    def broken() -> None:
        store.write("write_fact", ("broken", "here"))
        raise LookupError("no")

    results = await asyncio.gather(
        writer.run(put(store, "a")), writer.run(broken), writer.run(put(store, "b")), return_exceptions=True
    )
    assert isinstance(results[1], LookupError)
    assert (has(store, "a"), has(store, "broken"), has(store, "b")) == (True, False, True)
    await writer.finish()


async def test_a_commit_that_fails_fails_everybody_and_leaves_nothing(store: CountedStore) -> None:
    writer = Writer(store)
    store.failing = True
    results = await asyncio.gather(*(writer.run(put(store, f"f{n}")) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [sqlite3.OperationalError] * 3
    store.failing = False
    assert not any(has(store, f"f{n}") for n in range(3))
    await writer.run(put(store, "after"))
    assert has(store, "after")
    await writer.finish()


async def test_a_full_disk_is_an_error_and_not_the_end(store: CountedStore) -> None:
    writer = Writer(store)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")

    def much() -> None:
        for n in range(100):
            store.write("write_fact", (f"big{n}", "x" * 5000))

    with pytest.raises(sqlite3.Error):
        await writer.run(much)
    assert not has(store, "big0")
    store._connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    await writer.run(put(store, "after"))
    assert has(store, "after")
    await writer.finish()


async def test_a_caller_who_has_gone_keeps_nobody_waiting(store: CountedStore) -> None:
    writer = Writer(store)
    gone = asyncio.create_task(writer.run(put(store, "gone")))
    stays = asyncio.create_task(writer.run(put(store, "stays")))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert has(store, "stays")
    await writer.finish()


PAGE = {"prefix": "pi", "since": 0, "until": 9, "at": 9, "cursor": 9, "label": None, "limit": 5}


@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        ("list_down", PAGE, "record_list"),
        ("list_up", PAGE, "record_list"),
        ("read_children", ("pi_1", "ch"), "record_parent"),
        ("settlement", {"since": 0, "until": 9}, "record_list"),
        ("read_due", (5.0, 10), "account_due"),
        ("books", {"after": "", "after_currency": "", "first": "a", "last": "a", "limit": 5}, "account_reference"),
        ("read_answer", ("key",), "sqlite_autoindex_answer_1"),
        ("read_record", (1, "pi"), "INTEGER PRIMARY KEY"),
    ],
)
def test_what_is_asked_often_is_found_by_an_index(store: CountedStore, name: str, values: Any, index: str) -> None:
    plan = store._connection.execute("EXPLAIN QUERY PLAN " + statement(name), values).fetchall()
    assert any(index in step[3] for step in plan), plan
    if name.startswith("list"):
        assert not any("TEMP B-TREE" in step[3] for step in plan), plan
