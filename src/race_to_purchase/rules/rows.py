"""The rows that a decision reads and writes, as immutable values; one struct a table.

Ids are UUIDv7 strings, except those of drops and pools. Times are aware datetimes of the database's clock. A row's
`version` counts its updates and is what a conditional write compares. `history` is never read by a decision: a
decision *appends* lines to it, in the same write as the change that they tell of.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

import msgspec

from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.drop import HOUSE, Drop
from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassGone, PassRow

CheckoutState = Literal[
    "open",
    "reserved",
    "paying",
    "lapsed",
    "review",
    "paid",
    "fulfilled",
    "expired",
    "cancelled",
    "refunded",
    "returned",
]
AttemptState = Literal[
    "prepared",
    "sent",
    "unknown",
    "action_required",
    "authorized",
    "declined",
    "committed",
    "captured",
    "capture_failed",
    "doomed",
    "voided",
]
TaskKind = Literal["resolve", "capture", "void", "deliver", "refund"]
FindingState = Literal["open", "repairing", "repaired", "closed"]
Repair = Literal["", "void", "refund", "resolve", "owe", "expire", "recount", "ask"]


class Pool(msgspec.Struct, frozen=True):
    """Anything limited: `held + sold <= capacity`, all three non-negative."""

    id: str
    drop_id: str
    kind: str
    capacity: int
    held: int = 0
    sold: int = 0
    version: int = 0

    @property
    def free(self) -> int:
        """What may still be claimed."""
        return self.capacity - self.held - self.sold


class QuoteLine(msgspec.Struct, frozen=True):
    """One line of a quote; amounts in minor units, `total = unit_price × quantity − discount`.

    `tax` is the part of `total` that is tax, `seller` whose revenue the rest will be.
    """

    item: str
    quantity: int
    unit_price: int
    discount: int
    total: int
    tax: int = 0
    seller: str = HOUSE


class Quote(msgspec.Struct, frozen=True):
    """The price a buyer was promised; it never changes once the checkout exists. `total` contains `tax`."""

    currency: str
    lines: tuple[QuoteLine, ...]
    subtotal: int
    discount: int
    total: int
    promo: str | None = None
    tax: int = 0


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a checkout takes from pools, by pool id: `hold` while it is live, `commit` only when it is paid.

    `ticket` is the pool of the ticket whose pass it has used, where the drop has a door; it takes nothing more of that.
    """

    hold: dict[str, int]
    commit: dict[str, int] = {}
    ticket: str | None = None

    @property
    def pools(self) -> tuple[str, ...]:
        """Every pool that this checkout can ever change."""
        return (*self.hold, *self.commit)


class Checkout(msgspec.Struct, frozen=True):
    """One buyer's way through one sale; `quote`, `claims` and `created_at` never change.

    `fence` is raised whenever the claims are given up, so that a commit decided under an older fence cannot pass.
    `live_n` is the number of the newest payment attempt, 0 before the first.
    """

    id: str
    drop_id: str
    buyer: str
    state: CheckoutState
    quote: Quote
    claims: Claims
    deadline: datetime
    created_at: datetime
    fence: int = 0
    live_n: int = 0
    version: int = 0


class Attempt(msgspec.Struct, frozen=True):
    """One try to get a checkout paid at one gateway.

    `key` is the idempotency key at the gateway; with `amount`, `currency` and `method` it is the stored request and
    never changes, `return_url` included. `country` is the buyer's, where known: which gateways may take over hangs on
    it. `fence` is the checkout's when the attempt began. `next_action` is where its buyer has to act. `answer` is what
    the buyer was told at its end; an attempt that ended without one was followed by another, at another gateway, and
    has that one's answer.
    """

    checkout_id: str
    n: int
    gateway: str
    state: AttemptState
    key: str
    method: str
    amount: int
    currency: str
    fence: int
    began_at: datetime
    gateway_ref: str | None = None
    capture_before: datetime | None = None
    decline_code: str | None = None
    answer_status: int | None = None
    answer: bytes | None = None
    return_url: str | None = None
    next_action: str | None = None
    country: str | None = None
    version: int = 0


class Order(msgspec.Struct, frozen=True):
    """A paid checkout. It has the checkout's id, so that one checkout cannot become two orders."""

    id: str
    drop_id: str
    buyer: str
    amount: int
    currency: str
    gateway: str
    gateway_ref: str
    attempt_n: int
    placed_at: datetime


class Entry(msgspec.Struct, frozen=True):
    """One journal entry of an order: `amounts[i]` minor units on `accounts[i]`, debit above zero, their sum zero."""

    order_id: str
    entry: int
    kind: str
    at: datetime
    currency: str
    accounts: tuple[str, ...]
    amounts: tuple[int, ...]


class Task(msgspec.Struct, frozen=True):
    """What a purchase still owes the world outside; whoever finds it due may do it.

    The process that works on a purchase does the step itself, before `due_at`; the loops take over what is overdue.
    """

    id: str
    kind: TaskKind
    drop_id: str
    checkout_id: str
    n: int
    due_at: datetime
    tries: int = 0


TURNED_DUE_WITHIN = timedelta(minutes=1)
"""See `TaskTurned`; `write_batch.sql` says the same."""


class TaskTurned(msgspec.Struct, frozen=True):
    """The task of that id asks for another step now. It is due when it was, but within `TURNED_DUE_WITHIN`: the step
    before may have had days."""

    id: str
    kind: TaskKind


class TaskDone(msgspec.Struct, frozen=True):
    """Take the task of that id away: what it asked for has happened."""

    id: str


class Buyer(msgspec.Struct, frozen=True):
    """The only row with personal data, so that a buyer can be forgotten."""

    id: str
    email: str


class DropRow(msgspec.Struct, frozen=True):
    """A stored drop: its definition and what the operator did with it."""

    id: str
    definition: Drop
    closed_at: datetime | None = None
    version: int = 0


class GatewayStatus(msgspec.Struct, frozen=True):
    """What an operator did with a gateway: nothing new is begun there since `drained_at`; None where it is in use."""

    name: str
    drained_at: datetime | None
    why: str
    by: str


class StoredKey(msgspec.Struct, frozen=True):
    """An idempotency key that was used: with its answer, or pointing to the attempt that will have one.

    An `attempt_n` below zero points to the order's refund of that number.
    """

    scope: str
    key: str
    fingerprint: bytes
    created_at: datetime
    status: int | None = None
    answer: bytes | None = None
    checkout_id: str | None = None
    attempt_n: int | None = None


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the history of a checkout or an attempt, appended in the write that made it true.

    `traceparent` is that of the request that asked for it, where it had one.
    """

    subject: str
    what: str
    at: datetime
    detail: str = ""
    traceparent: str = ""


class Event(msgspec.Struct, frozen=True):
    """One line of the history of a drop or of the operator's acts; `data` is a JSON object as text."""

    stream: str
    kind: str
    at: datetime
    data: str


class Finding(msgspec.Struct, frozen=True):
    """Something that reconciliation found to differ; `detail` says where and by how much.

    `repair` is the one right answer, "" where people have to find it. A repair is `repairing` from before its first
    step to after its last; whatever it needs stands in `detail`, so that any process can go on with it. `how` it ended,
    or why it has not.
    """

    id: str
    kind: str
    subject: str
    drop_id: str
    state: FindingState
    repair: Repair
    detail: dict[str, str | int]
    first_seen: datetime
    last_seen: datetime
    seen: int = 1
    how: str = ""
    ended_at: datetime | None = None
    version: int = 0


Row = (
    Pool
    | Checkout
    | Attempt
    | Order
    | Entry
    | Task
    | TaskTurned
    | TaskDone
    | Buyer
    | DropRow
    | GatewayStatus
    | StoredKey
    | Happened
    | Event
    | Finding
    | Refundable
    | RefundRow
    | DisputeRow
    | LineRow
    | PassRow
    | PassGone
    | GrantRow
)
"""Everything that a decision may write."""


def task_id(checkout_id: str, n: int, kind: str = "payment") -> str:
    """Id of the one task that attempt `n` owes; deliveries have their own, as they outlive the payment."""
    return f"{checkout_id}/{n}/{kind}"


def attempt_id(checkout_id: str, n: int) -> str:
    """How an attempt is named in histories, logs and gateway keys."""
    return f"{checkout_id}/{n}"


def finding_id(kind: str, subject: str) -> str:
    """Id of the one finding of that kind about that subject: 24 hexadecimal digits, made of both."""
    return sha256(f"{kind} {subject}".encode()).hexdigest()[:24]
