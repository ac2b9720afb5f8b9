"""What the rows say, looked up every few seconds: stock, reservations, what is owed, and what has been found wrong.

Every process looks at the same database and says the same of it: in queries take the `max` over processes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId, GatewayName, TaskKind, bounded
from race_to_purchase.observe.events.event import Event, Gauge

PoolName = Annotated[
    str,
    Meta(
        description="What the pool is of: an item's id, `promo/` and a code, `in-flight/` and an item's id.",
        extra=bounded(30),
    ),
]
InboxState = Literal["waiting", "unmatched", "left"]
_POOL = ("drop", "pool")


class StockSeen(Event, frozen=True):
    """A pool of a drop that is on sale, other than a buyer's."""

    metrics = (
        Gauge("race_stock_capacity", "What there is in all.", "capacity", _POOL),
        Gauge("race_stock_held", "What reservations hold.", "held", _POOL),
        Gauge("race_stock_sold", "What was sold.", "sold", _POOL),
        Gauge("race_stock_free_ratio", "The share that is free: the stock band.", "free_ratio", _POOL),
    )

    drop: DropId
    pool: PoolName
    capacity: Annotated[int, Meta(description="What there is in all.")]
    held: Annotated[int, Meta(description="What reservations hold.")]
    sold: Annotated[int, Meta(description="What was sold.")]
    free_ratio: Annotated[float, Meta(description="The share that is free, 0 to 1.")]


class HoldsSeen(Event, frozen=True):
    """Reservations that end soon, or should have ended. At most 5,000 deadlines are looked at."""

    metrics = (
        Gauge("race_holds_expiring", "Reservations whose deadline is in the next minute.", "expiring"),
        Gauge("race_holds_overdue", "Reservations that should have ended within the last minute.", "overdue"),
    )

    expiring: Annotated[int, Meta(description="Reservations whose deadline is in the next minute.")]
    overdue: Annotated[int, Meta(description="Reservations that should have ended within the last minute.")]


class TasksSeen(Event, frozen=True):
    """Steps that purchases owe the world outside and that are due: the outbox. M10 counts them, 10,000 at most."""

    metrics = (
        Gauge("race_tasks_due", "Steps of a kind that are due.", "due", by=("task",)),
        Gauge("race_tasks_oldest_seconds", "How long the oldest of them has been due.", "oldest_s", by=("task",)),
    )

    task: Annotated[TaskKind, Meta(description="Kind of the step that is owed.")]
    due: Annotated[int, Meta(description="How many of them are due.")]
    oldest_s: Annotated[float, Meta(description="Age of the oldest of them, in seconds; 0 where there is none.")]


class InboxSeen(Event, frozen=True):
    """Messages of a gateway that are not done."""

    metrics = (
        Gauge("race_inbox_messages", "Messages in a state.", "messages", by=("gateway", "inbox_state")),
        Gauge("race_inbox_oldest_seconds", "Since the oldest came.", "oldest_s", by=("gateway", "inbox_state")),
    )

    gateway: GatewayName
    inbox_state: Annotated[
        InboxState,
        Meta(description="`waiting` to be worked on, `unmatched` with a payment of ours, or `left` for people."),
    ]
    messages: Annotated[int, Meta(description="How many of them there are.")]
    oldest_s: Annotated[float, Meta(description="Age of the oldest of them, in seconds; 0 where there is none.")]


class ReconciliationSeen(Event, frozen=True):
    """How far reconciliation has come. M12 is its lag."""

    metrics = (
        Gauge("race_reconcile_lag_seconds", "How long ago that should have been compared which is next.", "behind_s"),
        Gauge("race_findings_open", "Findings that are open or being repaired, 501 at most.", "findings"),
    )

    behind_s: Annotated[float, Meta(description="How far behind it is, in seconds; 0 before its first walk.")]
    findings: Annotated[int, Meta(description="Findings that are open or being repaired.")]


class AftersaleSeen(Event, frozen=True):
    """Orders of the last 120 days, and those that a bank took back. M14 is their ratio."""

    metrics = (
        Gauge("race_orders_recent", "Orders of checkouts begun in the last 120 days.", "orders"),
        Gauge("race_orders_disputed_recent", "Those about which a dispute took money, even if it was won.", "disputed"),
    )

    orders: Annotated[int, Meta(description="Orders of the last 120 days.")]
    disputed: Annotated[int, Meta(description="Those of them about which a dispute took money.")]
