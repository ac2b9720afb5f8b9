"""Rows as columns: how a snapshot comes out of `read_batch`, and how its changes go into `write_batch`.

Both ways rows travel as one array a column, since a batch of hundreds then costs PostgreSQL and Python one statement.
The order of columns here is the order of parameters there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.rows import (
    Attempt,
    Checkout,
    Claims,
    DropRow,
    Entry,
    Happened,
    Order,
    Pool,
    Quote,
    StoredKey,
    Task,
    TaskDone,
    TaskTurned,
    attempt_id,
)
from race_to_purchase.rules.snapshot import Snapshot

_encode = msgspec.json.Encoder().encode
_quote = msgspec.json.Decoder(Quote).decode
_claims = msgspec.json.Decoder(Claims).decode
_drop = msgspec.json.Decoder(Drop).decode

_CHECKOUT, _ATTEMPT, _POOL, _KEY, _DROP = slice(0, 11), slice(11, 27), slice(27, 34), slice(34, 42), slice(42, 44)


def claims_of(text: str) -> Claims:
    """The claims of a checkout from their stored JSON."""
    return _claims(text)


def drop_of(row: Any) -> DropRow:
    """A row of `read_drops`."""
    return DropRow(row["id"], _drop(row["definition"]), row["closed_at"], row["version"])


def checkout_of(columns: Sequence[Any]) -> Checkout:
    """A checkout from its columns in the order of `read_batch` and `read_checkout`."""
    id_, drop_id, buyer, state, quote, claims, deadline, created_at, fence, live_n, version = columns
    return Checkout(
        id_, drop_id, buyer, state, _quote(quote), _claims(claims), deadline, created_at, fence, live_n, version
    )


def _rows(columns: Sequence[list[Any] | None]) -> Iterable[tuple[Any, ...]]:
    """Columns turned to rows; a table without rows comes as nulls."""
    return () if columns[0] is None else zip(*columns, strict=True)


def snapshot_of(record: Sequence[Any], drops: dict[str, DropRow]) -> Snapshot:
    """The snapshot that one row of `read_batch` holds; `drops` are the definitions it names."""
    now: datetime = record[44]
    return Snapshot(
        now,
        drops=drops,
        checkouts={row[0]: checkout_of(row) for row in _rows(record[_CHECKOUT])},
        attempts={(row[0], row[1]): Attempt(*row) for row in _rows(record[_ATTEMPT])},
        pools={row[0]: Pool(*row) for row in _rows(record[_POOL])},
        stored={(row[0], row[1]): StoredKey(*row) for row in _rows(record[_KEY])},
    )


def drop_versions(record: Sequence[Any]) -> list[tuple[str, int]]:
    """Id and version of the drops that a row of `read_batch` names."""
    return [(row[0], row[1]) for row in _rows(record[_DROP])]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _lines(happened: list[Happened] | None) -> str:
    if not happened:
        return ""
    return "".join(_encode(line).decode() + "\n" for line in happened)


def changes_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_batch`: updates first, each sorted by key, then inserts, each sorted by key."""
    history = snapshot.history
    checkouts, attempts, pools = snapshot.checkouts, snapshot.attempts, snapshot.pools
    tasks = snapshot.tasks.values()
    return [
        *_columns(
            [
                (c.id, c.state, c.fence, c.live_n, c.version, _lines(history.get(c.id)))
                for c in sorted(checkouts.updates(), key=lambda c: c.id)
            ],
            6,
        ),
        *_columns([_attempt_update(a, history) for a in sorted(attempts.updates(), key=_attempt_key)], 10),
        *_columns(
            [(p.id, p.capacity, p.held, p.sold, p.version) for p in sorted(pools.updates(), key=lambda p: p.id)], 5
        ),
        *_columns([(p.id, p.drop_id, p.kind, p.capacity, p.held, p.sold) for p in pools.inserts()], 6),
        *_columns([_checkout_insert(c, history) for c in checkouts.inserts()], 11),
        *_columns([_attempt_insert(a, history) for a in attempts.inserts()], 12),
        *_columns([_order_insert(o) for o in sorted(snapshot.orders, key=lambda o: o.id)], 9),
        *_columns([_entry_insert(e) for e in sorted(snapshot.entries, key=lambda e: (e.order_id, e.entry))], 7),
        *_columns([_key_insert(k) for k in snapshot.stored.inserts()], 8),
        *_columns(
            [
                (t.id, t.kind, t.drop_id, t.checkout_id, t.n, t.due_at, t.tries)
                for t in sorted((t for t in tasks if isinstance(t, Task)), key=lambda t: t.id)
            ],
            7,
        ),
        *_columns([(t.id, t.kind) for t in tasks if isinstance(t, TaskTurned)], 2),
        [t.id for t in tasks if isinstance(t, TaskDone)],
        *_columns([(b.id, b.email) for _, b in sorted(snapshot.buyers.items())], 2),
    ]


def _attempt_key(attempt: Attempt) -> tuple[str, int]:
    return attempt.checkout_id, attempt.n


def _attempt_update(a: Attempt, history: dict[str, list[Happened]]) -> tuple[Any, ...]:
    return (
        a.checkout_id,
        a.n,
        a.state,
        a.gateway_ref,
        a.capture_before,
        a.decline_code,
        a.answer_status,
        a.answer,
        a.version,
        _lines(history.get(attempt_id(a.checkout_id, a.n))),
    )


def _checkout_insert(c: Checkout, history: dict[str, list[Happened]]) -> tuple[Any, ...]:
    return (
        c.id,
        c.drop_id,
        c.buyer,
        c.state,
        _encode(c.quote).decode(),
        _encode(c.claims).decode(),
        c.deadline,
        c.created_at,
        c.fence,
        c.live_n,
        _lines(history.get(c.id)),
    )


def _attempt_insert(a: Attempt, history: dict[str, list[Happened]]) -> tuple[Any, ...]:
    return (
        a.checkout_id,
        a.n,
        a.gateway,
        a.state,
        a.key,
        a.method,
        a.amount,
        a.currency,
        a.fence,
        a.began_at,
        a.gateway_ref,
        _lines(history.get(attempt_id(a.checkout_id, a.n))),
    )


def _order_insert(o: Order) -> tuple[Any, ...]:
    return o.id, o.drop_id, o.buyer, o.amount, o.currency, o.gateway, o.gateway_ref, o.attempt_n, o.placed_at


def _entry_insert(e: Entry) -> tuple[Any, ...]:
    return e.order_id, e.entry, e.kind, e.at, e.currency, " ".join(e.accounts), " ".join(map(str, e.amounts))


def _key_insert(k: StoredKey) -> tuple[Any, ...]:
    return k.scope, k.key, k.fingerprint, k.created_at, k.status, k.answer, k.checkout_id, k.attempt_n


def drops_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_drops`."""
    rows = [snapshot.drops[key] for key in sorted(snapshot.drops.changed)]
    return _columns(
        [(d.id, _encode(d.definition).decode(), d.definition.opens_at, d.closed_at, d.version) for d in rows], 5
    )


def events_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_events`."""
    return _columns([(e.at, e.stream, e.kind, e.data) for e in snapshot.events], 4)
