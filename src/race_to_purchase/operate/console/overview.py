"""A drop at one moment, put together of its rows and its counts."""

from __future__ import annotations

from collections.abc import Sequence

from race_to_purchase.observe.measures import measures_of
from race_to_purchase.observe.series import Counted
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.operate.console import measures as m
from race_to_purchase.operate.console.noticing import BREAKER
from race_to_purchase.operate.console.points import GATEWAY, quantile_ms
from race_to_purchase.operate.console.shapes import (
    DropSeen,
    GatewaySeen,
    LineSeen,
    NetworkSeen,
    Overview,
    Phase,
    StockSeen,
)
from race_to_purchase.operate.console.watch import Watch
from race_to_purchase.path.counted import Counted as GatewayCounted
from race_to_purchase.ports import RowsNow
from race_to_purchase.rules.drop import Drop, item_pool, passes_pool
from race_to_purchase.rules.money import exponent
from race_to_purchase.rules.phases import phase_of
from race_to_purchase.rules.rows import DropRow

REASONS_MAX = 6
NOTICED_MAX = 20


def overview_of(
    rows: RowsNow, watch: Watch, gateways: Sequence[GatewayCounted], networks: Sequence[NetworkSeen], slo: Slo
) -> Overview:
    """See the module."""
    drop: Drop = rows.definition
    together, last = watch.together(rows.now), watch.recent(rows.now, m.RATE_S + 1)
    lately, minute = together.totals, watch.recent(rows.now, 60)
    stock = _stock(drop, rows)
    totals = watch.totals
    orders, reserved = totals.total("race_orders_total"), totals.total("race_reservations_total")
    assert watch.since is not None, "it has been followed"
    return Overview(
        now=rows.now,
        since=watch.since,
        counted_at=watch.counted_at(rows.now),
        drop=_drop(drop, rows, stock),
        stock=stock,
        sold=sum(item.sold for item in stock),
        held=sum(item.held for item in stock),
        capacity=sum(item.stock for item in stock),
        orders=int(orders),
        revenue=int(totals.total("race_order_amount_minor_total")),
        revenue_per_min=minute.total("race_order_amount_minor_total"),
        orders_per_s=last.total("race_orders_total") / m.RATE_S,
        conversion=orders / reserved if reserved else None,
        humans=m.humans_of(totals),
        budget=m.budget_of(watch.points.values(), rows.now.timestamp(), _window_s(drop, slo), slo),
        reasons=tuple(m.reasons_of(totals, REASONS_MAX)),
        measures=measures_of(together, slo.objectives, slo.bounds),
        expiring=rows.expiring,
        overdue=rows.overdue,
        owed=rows.owed,
        gateways=tuple(_gateway(one, rows, lately, together.processes()) for one in gateways),
        line=_line(drop, rows),
        saturation=m.saturation_of(lately, together.processes()),
        steps=tuple(m.steps_of(lately)),
        repeated=tuple(m.tallies(totals, "race_requests_repeated_total")),
        challenges=tuple(m.challenges_of(totals)),
        unproven=tuple(m.tallies(totals, "race_challenges_failed_total")),
        signs=tuple(m.tallies(totals, "race_signs_total")),
        limited=tuple(m.tallies(lately, "race_requests_limited_total")),
        networks=tuple(networks),
        noticed=watch.noticing.told(rows.now)[:NOTICED_MAX],
        actions=rows.actions,
    )


def _window_s(drop: Drop, slo: Slo) -> float:
    """The window of the drop's budget; no shorter than what processes write at once can fill."""
    length = None if drop.closes_at is None else (drop.closes_at - drop.opens_at).total_seconds()
    return max(15.0, slo.drop.window_s(length))


def _drop(drop: Drop, rows: RowsNow, stock: Sequence[StockSeen]) -> DropSeen:
    return DropSeen(
        drop.id,
        drop.title,
        drop.currency,
        exponent(drop.currency),
        drop.opens_at,
        drop.closes_at,
        rows.closed_at,
        _phase(drop, rows, stock),
        rows.version,
        drop.door is not None,
    )


def _phase(drop: Drop, rows: RowsNow, stock: Sequence[StockSeen]) -> Phase:
    if rows.line is not None:
        items = [pool for pool in rows.pools if pool.kind == "item"]
        return phase_of(_row(drop, rows), rows.line, items, rows.now)
    if rows.closed_at is not None or (drop.closes_at is not None and rows.now >= drop.closes_at):
        return "closed"
    if rows.now < drop.opens_at:
        return "announced"
    return "sold_out" if all(item.sold >= item.stock for item in stock) else "open"


def _row(drop: Drop, rows: RowsNow) -> DropRow:
    return DropRow(drop.id, drop, rows.closed_at, rows.version)


def _stock(drop: Drop, rows: RowsNow) -> tuple[StockSeen, ...]:
    pools = {pool.id: pool for pool in rows.pools}
    seen = ((item, pools[item_pool(drop.id, item.id)]) for item in drop.items)
    return tuple(StockSeen(i.id, i.title, i.price, pool.capacity, pool.held, pool.sold) for i, pool in seen)


def _gateway(one: GatewayCounted, rows: RowsNow, lately: Counted, levels: Sequence[Counted]) -> GatewaySeen:
    row = next((row for row in rows.gateways if row.name == one.name), None)
    said = {
        what: int(lately.total("race_gateway_answers_total", gateway=one.name, operation="authorize", said=what))
        for what in ("authorized", "declined", "no_answer", "not_sent")
    }
    buckets = list(lately.spread(GATEWAY, gateway=one.name, operation="authorize").buckets)
    return GatewaySeen(
        one.name,
        row is not None and row.drained_at is not None,
        row.by if row else "",
        row.why if row else "",
        one.breaker,
        sum(bool(told.levels.get(BREAKER, {}).get((one.name,))) for told in levels),
        one.waiting,
        said["authorized"],
        said["declined"],
        said["no_answer"] + said["not_sent"],
        quantile_ms(buckets, GATEWAY, 0.5),
        quantile_ms(buckets, GATEWAY, 0.95),
    )


def _line(drop: Drop, rows: RowsNow) -> LineSeen | None:
    line, door = rows.line, drop.door
    if line is None or door is None:
        return None
    passes = next(pool for pool in rows.pools if pool.id == passes_pool(drop.id))
    control = line.control
    stock = _stock(drop, rows)
    return LineSeen(
        phase=_phase(drop, rows, stock),
        registered=line.registered,
        late=rows.late,
        cursor=line.cursor,
        waiting=max(0, (line.registered or 0) + rows.late - line.cursor),
        rate_per_s=line.rate_per_s or door.rate_per_s,
        door_rate_per_s=door.rate_per_s,
        rate_now_per_s=control.rate_per_s if control else 0.0,
        bound=line.bound,
        no_shows=control.no_shows if control else 0.0,
        passes_out=passes.held,
        passes_max=passes.capacity,
        paused_at=line.paused_at,
        message=line.message,
        hand=line.hand,
    )
