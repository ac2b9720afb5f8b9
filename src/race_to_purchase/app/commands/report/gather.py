"""Gather a report: from the rows of the sale, and from what all processes counted while it went on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from race_to_purchase import __version__
from race_to_purchase.app.commands.report.counted import Burning, latencies, refusals
from race_to_purchase.app.commands.report.figures import (
    Draw,
    Fairness,
    Money,
    Promise,
    Rehearsed,
    Report,
    Sale,
    Shelf,
    Step,
)
from race_to_purchase.app.commands.report.incidents import incidents
from race_to_purchase.app.commands.report.walk import Walk
from race_to_purchase.errors import RaceError
from race_to_purchase.observe.measures import measures_of
from race_to_purchase.observe.series import Counted
from race_to_purchase.observe.slo.objectives import Slo
from race_to_purchase.observe.together import Together
from race_to_purchase.rules.drop import item_pool
from race_to_purchase.rules.rows import DropRow
from race_to_purchase.store.report import Difference, Queue, ReportRows

COUNTED_LATER_S = 15.0
"""What a process counts it writes down up to so much later, stalls included."""

BEFORE = timedelta(minutes=10)
"""What belongs to no drop, such as a look at all of the stock, is of the sale from so long before it on."""

FUNNEL = {
    "joined": "Joined the line",
    "called": "Places called",
    "passes": "Got a pass",
    "reserved": "Reserved",
    "payment": "Began to pay",
    "paid": "Ordered",
    "captured": "Were charged",
    "fulfilled": "Had their order passed on",
}


class NoSuchDrop(RaceError):
    """There is no drop {drop} in this database. `race drop list` names those that there are."""

    code = "no_such_drop"
    exit_code = 2


async def gather(rows: ReportRows, drop_id: str, slo: Slo, rehearsed: Rehearsed | None = None) -> Report:
    """Everything about one sale. Raises NoSuchDrop, DatabaseUnavailable."""
    drop = await rows.drop(drop_id)
    if drop is None:
        raise NoSuchDrop(drop=drop_id)
    opens_at, now = drop.definition.opens_at, await rows.now()
    walk = Walk(opens_at)
    async for part in rows.parts(drop_id):
        walk.add(part)
    over_time, step_s = walk.curve()
    since, until = _begins_at(drop), _until(drop, walk.last_at, now)
    totals, together, burning = Counted(), Together(), Burning(opens_at, step_s)
    async for one in rows.series.slices(drop_id, since, until):
        totals.add(one.counted)
        together.add(one)
        burning.add((one,))
    async for one in rows.series.slices("", since - BEFORE, until):
        together.add(one)
    whole = together.totals
    shelves, queue = _shelves(drop, await rows.stock(drop_id)), await rows.queue(drop_id)
    findings, money = await rows.findings(drop_id), walk.money()
    sold_out_at_s = walk.sold_out_at_s(sum(shelf.stock for shelf in shelves))
    return Report(
        sale=_sale(drop, sold_out_at_s, now),
        promises=_promises(shelves, money, findings, walk),
        funnel=_funnel(walk, queue, totals),
        shelves=shelves,
        over_time=over_time,
        step_s=step_s,
        latency=latencies(whole),
        refusals=refusals(whole),
        money=money,
        fairness=_fairness(queue, whole, rehearsed),
        budget=burning.budget(totals),
        incidents=incidents(await rows.told(drop_id, since, until), findings, opens_at),
        measures=measures_of(together, slo.objectives, slo.bounds),
        rehearsed=rehearsed,
    )


def _begins_at(drop: DropRow) -> datetime:
    door = drop.definition.door
    return min(drop.definition.opens_at, door.registration_opens_at if door else drop.definition.opens_at)


def _until(drop: DropRow, last_at: datetime, now: datetime) -> datetime:
    """Up to when the sale counted: its last change or its end, whichever is later, but not after now."""
    end = max(drop.closed_at or last_at, last_at) + timedelta(seconds=COUNTED_LATER_S)
    return min(end, now) + timedelta(microseconds=1)


def _sale(drop: DropRow, sold_out_at_s: float | None, now: datetime) -> Sale:
    it = drop.definition
    ends = [moment for moment in (drop.closed_at, it.closes_at) if moment is not None and moment <= now]
    if sold_out_at_s is not None:
        ends.append(it.opens_at + timedelta(seconds=sold_out_at_s))
    ended_at = min(ends, default=None)
    return Sale(it.id, it.title, it.currency, it.flow, it.opens_at, ended_at, sold_out_at_s, now, __version__)


def _shelves(drop: DropRow, pools: dict[str, tuple[int, int, int]]) -> tuple[Shelf, ...]:
    found = []
    for item in drop.definition.items:
        stock, held, sold = pools.get(item_pool(drop.id, item.id), (item.stock, 0, 0))
        found.append(Shelf(item.id, item.title, stock, sold, held))
    return tuple(found)


def _funnel(walk: Walk, queue: Queue | None, totals: Counted) -> tuple[Step, ...]:
    reached = dict(walk.reached)
    if queue is not None:
        joined = (queue.registered or 0) + queue.late
        # The cursor counts places, and may have passed the last of them.
        reached |= {"joined": joined, "called": min(queue.cursor, joined)}
        reached["passes"] = int(totals.total("race_passes_given_total", how="first"))
    steps: list[Step] = []
    for key, name in FUNNEL.items():
        if key in reached or key not in ("joined", "called", "passes"):
            number, before = reached.get(key, 0), steps[-1].number if steps else 0
            # A place may be that of two tickets, so more may get a pass than places were called.
            steps.append(Step(key, name, number, number / before if number <= before > 0 else None))
    return tuple(steps)


def _fairness(queue: Queue | None, whole: Counted, rehearsed: Rehearsed | None) -> Fairness:
    draw = None
    if queue is not None:
        draw = Draw(queue.registered, queue.late, queue.cursor, queue.commitment, queue.root, queue.beacon, queue.seed)
    return Fairness(
        draw=draw,
        bot_share=rehearsed.bot_share if rehearsed else None,
        challenges_asked=int(whole.total("race_challenges_asked_total")),
        challenges_passed=int(whole.total("race_challenges_passed_total")),
        visitors_refused=int(whole.total("race_visitors_refused_total")),
        limit_reached=int(whole.total("race_reservations_refused_total", why="limit_reached")),
        signs={sign: int(number) for sign, number in whole.by("race_signs_total", "sign").items()},
    )


def _promises(
    shelves: Sequence[Shelf], money: Money, findings: Sequence[Difference], walk: Walk
) -> tuple[Promise, ...]:
    """What the rows of this sale say by themselves; `race audit` asks for far more, of the whole database."""
    beyond = sum(max(0, shelf.sold + shelf.held - shelf.stock) for shelf in shelves)
    off = sum(abs(amount) for amount in money.imbalance.values())
    open_ = sum(finding.state in ("open", "repairing") for finding in findings)
    undecided = sum(one.number for one in money.aftersale if one.state == "unknown")
    owed = walk.reached["paid"] - walk.reached["captured"] - walk.reached["undone"]
    sold, stock = sum(shelf.sold for shelf in shelves), sum(shelf.stock for shelf in shelves)
    return (
        Promise("Nothing was sold beyond the stock", beyond, f"{sold:,} of {stock:,} pieces sold"),
        Promise("The books of the sale balance", off, f"{off:,} minor units off"),
        Promise("Every order was charged, or undone", owed, _charged(walk)),
        Promise("Every refund has an end", undecided, f"{undecided:,} undecided"),
        Promise("Reconciliation has nothing left to mend", open_, f"{open_:,} findings open"),
    )


def _charged(walk: Walk) -> str:
    return f"{walk.reached['captured']:,} of {walk.reached['paid']:,} orders"
