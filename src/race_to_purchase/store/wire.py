"""Rows on their way: how a snapshot comes out of `read_batch`, and how its changes go into `write_batch`.

A batch of hundreds costs one statement each way. Out of the database rows travel as one array a column; into it, as
one array of composite values a kind of change, which asyncpg encodes in half the time. The order of fields here is
the order of columns there.
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
    Finding,
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
_detail = msgspec.json.Decoder(dict[str, str | int]).decode

_CHECKOUT, _ATTEMPT, _POOL, _KEY, _DROP = slice(0, 11), slice(11, 30), slice(30, 37), slice(37, 45), slice(45, 47)


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
    now: datetime = record[47]
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


def _lines(happened: list[Happened] | None) -> str:
    if not happened:
        return ""
    return "".join(_encode(line).decode() + "\n" for line in happened)


def changes_of(snapshot: Snapshot, *, locked: bool) -> list[Sequence[Any]]:
    """The parameters of `write_batch`, each a list of tuples in the order of its type, sorted by key.

    Sorted, so that two processes that change the same rows without having locked them cannot wait for each other. Pools
    that are not `locked` are moved by what the batch needs of them, on top of what others do to them meanwhile.
    """
    history = snapshot.history
    checkouts, attempts, pools = snapshot.checkouts, snapshot.attempts, snapshot.pools
    tasks = [snapshot.tasks[key] for key in sorted(snapshot.tasks)]
    return [
        [
            (c.id, c.state, c.deadline, c.fence, c.live_n, c.version, _lines(history.get(c.id)))
            for c in sorted(checkouts.updates(), key=lambda c: c.id)
        ],
        [_attempt_update(a, history) for a in sorted(attempts.updates(), key=_attempt_key)],
        [_pool_update(p, pools.read[p.id], locked=locked) for p in sorted(pools.updates(), key=lambda p: p.id)],
        [(p.id, p.drop_id, p.kind, p.capacity, p.held, p.sold) for p in pools.inserts()],
        [_checkout_insert(c, history) for c in checkouts.inserts()],
        [_attempt_insert(a, history) for a in attempts.inserts()],
        [_order_insert(o) for o in sorted(snapshot.orders, key=lambda o: o.id)],
        [_entry_insert(e) for e in sorted(snapshot.entries, key=lambda e: (e.order_id, e.entry))],
        [_key_insert(k) for k in snapshot.stored.inserts()],
        [(t.id, t.kind, t.drop_id, t.checkout_id, t.n, t.due_at, t.tries) for t in tasks if isinstance(t, Task)],
        [(t.id, t.kind) for t in tasks if isinstance(t, TaskTurned)],
        [t.id for t in tasks if isinstance(t, TaskDone)],
        [(b.id, b.email) for _, b in sorted(snapshot.buyers.items())],
    ]


def _pool_update(pool: Pool, read: Pool, *, locked: bool) -> tuple[Any, ...]:
    """By how much it changes, and the version that this depends on; a pool that is only moved depends on none."""
    version = pool.version if locked or pool.capacity != read.capacity else None
    return (pool.id, pool.capacity - read.capacity, pool.held - read.held, pool.sold - read.sold, version)


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
        a.next_action,
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
        a.return_url,
        a.country,
        _lines(history.get(attempt_id(a.checkout_id, a.n))),
    )


def _order_insert(o: Order) -> tuple[Any, ...]:
    return o.id, o.drop_id, o.buyer, o.amount, o.currency, o.gateway, o.gateway_ref, o.attempt_n, o.placed_at


def _entry_insert(e: Entry) -> tuple[Any, ...]:
    return e.order_id, e.entry, e.kind, e.at, e.currency, list(e.accounts), list(e.amounts)


def _key_insert(k: StoredKey) -> tuple[Any, ...]:
    return k.scope, k.key, k.fingerprint, k.created_at, k.status, k.answer, k.checkout_id, k.attempt_n


def drops_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_drops`, as columns."""
    rows = [snapshot.drops[key] for key in sorted(snapshot.drops.changed)]
    return [
        [d.id for d in rows],
        [_encode(d.definition).decode() for d in rows],
        [d.definition.opens_at for d in rows],
        [d.closed_at for d in rows],
        [d.version for d in rows],
    ]


def gateways_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_gateways`, as columns."""
    rows = [snapshot.gateways[name] for name in sorted(snapshot.gateways)]
    return [[g.name for g in rows], [g.drained_at for g in rows], [g.why for g in rows], [g.by for g in rows]]


def events_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_events`, as columns."""
    happened = snapshot.events
    return [
        [e.at for e in happened],
        [e.stream for e in happened],
        [e.kind for e in happened],
        [e.data for e in happened],
    ]


def finding_of(row: Any) -> Finding:
    """A row of `read_findings` or `findings_unended`."""
    columns = dict(row)
    return Finding(**columns | {"detail": _detail(columns["detail"])})


def findings_of(snapshot: Snapshot) -> list[Sequence[Any]]:
    """The parameters of `write_findings`, as columns; a new row's version is -1, which no stored row has."""
    rows = [snapshot.findings[key] for key in sorted(snapshot.findings.changed)]
    columns = {name: [getattr(row, name) for row in rows] for name in Finding.__struct_fields__}
    columns["detail"] = [_encode(row.detail).decode() for row in rows]
    columns["version"] = [row.version if row.id in snapshot.findings.read else -1 for row in rows]
    return list(columns.values())
