"""What a decision comes to: values that are matched, no exceptions. `answers` says how each is told to a buyer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from race_to_purchase.rules.aftersale import RefundRow
from race_to_purchase.rules.cart_outcomes import CartChanged, CartEmpty, CartFull, PriceChanged
from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassRow
from race_to_purchase.rules.refund_outcomes import Disputed, GatewayGone, NotCaptured, RefundTooLarge, RestockOfPart
from race_to_purchase.rules.rows import Attempt, Checkout, CheckoutState, DropRow, Finding


class Reserved(msgspec.Struct, frozen=True):
    """The checkout exists; its stock is held until its deadline (or, payment first, nothing is held yet)."""

    checkout: Checkout


class Begun(msgspec.Struct, frozen=True):
    """The attempt is stored: the gateway may be called now, under its key, by whoever got this."""

    attempt: Attempt


class InFlight(msgspec.Struct, frozen=True):
    """Another request is already paying this checkout, as attempt `n`, or did until it lapsed: it may be paid yet."""

    checkout_id: str
    n: int


class StillPaying(msgspec.Struct, frozen=True):
    """The gateway has not decided, or the buyer has to act at `url` first."""

    checkout_id: str
    n: int
    url: str | None = None
    queued: int | None = None
    """Its place in the queue before the gateway, 1 for the next."""


class TriedNext(msgspec.Struct, frozen=True):
    """The gateway could not take it: the next `attempt` is stored, and may be sent now by whoever got this."""

    attempt: Attempt
    void: bool
    """What the attempt before may have authorized has to be voided; the task is stored."""


class Answered(msgspec.Struct, frozen=True):
    """An attempt ended, now or before, and this is what its buyer is told, byte for byte, each time."""

    status: int
    body: bytes
    end: str
    """How the attempt ended: `paid`, `declined`, `expired` or `sold_out`."""
    n: int
    """The attempt that ended so: a later one than was asked about, where that one went on at another gateway."""
    void: bool = False
    """An authorization of the attempt that was asked about has to be voided; the task is stored."""


class Replayed(msgspec.Struct, frozen=True):
    """The idempotency key was used before, for the same request: its stored answer."""

    status: int
    body: bytes


class KeyInFlight(msgspec.Struct, frozen=True):
    """The first request under this idempotency key has no answer yet."""


class KeyReused(msgspec.Struct, frozen=True):
    """The idempotency key belongs to another request."""


class SoldOut(msgspec.Struct, frozen=True):
    """Everything of `item` is sold, or all but less than was asked for: of those, `left` are free now."""

    item: str
    left: int = 0


class AllReserved(msgspec.Struct, frozen=True):
    """Of `item` only `left` are free, or none; what is held may still come back, not before `retry_at`."""

    item: str
    retry_at: datetime | None = None
    left: int = 0


class AllSold(msgspec.Struct, frozen=True):
    """Every item of the drop is sold."""

    drop: str


class LimitReached(msgspec.Struct, frozen=True):
    """The buyer would hold and own more than `limit` pieces of this drop."""

    limit: int
    left: int


class PromoUsedUp(msgspec.Struct, frozen=True):
    """Every redemption of the code is used or held."""

    promo: str


class Unknown(msgspec.Struct, frozen=True):
    """There is no such `what` (drop, item, promo, checkout, order)."""

    what: str
    id: str
    field: str = ""
    """What named it in the wish, where that was a field of its body."""


class NotOpen(msgspec.Struct, frozen=True):
    """The drop opens at `opens_at`, by the database's clock."""

    drop: str
    opens_at: datetime


class Closed(msgspec.Struct, frozen=True):
    """The drop has ended."""

    drop: str


class AmountTooLarge(msgspec.Struct, frozen=True):
    """The total would be more than any payment may be."""

    total: int


class Lapsed(msgspec.Struct, frozen=True):
    """The reservation's deadline has passed."""

    checkout_id: str


class WrongState(msgspec.Struct, frozen=True):
    """The checkout is in a state in which `wish` cannot be granted."""

    checkout_id: str
    state: CheckoutState
    wish: str


class NoGateway(msgspec.Struct, frozen=True):
    """No payment gateway takes such a payment now; one may in `retry_after_s`."""

    checkout_id: str
    retry_after_s: float


class Cancelled(msgspec.Struct, frozen=True):
    """The checkout is cancelled and holds nothing."""

    checkout: Checkout


class RefundStored(msgspec.Struct, frozen=True):
    """The refund as it stands now; where it is new, the gateway may be asked."""

    refund: RefundRow


class DropStored(msgspec.Struct, frozen=True):
    """The drop is as its definition says."""

    drop: DropRow
    created: bool


class ChangedMeanwhile(msgspec.Struct, frozen=True):
    """Whoever asked had another state before them, which somebody has changed."""

    drop: str


class DropChanged(msgspec.Struct, frozen=True):
    """Somebody has changed the drop meanwhile, and it has pools that were not read: to be decided again."""

    drop: str


class StockBelowUse(msgspec.Struct, frozen=True):
    """A pool cannot shrink below what is held and sold of it."""

    pool: str
    wanted: int
    held: int
    sold: int


class FlowFixed(msgspec.Struct, frozen=True):
    """`field` of a drop cannot change once the drop exists."""

    drop: str
    field: str


class Done(msgspec.Struct, frozen=True):
    """The background step was recorded."""

    what: str


class Ignored(msgspec.Struct, frozen=True):
    """Nothing was left to do: late news, a step done by somebody else, or a deadline still ahead."""

    why: str


class Noted(msgspec.Struct, frozen=True):
    """The finding as it stands now."""

    finding: Finding


class PassRefused(msgspec.Struct, frozen=True):
    """The drop has a door, and what was shown there does not open it."""

    why: Literal["pass_required", "pass_invalid", "pass_expired", "pass_used"]


class TicketWrong(msgspec.Struct, frozen=True):
    """The ticket is not one of ours, for the `reason` that is counted."""

    reason: str


class PassGiven(msgspec.Struct, frozen=True):
    """The ticket's pass: its `first`, one after another, one that `moved` to this browser, or the same `again`."""

    row: PassRow
    how: Literal["first", "returned", "moved", "again"] = "again"
    came_after_s: float | None = None  # How long after being called somebody came in time.


class NotCalled(msgspec.Struct, frozen=True):
    """The ticket's place is not called yet: places below `cursor` are."""

    cursor: int
    rate_per_s: float


class NoPassFree(msgspec.Struct, frozen=True):
    """As many are on their way in as there is room or stock for; it is worth asking again at `retry_at`."""

    retry_at: datetime


class LinePaused(msgspec.Struct, frozen=True):
    """The operator lets nobody in for the moment."""

    message: str | None


class NotDrawn(msgspec.Struct, frozen=True):
    """Registration is closed, and the list is being published: in a moment there is an answer."""

    drop: str


class NotRegistering(msgspec.Struct, frozen=True):
    """Registration opens at `opens_at`, by the database's clock."""

    drop: str
    opens_at: datetime


class SecretWrong(msgspec.Struct, frozen=True):
    """The secret of a draw is not the one that was committed to: the signing key has changed."""

    drop: str


class NotDrawable(msgspec.Struct, frozen=True):
    """The places cannot be drawn now, or not with this value; `why` is the end of a sentence about the drop."""

    drop: str
    why: str


class GrantRefused(msgspec.Struct, frozen=True):
    """The grant gives nobody a place now."""

    why: Literal[
        "grant_invalid", "grant_not_yet", "grant_expired", "grant_revoked", "grant_used", "grant_wrong_identity"
    ]


class Granted(msgspec.Struct, frozen=True):
    """The grants as they stand now."""

    grants: tuple[GrantRow, ...]


class Steered(msgspec.Struct, frozen=True):
    """The line as it stands after the operator's hand, or after a step of the draw."""

    line: LineRow


class Released(msgspec.Struct, frozen=True):
    """So many places were called, by a process that leads; `why` names what bounded it."""

    number: int
    why: str
    line: LineRow


AtTheDoor = (
    AllSold
    | PassRefused
    | TicketWrong
    | NotCalled
    | NoPassFree
    | LinePaused
    | NotDrawn
    | NotRegistering
    | SecretWrong
    | NotDrawable
    | GrantRefused
)
"""Why somebody does not get on in a line."""

NoRefund = RefundTooLarge | NotCaptured | GatewayGone | Disputed | RestockOfPart
OfLine = PassGiven | Steered | AtTheDoor | Released | Granted

Outcome = (
    Reserved
    | Begun
    | InFlight
    | StillPaying
    | TriedNext
    | Answered
    | Replayed
    | KeyInFlight
    | KeyReused
    | SoldOut
    | AllReserved
    | LimitReached
    | PromoUsedUp
    | Unknown
    | PriceChanged
    | CartChanged
    | CartEmpty
    | CartFull
    | NotOpen
    | Closed
    | AmountTooLarge
    | Lapsed
    | WrongState
    | NoGateway
    | Cancelled
    | RefundStored
    | NoRefund
    | DropStored
    | DropChanged
    | StockBelowUse
    | FlowFixed
    | ChangedMeanwhile
    | Done
    | Ignored
    | Noted
    | OfLine
)
