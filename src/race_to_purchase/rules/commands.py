"""What can be asked of the committer. A command carries every id that it will create, so that it can be run again.

`drop_id` is the partition: commands of one drop are decided one after the other. `pools` are the pools of the
checkout's immutable claims, known to the caller, so that a batch can lock everything in one order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.line.commands import Admitted, ExpirePass, OfLine, SealedSecret
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Entry, Repair
from race_to_purchase.rules.verdicts import Verdict


class Line(msgspec.Struct, frozen=True):
    """`quantity` pieces of one item, at least one; `price`, where it is there, is what the buyer has seen."""

    item: str
    quantity: int
    price: int | None = None


class Reserve(msgspec.Struct, frozen=True):
    """Make a checkout, with its stock held (reservation first) or only its price (payment first).

    Where the drop has a door, it spends the pass of `admitted`.
    """

    drop_id: str
    checkout_id: str
    buyer: str
    lines: tuple[Line, ...]
    pools: tuple[str, ...] = ()
    email: str | None = None
    promo: str | None = None
    admitted: Admitted | None = None
    traceparent: str = ""
    refused: Outcome | None = None
    """Why it cannot be, as is known already. An answer that is stored under its key is given all the same."""


class BeginPayment(msgspec.Struct, frozen=True):
    """Pin the checkout and store the attempt, before the gateway is called under `gateway_key`.

    `takeover_s` is how long this process has, from the decision, to bring the attempt to its end itself. Where the
    payment has to wait its turn, `wait_s` is how long by estimate: the attempt is only prepared then, and the deadline
    moves by so much, but not more than `extension_max_s` past the first one. Where no `gateway` takes it now, nothing
    is begun, and `wait_s` is when to come again. `country` is the buyer's, where known.
    """

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    buyer: str | None
    gateway: str | None
    gateway_key: str
    method: str
    takeover_s: float
    return_url: str | None = None
    wait_s: float = 0.0
    extension_max_s: float = 0.0
    country: str | None = None
    traceparent: str = ""


class Send(msgspec.Struct, frozen=True):
    """The turn of the prepared attempt `n` has come: it is about to be sent, by whoever gets Begun."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    takeover_s: float


class NextAttempt(msgspec.Struct, frozen=True):
    """Where a payment goes that its gateway could not take, and its key there; `wait_s` as in BeginPayment."""

    gateway: str
    key: str
    takeover_s: float
    wait_s: float = 0.0


class Authorization(msgspec.Struct, frozen=True):
    """What the gateway said of attempt `n`; decides the pivot. `again_s`: when to ask again if it said nothing, and
    `ask_for_s`: for how long at all.

    `then` is given where another gateway may take what this one refused, was provably not sent, or did not answer. A
    buyer who has to act first gets `action_wait_s`, but no more than `extension_max_s` past the first deadline.
    """

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    verdict: Verdict
    again_s: float = 5.0
    then: NextAttempt | None = None
    action_wait_s: float = 0.0
    extension_max_s: float = 0.0
    ask_for_s: float = 432_000.0


class Capture(msgspec.Struct, frozen=True):
    """What the gateway said of capturing attempt `n`; `deliver` where the merchant wants to be told."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    verdict: Verdict
    deliver: bool
    again_s: float = 5.0


class Void(msgspec.Struct, frozen=True):
    """What the gateway said of voiding the doomed attempt `n`."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    verdict: Verdict
    again_s: float = 5.0


class Expire(msgspec.Struct, frozen=True):
    """End the checkout if its deadline has passed; decides nothing if it has not."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]


class Cancel(msgspec.Struct, frozen=True):
    """The buyer gives up: release what is held. `buyer` is None where the storefront itself asks."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    buyer: str | None


class Deliver(msgspec.Struct, frozen=True):
    """The merchant's system `accepted` the order, or is told again after `again_s`, or (None) never again."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    accepted: bool
    again_s: float | None = None


class Refund(msgspec.Struct, frozen=True):
    """Pay `amount` minor units of an order back, or (None) all that is left; stored before the gateway is asked.

    `refund_id` is its key at the gateway, `gateways` are those that can be asked for one, and `takeover_s` is how
    long this process has to bring it to its end itself.
    """

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    refund_id: str
    amount: int | None
    reason: str
    restock: bool
    asked_by: str
    gateways: frozenset[str]
    takeover_s: float


class RefundSaid(msgspec.Struct, frozen=True):
    """What the gateway said of refund `n` of an order."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int
    verdict: Verdict
    again_s: float = 5.0


class DisputeNews(msgspec.Struct, frozen=True):
    """What a gateway tells of a dispute: all that it knows, each time. Amounts in minor units of `currency`.

    `status` is the gateway's word: `warning…` takes nothing yet, `won` and `lost` are how a bank decides. `fee` is what
    the gateway keeps for it, less what it gave back; None where this message does not say.
    """

    id: str
    amount: int
    currency: str
    reason: str
    status: str
    fee: int | None = None
    due_by: datetime | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= MINOR_UNITS_MAX or (self.fee is not None and abs(self.fee) > MINOR_UNITS_MAX):
            raise ValueError(f"a dispute of {self.amount} with a fee of {self.fee} is none")


class Dispute(msgspec.Struct, frozen=True):
    """A gateway's news of a dispute about an order; `told_at` is when the gateway made the message.

    Messages may come twice and in any order: a dispute that is `closed` stays so, and older news change nothing.
    """

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    gateway: str
    kind: Literal["opened", "updated", "closed"]
    news: DisputeNews
    told_at: datetime


class PutDrop(msgspec.Struct, frozen=True):
    """Create a drop or change it: new items, restocking, smaller stock (never below what is held and sold)."""

    drop_id: str
    definition: Drop
    pools: tuple[str, ...]
    sealed: SealedSecret | None = None
    """Of the draw, where the drop has a door and no line yet."""
    by: str = ""
    why: str = ""
    seen: int | None = None
    """The drop's version that whoever asks has before them (-1: none); None where it may be any."""


class CloseDrop(msgspec.Struct, frozen=True):
    """No new checkouts; running ones may finish. `seen` as in PutDrop."""

    drop_id: str
    by: str = ""
    why: str = ""
    seen: int | None = None


GATEWAYS = "~gateways"
"""The partition of what is about gateways; no drop can have this id."""


class DrainGateway(msgspec.Struct, frozen=True):
    """Begin nothing new with a gateway (`drained`), or do so again; `by` is the operator's name."""

    name: str
    drained: bool
    why: str
    by: str
    drop_id: str = GATEWAYS


class Found(msgspec.Struct, frozen=True):
    """Something was seen to differ at `looked_at`, the database's time before the look; see `rows.Finding`."""

    drop_id: str
    finding_id: str
    kind: str
    subject: str
    repair: Repair
    detail: dict[str, str | int]
    looked_at: datetime


class Mended(msgspec.Struct, frozen=True):
    """The step of a repair was done: `verdict` is what the gateway said where it was asked, `how` where it was not.

    `checkout_id` and `n` are the attempt that it was about; "" and 0 where there is none. It touches no pool.
    """

    drop_id: str
    finding_id: str
    checkout_id: str = ""
    n: int = 0
    verdict: Verdict | None = None
    how: str = ""


class Owe(msgspec.Struct, frozen=True):
    """Give attempt `n` the task of the step that it still owes."""

    drop_id: str
    checkout_id: str
    pools: tuple[str, ...]
    n: int


class Recount(msgspec.Struct, frozen=True):
    """Change the counts of a pool by what they were seen to be wrong by, once.

    What one look over pool and checkouts shows to differ stays so by the same number whatever is sold meanwhile, since
    every sale changes both; so nothing has to be locked while it counts. `finding_version` is the finding's from before
    that look: whoever has recounted since has changed it.
    """

    drop_id: str
    pools: tuple[str, ...]
    finding_id: str
    finding_version: int
    held_by: int
    sold_by: int


class CloseFinding(msgspec.Struct, frozen=True):
    """`who` has dealt with an open finding, or can live with it, for `reason`; or it is not there any more."""

    drop_id: str
    finding_id: str
    reason: str
    who: str


class Book(msgspec.Struct, frozen=True):
    """Post entries that stand for themselves, as a gateway's fees and payouts do; each once, by its `order_id`."""

    drop_id: str
    entries: tuple[Entry, ...]


Mending = Found | Mended | Owe | Recount | CloseFinding | Book
"""What reconciliation asks for."""

Command = (
    Reserve
    | BeginPayment
    | Send
    | Authorization
    | Capture
    | Void
    | Expire
    | Cancel
    | Deliver
    | Refund
    | RefundSaid
    | Dispute
    | PutDrop
    | CloseDrop
    | DrainGateway
    | Mending
    | OfLine
)

URGENT = (Send, Authorization, Capture, Void, Expire, Deliver, RefundSaid, Dispute, Mended, ExpirePass)
"""Commands that follow a gateway call or give stock back: they go first and are never shed or dropped."""
