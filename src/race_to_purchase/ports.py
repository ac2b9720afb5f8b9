"""The ports: what the engine needs from the world, in its own words. Adapters live in `store/` and `gateways/`.

Nobody else's types cross these lines: rows and verdicts of `rules` go in and come out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from race_to_purchase.rules.aftersale import DisputeRow
from race_to_purchase.rules.ledger import Balance, Frozen
from race_to_purchase.rules.messages import Heap, Kept, Message, MessageState, WebhookEvent, Worked
from race_to_purchase.rules.rows import (
    Attempt,
    Checkout,
    DropRow,
    Finding,
    GatewayStatus,
    Happened,
    Order,
    Pool,
    Task,
    TaskKind,
)
from race_to_purchase.rules.snapshot import After, Keys, Snapshot
from race_to_purchase.rules.verdicts import Verdict


class Conflict(Exception):
    """Somebody else changed what was read, or a row was inserted meanwhile: read and decide again."""


class Rejected(Exception):
    """The database refused a value or a constraint: one command of the batch is wrong, and would be again."""


class Session(Protocol):
    """One batch. Leaving the session without `apply` writes nothing."""

    async def read(self, keys: Keys, *, lock: bool) -> Snapshot:
        """The rows of `keys`; with `lock`, none of them changes before `apply`. Attempts come with checkouts."""
        ...

    async def apply(self, snapshot: Snapshot) -> None:
        """Write and commit what was put into `snapshot`, all or nothing, durably.

        Raises Conflict (also where a version is not the one that was read), Rejected, or DatabaseUnavailable; after
        the last it is unknown whether the batch was committed, and running it again with the same ids is safe.
        """
        ...


class Store(Protocol):
    """Where rows live, for the one writer."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """A batch of its own; raises DatabaseUnavailable where no connection can be had."""
        ...


class DueCheckout(msgspec.Struct, frozen=True):
    """A checkout whose deadline has passed; `pools` are those of its claims."""

    id: str
    drop_id: str
    pools: tuple[str, ...]
    deadline: datetime


class Booked(msgspec.Struct, frozen=True):
    """What the rows say of one checkout's payments, read in one moment; attempts by their number."""

    checkout: Checkout
    attempts: dict[int, Attempt]
    order: Order | None


class Reads(Protocol):
    """Questions that lock nothing and decide nothing. All raise DatabaseUnavailable."""

    async def drop(self, drop_id: str) -> DropRow | None:
        """One drop."""
        ...

    async def drops(self) -> Sequence[DropRow]:
        """All drops, the newest opening first."""
        ...

    async def shared_pools(self, drop_id: str) -> Sequence[Pool]:
        """Pools of a drop that are not a buyer's, by id."""
        ...

    async def checkout(self, checkout_id: str) -> Checkout | None:
        """One checkout."""
        ...

    async def attempt(self, checkout_id: str, n: int) -> Attempt | None:
        """One payment attempt."""
        ...

    async def order(self, order_id: str) -> Order | None:
        """One order."""
        ...

    async def history(self, checkout_id: str) -> Sequence[Happened]:
        """Everything that happened to a checkout and its attempts, the oldest first."""
        ...

    async def next_deadline(self, drop_id: str) -> datetime | None:
        """When the next reservation of a drop may lapse; None if nothing is held."""
        ...

    async def now(self) -> datetime:
        """The database's clock."""
        ...

    async def first_deadline(self) -> datetime | None:
        """The oldest deadline of all checkouts, ended ones included; None where there are none."""
        ...

    async def overdue(self, since: datetime, until: datetime, limit: int) -> Sequence[DueCheckout]:
        """Live checkouts with `since <= deadline <= until`, the oldest first.

        Rows that another process is just working on are left out (SKIP LOCKED).
        """
        ...

    async def take_tasks(self, kinds: Sequence[TaskKind], limit: int, lease_s: float) -> Sequence[Task]:
        """Due tasks, taken: nobody else gets them before `lease_s` has passed (SKIP LOCKED)."""
        ...

    async def waiting_since(self, gateway: str) -> Sequence[datetime]:
        """When the attempts began that wait for their turn at a gateway, the oldest first."""
        ...

    async def gateways(self) -> Sequence[GatewayStatus]:
        """The gateways that an operator ever drained, by name."""
        ...

    async def forget_keys(self, older_than_s: float, limit: int) -> int:
        """Delete idempotency keys that old, `limit` at most; how many were deleted."""
        ...

    async def ready(self) -> None:
        """Returns if the database answers and has this schema; DatabaseUnavailable if not."""
        ...


class Findings(Protocol):
    """What reconciliation reads, has found, and how far it has come. All raise DatabaseUnavailable."""

    async def booked(self, checkout_ids: Sequence[str]) -> Mapping[str, Booked]:
        """Checkouts with their attempts and orders, by id; those that do not exist are left out."""
        ...

    async def captured(self, gateway: str, since: datetime, until: datetime) -> Sequence[Attempt]:
        """Attempts at a gateway that began at `since <= began_at < until` and took their money."""
        ...

    async def finding(self, finding_id: str) -> Finding | None:
        """One finding."""
        ...

    async def unended(self, after: str, limit: int, state: str = "") -> Sequence[Finding]:
        """Findings that are open or being repaired (or of that `state`), by id, those after `after`."""
        ...

    async def reached(self) -> Mapping[str, str]:
        """How far each walk has come, by its name."""
        ...

    async def reach(self, walk: str, where: str) -> None:
        """Remember how far a walk has come."""
        ...


class Ledger(Protocol):
    """The journal as a whole. All raise DatabaseUnavailable."""

    async def seal(self, entries: int) -> int:
        """Seal the next `entries`, or as many as there are, always whole transactions; how many. 0 while others do."""
        ...

    async def balances(self, at: datetime | None = None) -> Sequence[Balance]:
        """Every account, by currency and name: as of now, or with what had happened by `at`."""
        ...

    async def frozen(self) -> Sequence[Frozen]:
        """What open disputes hold back, by seller and currency."""
        ...


class AftersaleCounts(msgspec.Struct, frozen=True):
    """Orders of a span of time, and what followed some of them."""

    orders: int
    disputed: int
    """Orders about which a dispute took money, even if it was won."""
    refunded: int
    """Orders of which something was refunded."""
    lost: int
    """Orders of which a dispute has taken something for good."""

    @property
    def chargeback_rate(self) -> float | None:
        """M14: disputed orders ÷ orders; None where there are none."""
        return self.disputed / self.orders if self.orders else None


class AftersaleReads(Protocol):
    """Questions about refunds and disputes. All raise DatabaseUnavailable."""

    async def after(self, order_id: str) -> After:
        """What has followed one order: its guard, refunds and disputes, and its sale in the journal."""
        ...

    async def open_disputes(self, limit: int) -> Sequence[DisputeRow]:
        """Disputes that have not ended, those whose evidence is due first in front."""
        ...

    async def aftersale_counts(self, since: datetime) -> AftersaleCounts:
        """M14's numbers, over orders whose checkout was begun since then."""
        ...


class PaymentRequest(msgspec.Struct, frozen=True):
    """What a gateway is asked to authorize. It never changes under one `key`; amount in minor units.

    `reference` is the attempt, `<checkout id>/<n>`; `return_url` is where a buyer comes back to who had to act.
    """

    key: str
    amount: int
    currency: str
    method: str
    reference: str
    began_at: datetime
    return_url: str | None = None


class GatewayPayment(msgspec.Struct, frozen=True):
    """A payment as the gateway's own books have it; amounts in minor units.

    `open` is one that is neither authorized nor refused yet. `reference` is None where it was not made by us.
    """

    ref: str
    reference: str | None
    state: Literal["open", "authorized", "captured", "voided", "declined"]
    amount: int
    currency: str
    captured: int
    refunded: int
    created_at: datetime


class WebhookTooOld(ValueError):
    """It says that it was signed too long ago, or in the future: somebody may be sending a copy."""


class Gateway(Protocol):
    """A payment gateway. Methods never raise for what a gateway says or fails to say: they give a Verdict."""

    name: str
    separate_capture: bool
    """Whether authorization and capture are two steps; where not, undoing is a refund."""
    two_step: bool
    """Whether a payment is made by `prepare` and its ref stored, before `authorize` moves anything."""

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """Prepared, Declined, NoAnswer or NotSent; it moves no money. Called only where `two_step`."""
        ...

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """Authorized, Declined, ActionRequired, Captured, NoAnswer or NotSent. A key never makes two payments.

        `ref` is that of `prepare`, and None where there is one step.
        """
        ...

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """What became of it: Authorized, Declined, ActionRequired, Captured, Voided, Absent, or NoAnswer.

        Absent: nothing was authorized under it, and nothing will be unless it is sent again.
        """
        ...

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """Captured, CaptureRefused, NoAnswer or NotSent."""
        ...

    async def void(self, ref: str, key: str) -> Verdict:
        """Voided, Captured (too late: refund it), Absent, NoAnswer or NotSent."""
        ...

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """Refunded, RefundPending, Declined, NoAnswer or NotSent. The same key never pays back twice."""
        ...

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        """What became of the refund of payment `ref` under `key`: Refunded, RefundPending, RefundFailed (made, and
        come back), Declined, Absent, or NoAnswer."""
        ...

    def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        """Every payment that the gateway's own books have of `since <= created_at < until`, the oldest first.

        GatewayUnanswered where the list could not be had to its end.
        """
        ...

    async def reference_of(self, ref: str) -> str | None:
        """The reference that the payment `ref` was made with; None where it has none, or there is no such payment.

        GatewayUnanswered where the gateway does not say.
        """
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event in a signed message; WebhookTooOld, or another ValueError where signature or form is wrong.

        `headers` have lower-case names. The error's words are logged: they never hold a secret.
        """
        ...


class Inbox(Protocol):
    """Gateways' messages, durable before they are acknowledged. All methods raise DatabaseUnavailable."""

    async def keep(self, gateway: str, event: WebhookEvent, body: bytes) -> bool:
        """Store it durably; False if that event of that gateway was stored before, which changes nothing."""
        ...

    async def take(self, gateway: str, limit: int, lease_s: float) -> Sequence[Message]:
        """Due messages, taken: nobody else gets them before `lease_s` has passed (SKIP LOCKED)."""
        ...

    async def put(self, worked: Sequence[Worked]) -> None:
        """Note what became of messages. What is done or left stays so; its body is emptied."""
        ...

    async def listed(self, state: MessageState, limit: int) -> Sequence[Kept]:
        """Messages in one state other than done, the soonest due first."""
        ...

    async def heaps(self) -> Sequence[Heap]:
        """What is not done, counted by gateway, kind and state, in this order."""
        ...

    async def forget(self, done_s: float, left_s: float, limit: int) -> int:
        """Delete messages that were received so long ago and are done or left, `limit` at most; how many were."""
        ...


class GatewayUnanswered(Exception):
    """A list of the gateway's payments broke off: what was given of it so far is true, and not all."""


class Publisher(Protocol):
    """Tells the merchant's system."""

    async def deliver(self, message_id: str, kind: str, payload: bytes) -> bool:
        """Whether it was accepted (2xx). The same `message_id` may arrive again."""
        ...


class Clock(Protocol):
    """Time for what is not decided: time-outs, back-off, intervals. Decisions use the database's clock."""

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait."""
        ...
