"""What is read from bodies and what is told in them, where `rules.answers` has no shape for it already.

These structs are the only statement of the wire format: bodies are decoded by them, and the OpenAPI document is made
of them. Patterns end in `\\Z`, since `$` lets a trailing line break pass.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from race_to_purchase.path.counted import Counted
from race_to_purchase.rules.answers import RefundView
from race_to_purchase.rules.commands import Line
from race_to_purchase.rules.drop import Drop, Flow, Slug
from race_to_purchase.rules.messages import Heap, Kept
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.rows import CheckoutState, Quote
from race_to_purchase.rules.text import OneLine

Quantity = Annotated[int, msgspec.Meta(ge=1, le=1000)]
BuyerId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[!-~]([ -~]*[!-~])?\Z", max_length=128, description="printable ASCII, without spaces around it"
    ),
]
Email = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^@\x00-\x20\x7f-\xa0]+@[^@\x00-\x20\x7f-\xa0]+\Z",
        max_length=254,
        description="an address such as ada@example.org",
    ),
]
PaymentMethod = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?![0-9._-]{12,}\Z)[A-Za-z0-9_.-]{1,64}\Z",
        description="a gateway's name of a payment method, such as pm_approved, never the number of a card",
    ),
]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z", description="two capital letters, as in ISO 3166")]
ReturnUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^https?://[!-~]+\Z", max_length=2000, description="an address that begins with https:// or http://"
    ),
]

Phase = Literal["announced", "open", "sold_out", "closed"]
Stock = Literal["plenty", "few", "all_reserved", "sold_out"]


class WantedLine(Line, frozen=True, forbid_unknown_fields=True):
    """`quantity` pieces of one item of the drop.

    With `price`, what the buyer was shown for a piece in minor units, it is refused where it costs something else.
    """

    item: Slug
    quantity: Quantity
    price: Annotated[int, msgspec.Meta(ge=0, le=MINOR_UNITS_MAX)] | None = None


class CartLine(Line, frozen=True, forbid_unknown_fields=True):
    """`quantity` pieces of one item in all; 0 takes it out.

    `price`: what the buyer was shown for a piece, in minor units. Without it, a new line is taken to be seen at the
    price of now, and one that was there before as it was.
    """

    item: Slug
    quantity: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    price: Annotated[int, msgspec.Meta(ge=0, le=MINOR_UNITS_MAX)] | None = None


class CartChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines to set. With a `version` only if the cart is still at that one; `If-Match` says the same."""

    lines: Annotated[tuple[CartLine, ...], msgspec.Meta(max_length=40)]
    version: Annotated[int, msgspec.Meta(ge=0, le=2_147_483_647)] | None = None


class WantedBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buyer, as the storefront knows them; `id` is what their limit is counted by.

    A storefront has to name it, a buyer in person need not.
    """

    id: BuyerId | None = None
    email: Email | None = None


class NewCheckout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants to buy: either `lines`, of which each item may stand in one only, or the buyer's `cart` in
    this drop, by the version that the buyer has seen.
    """

    drop: Slug
    lines: Annotated[tuple[WantedLine, ...], msgspec.Meta(min_length=1, max_length=20)] = ()
    cart: Annotated[int, msgspec.Meta(ge=0, le=2_147_483_647)] | None = None
    buyer: WantedBy = WantedBy()
    promo: Slug | None = None


class SessionBuyer(msgspec.Struct, frozen=True):
    """The buyer that a browser is: a guest, or a customer of the shop who has signed in."""

    id: str
    kind: Literal["guest", "customer"]


class SessionView(msgspec.Struct, frozen=True):
    """A browser's session. `csrf` goes into `Race-Csrf` of every request that changes something."""

    buyer: SessionBuyer
    csrf: str


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the shop says the browser is, as a token that the shop has signed."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class SessionEnded(msgspec.Struct, frozen=True):
    """The browser has no session any more."""

    ended: Literal[True]


class NewPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it is paid: a token of the payment gateway, never the number of a card.

    A buyer who is sent away to act, as in 3-D Secure, comes back to `return_url`; without one, some gateways decline.
    `country` is the buyer's, by ISO 3166; without it, no gateway is chosen that is only for some countries.
    """

    payment_method: PaymentMethod
    return_url: ReturnUrl | None = None
    country: Country | None = None


class NewRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to give back: `amount` in minor units, or without one all that is left.

    `restock` puts the goods on sale again; only the refund of all that is left can do so.
    """

    amount: Annotated[int, msgspec.Meta(ge=1, le=MINOR_UNITS_MAX)] | None = None
    reason: Annotated[OneLine, msgspec.Meta(max_length=200)] = ""
    restock: bool = False


class OrderRefunds(msgspec.Struct, frozen=True):
    """The refunds of an order, the first first; `left` may still be refunded, all in minor units."""

    refunds: tuple[RefundView, ...]
    captured: int
    refunded: int
    left: int


class PlacedOrder(msgspec.Struct, frozen=True):
    """An order; `amount` in minor units of `currency`, `state` as of the checkout that became it."""

    id: str
    drop: str
    state: CheckoutState
    amount: int
    currency: str
    quote: Quote
    placed_at: datetime


class ItemOnSale(msgspec.Struct, frozen=True):
    """One item as everybody may see it: how much is left only as a band."""

    id: str
    title: str
    price: int
    stock: Stock


class DropOnSale(msgspec.Struct, frozen=True):
    """A drop as everybody may see it; up to a second old.

    `door`: whether there is a line before it, `promos`: whether there are codes that change its price.
    """

    id: str
    title: str
    phase: Phase
    flow: Flow
    opens_at: datetime
    closes_at: datetime | None
    currency: str
    reservation_seconds: int
    limit_per_buyer: int | None
    door: bool
    promos: bool
    items: tuple[ItemOnSale, ...]


class PoolCounts(msgspec.Struct, frozen=True):
    """One limited thing: `held + sold <= capacity`, always."""

    id: str
    kind: str
    capacity: int
    held: int
    sold: int


class StoredDrop(msgspec.Struct, frozen=True):
    """A drop as its operator sees it."""

    definition: Drop
    closed_at: datetime | None


class WatchedDrop(msgspec.Struct, frozen=True):
    """A drop with its counts at the moment `now`, by the database's clock."""

    definition: Drop
    closed_at: datetime | None
    now: datetime
    pools: tuple[PoolCounts, ...]


class Drops(msgspec.Struct, frozen=True):
    """Every drop, the newest opening first."""

    drops: tuple[StoredDrop, ...]


class WatchedGateway(Counted, frozen=True, kw_only=True):
    """A gateway: whether an operator drained it, since when, why, and who; the counts are those of one process."""

    drained: bool
    drained_at: datetime | None
    why: str
    by: str


class Gateways(msgspec.Struct, frozen=True):
    """Every gateway of the configuration."""

    gateways: tuple[WatchedGateway, ...]


class GatewayUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a gateway is `drained`, and `why`, for whoever looks later."""

    drained: bool
    why: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AccountBalance(msgspec.Struct, frozen=True):
    """What an account was moved by, in minor units; `amount` is its debits less its credits."""

    account: str
    currency: str
    debit: int
    credit: int
    amount: int


class CurrencyTotal(msgspec.Struct, frozen=True):
    """Debits and credits of all accounts in one currency, in minor units."""

    currency: str
    debit: int
    credit: int


class FrozenAmount(msgspec.Struct, frozen=True):
    """What a seller cannot be paid yet, in minor units, since buyers dispute it at their bank."""

    seller: str
    currency: str
    amount: int


class TrialBalance(msgspec.Struct, frozen=True):
    """Every account; `balanced` says that debits and credits are the same in every currency.

    `frozen` is what open disputes hold back of the sellers' balances; the accounts have it as taken.
    """

    balanced: bool
    totals: tuple[CurrencyTotal, ...]
    accounts: tuple[AccountBalance, ...]
    frozen: tuple[FrozenAmount, ...]


class ClosedFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a finding is closed: what was done about it, in a sentence."""

    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class InboxView(msgspec.Struct, frozen=True):
    """Gateways' messages that are not done: all of them counted, and a hundred of one state, the soonest due first."""

    counts: tuple[Heap, ...]
    messages: tuple[Kept, ...]


class MessageReceived(msgspec.Struct, frozen=True):
    """The message is stored, now or before, and need not be sent again."""

    received: Literal[True]


class Health(msgspec.Struct, frozen=True):
    """`ok`: that is all."""

    status: Literal["ok"]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable and `retryable` says whether the same request may succeed later.

    Further members depend on the code: `field` names what is wrong with a request, `item` what there is none left of,
    `reserved_until` how long another payment may be tried, `challenge` what to solve first, or which of the `ways` else
    would do.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    retryable: bool
    field: str | None = None
    position: int | None = None
    item: str | None = None
    limit: int | None = None
    left: int | None = None
    retry_at: datetime | None = None
    opens_at: datetime | None = None
    state: str | None = None
    checkout: str | None = None
    decline_code: str | None = None
    same_method_may_succeed: bool | None = None
    reserved_until: datetime | None = None
    pool: str | None = None
    held: int | None = None
    sold: int | None = None
    cursor: int | None = None
    rate_per_s: float | None = None
    rate_limit: str | None = None
    tier: int | None = None
    ways: tuple[str, ...] | None = None
    challenge: dict[str, str | int] | None = None
    site_keys: dict[str, str] | None = None
    request_id: str | None = None
    was: int | None = None
    price: int | None = None
    version: int | None = None
