"""What the console reads of the rows: of one drop and one purchase alone, bounded, and in its order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from race_to_purchase.rules.rows import Quote
from race_to_purchase.store.console import PostgresConsole
from race_to_purchase.store.postgres import PostgresStore
from tests.samples import a_drop, new_id

NOW = datetime.now(UTC)
QUOTE = msgspec.json.encode(Quote("EUR", (), 100, 0, 100)).decode()
DROPS = ("aurora", "aurora-2", "auror")
"""One of them is asked about; the ids of the others begin alike."""

CHECKOUT = """INSERT INTO race.checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at)
    VALUES ($1, 'aurora', $2, $3, $4, '{"hold": {}, "commit": {}}', $5, $6)"""
ATTEMPT = """INSERT INTO race.attempt
    (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at, gateway_ref)
    VALUES ($1, $2, 'bank', 'declined', $3, 'pm', 100, 'EUR', 0, $4, $5)"""
EVENT = "INSERT INTO race.event (at, stream, kind, data) VALUES ($1, $2, $3, '{}')"
MESSAGE = """INSERT INTO race.inbox (id, gateway, kind, ref, reference, created_at, received_at, data,
    body, state, due_at) VALUES ($1, 'bank', 'paid', $2, $3, $4, $4, '{}', '', $5, $6)"""
TASK = "INSERT INTO race.task (id, kind, drop_id, checkout_id, n, due_at) VALUES ($1, $2, 'aurora', $3, 1, $4)"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes may have passed since this module was imported."""
    monkeypatch.setitem(globals(), "NOW", datetime.now(UTC))


@pytest.fixture
def console(store: PostgresStore) -> PostgresConsole:
    return PostgresConsole(store.pool)


async def write(store: PostgresStore, statement: str, *rows: Sequence[Any]) -> None:
    await store.pool.executemany(statement, rows)


async def drops(store: PostgresStore) -> None:
    """Each with a piece, a promotion and a line, that are pools of their own."""
    stored = [(name, msgspec.json.encode(a_drop(name)).decode(), NOW) for name in DROPS]
    await write(store, "INSERT INTO race.drops (id, definition, opens_at) VALUES ($1, $2::jsonb, $3)", *stored)
    pools = [(f"{name}/{kind}/one", name, kind) for name in DROPS for kind in ("buyer", "item", "line", "promo")]
    await write(store, "INSERT INTO race.pool (id, drop_id, kind, capacity) VALUES ($1, $2, $3, 9)", *pools)
    late = [(name, bytes([number]), number) for name, most in (("aurora", 3), ("auror", 7)) for number in range(most)]
    await write(store, "INSERT INTO race.late_comer (drop_id, tid, number) VALUES ($1, $2, $3)", *late)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_a_drop_is_told_with_its_own_pools_and_late_comers(
    store: PostgresStore, console: PostgresConsole
) -> None:
    await drops(store)
    rows = await console.rows_now("aurora", 5)
    assert rows is not None
    assert [pool.id for pool in rows.pools] == ["aurora/item/one", "aurora/line/one", "aurora/promo/one"]
    assert (rows.definition.id, rows.late, rows.line) == ("aurora", 3, None)
    assert await console.rows_now("nothing", 5) is None


async def test_what_is_held_is_told_where_it_ends_within_a_minute_or_did(
    store: PostgresStore, console: PostgresConsole
) -> None:
    await drops(store)
    ends = [("reserved", 30), ("open", 50), ("paying", -20), ("fulfilled", 30), ("expired", -20), ("open", 90)]
    rows = [(new_id(), "ada", state, QUOTE, at(seconds), NOW) for state, seconds in [*ends, ("open", -400)]]
    await write(store, CHECKOUT, *rows)
    seen = await console.rows_now("aurora", 5)
    assert seen is not None
    assert (seen.expiring, seen.overdue) == (2, 1)


async def test_only_what_is_due_is_owed(store: PostgresStore, console: PostgresConsole) -> None:
    await drops(store)
    none = await console.rows_now("aurora", 5)
    await write(store, TASK, ("a/1", "void", new_id(), at(-9)), ("b/1", "capture", new_id(), at(900)))
    messages = [("waiting", -9), ("done", -9), ("waiting", 900)]
    await write(store, MESSAGE, *((new_id(), "r", None, NOW, state, at(due)) for state, due in messages))
    seen = await console.rows_now("aurora", 5)
    assert none is not None
    assert seen is not None
    assert none.owed == ()
    assert [(owed.name, owed.due) for owed in seen.owed] == [("inbox", 1), ("void", 1)]


async def test_actions_are_the_latest_of_the_drop_and_of_gateways_alone(
    store: PostgresStore, console: PostgresConsole
) -> None:
    await drops(store)
    await write(store, "INSERT INTO race.gateway (name, why, by) VALUES ($1, '', '')", ("other",), ("bank",))
    told = [
        ("aurora", "first"), ("aurora", "second"), ("aurora-2", "elsewhere"), ("gateway/bank", "third"),
        ("gateway/other", "fourth"), ("pool/x", "elsewhere"), ("aurora", "fifth"), ("gateway/bank", "sixth"),
    ]  # fmt: skip
    await write(store, EVENT, *((NOW, stream, kind) for stream, kind in told))
    latest = ["sixth", "fifth", "fourth", "third", "second", "first"]
    for most in (1, 2, 4, 6, 100):
        seen = await console.rows_now("aurora", most)
        assert seen is not None
        assert [acted.kind for acted in seen.actions] == latest[:most]
        assert [acted.kind for acted in await console.actions("aurora", most)] == latest[:most]
        assert [row.name for row in seen.gateways] == ["bank", "other"]


async def test_a_search_finds_the_latest_of_a_buyer_and_none_that_began_before(
    store: PostgresStore, console: PostgresConsole
) -> None:
    ages_s = {"old": 4000, "second": 20, "first": 10, "third": 30}
    ids = {name: new_id() for name in ages_s}
    await write(store, CHECKOUT, *((ids[name], "ada", "open", QUOTE, NOW, at(-age)) for name, age in ages_s.items()))
    await write(store, CHECKOUT, (new_id(), "bob", "open", QUOTE, NOW, NOW))
    found = [one.checkout for one in await console.search("ada", at(-3600), 20)]
    assert found == [ids["first"], ids["second"], ids["third"]]
    assert [one.checkout for one in await console.search("ada", at(-3600), 2)] == found[:2]
    both = [one.checkout for one in await console.search(f"{ids['old']} {ids['first']}", at(-3600), 20)]
    assert both == [ids["first"], ids["old"]], "by its id one is found whenever it was"


async def test_a_search_finds_payments_by_what_the_gateway_calls_them_and_requests_by_their_key(
    store: PostgresStore, console: PostgresConsole
) -> None:
    by_reference, by_key, by_request, old = (new_id() for _ in range(4))
    rows = ((id_, "x", "open", QUOTE, NOW, NOW) for id_ in (by_reference, by_key, by_request, old))
    await write(store, CHECKOUT, *rows)
    await write(
        store, ATTEMPT, (by_reference, 1, "k1", NOW, "wanted"), (by_key, 1, "wanted", NOW, None),
        (old, 1, "wanted", at(-4000), "wanted"), (by_request, 1, "other", NOW, "other"),
    )  # fmt: skip
    asked = [("wanted", by_request, NOW), ("other", by_reference, NOW), ("old", by_request, at(-4000))]
    await write(
        store,
        """INSERT INTO race.idempotency (scope, key, fingerprint, created_at, checkout_id)
        VALUES ('s', $1, '', $3, $2)""",
        *asked,
    )
    found = {one.checkout: one.by for one in await console.search("wanted", at(-3600), 20)}
    told = {by_reference: "gateway_reference", by_key: "gateway_reference", by_request: "idempotency_key"}
    assert found == told
    assert await console.search("old", at(-3600), 20) == []


async def test_of_many_requests_under_one_key_the_latest_are_looked_at(
    store: PostgresStore, console: PostgresConsole
) -> None:
    asked_last, began_last = new_id(), new_id()
    began = ((asked_last, at(-100)), (began_last, NOW))
    await write(store, CHECKOUT, *((id_, "x", "open", QUOTE, NOW, when) for id_, when in began))
    await write(
        store,
        """INSERT INTO race.idempotency (scope, key, fingerprint, created_at, checkout_id)
        VALUES ($1, 'wanted', '', $2, $3)""",
        *(("one", NOW, asked_last), ("two", at(-50), began_last)),
    )
    assert [one.checkout for one in await console.search("wanted", at(-3600), 1)] == [asked_last]


async def test_a_purchase_is_told_with_its_own_rows_in_their_order(
    store: PostgresStore, console: PostgresConsole
) -> None:
    mine, other = new_id(), new_id()
    await write(store, CHECKOUT, *((id_, "ada", "paying", QUOTE, NOW, NOW) for id_ in (mine, other)))
    attempts = [(mine, 2, "m2", NOW, "ref-2"), (mine, 1, "m1", NOW, None), (other, 1, "o1", NOW, "ref-o")]
    await write(store, ATTEMPT, *attempts)
    await write(
        store,
        """INSERT INTO race.journal (order_id, entry, kind, at, currency, accounts, amounts)
        VALUES ($1, $2, 'sale', now(), 'EUR', '{a,b}', '{1,-1}')""",
        (mine, 1), (mine, 0), (other, 0),
    )  # fmt: skip
    await write(
        store, TASK, (f"{mine}/1/b", "later", mine, at(9)), (f"{mine}/1/a", "soon", mine, at(1)),
        (f"{other}/1/a", "other", other, NOW),
    )  # fmt: skip
    purchase = await console.purchase(mine)
    assert purchase is not None
    assert [attempt.n for attempt in purchase.attempts] == [1, 2]
    assert [(entry.order_id, entry.entry) for entry in purchase.entries] == [(mine, 0), (mine, 1)]
    assert [task.kind for task in purchase.tasks] == ["soon", "later"]


async def test_messages_of_a_purchase_are_those_of_its_references_within_two_days(
    store: PostgresStore, console: PostgresConsole
) -> None:
    mine = new_id()
    await write(store, CHECKOUT, (mine, "ada", "paying", QUOTE, NOW, NOW))
    await write(store, ATTEMPT, (mine, 1, "m1", NOW, "ref-1"))
    day = 86_400
    came = [
        ("second", "ref-1", None, 20), ("first", "-", f"{mine}/1", 10), ("other", "ref-2", f"{new_id()}/1", 30),
        ("before", "ref-1", None, -10), ("after", "ref-1", None, 2 * day + 10),
    ]  # fmt: skip
    await write(store, MESSAGE, *((id_, ref, whose, at(s), "done", NOW) for id_, ref, whose, s in came))
    purchase = await console.purchase(mine)
    assert purchase is not None
    assert [message.id for message in purchase.messages] == ["first", "second"]
    await write(store, MESSAGE, *((f"m{n}", "ref-1", None, at(40 + n), "done", NOW) for n in range(300)))
    purchase = await console.purchase(mine)
    assert purchase is not None
    assert len(purchase.messages) == 200
