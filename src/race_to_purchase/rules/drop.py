"""What a merchant says about one sale: its items, prices, stock, times and limits.

The same shape is read from a TOML drop file, from the admin API, and from the stored definition. It is checked here
once, and trusted everywhere else. Which pools a drop has follows from it alone.
"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

import msgspec

from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.moments import require_moment
from race_to_purchase.rules.money import MINOR_UNITS_MAX, exponent
from race_to_purchase.rules.text import OneLine

Slug = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z",
        max_length=64,
        description="letters, digits, dots, underscores and hyphens, a letter or digit first",
    ),
]
"""An identifier that may stand in a URL and in a pool's id. `$` would let a trailing line break pass."""

Title = Annotated[OneLine, msgspec.Meta(min_length=1, max_length=200)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=MINOR_UNITS_MAX)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]

Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
"""A rate as tax tables print it, 19 or 5.5 or 8.875: three digits after the point at most, so that it is exact."""

HOUSE = "house"
"""Who sells where nobody is named: the shop itself."""

Flow = Literal["reservation_first", "payment_first"]
"""`reservation_first` holds stock while the buyer pays; `payment_first` authorizes, then claims, then captures."""

IN_FLIGHT_PERCENT = 120
"""How many payments a payment-first item lets run at once, in percent of its stock."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing on sale; `price` in minor units of the drop's currency, `stock` the number ever sellable.

    `seller` and `tax_percent` are the drop's where they are left out.
    """

    id: Slug
    title: Title
    price: Amount
    stock: Count
    seller: Slug | None = None
    tax_percent: Percent | None = None

    def __post_init__(self) -> None:
        if self.tax_percent is not None:
            _refuse_fine_fractions(self.tax_percent)


class Promo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code that lowers the price: by `percent_off` or by `amount_off` minor units, `redemptions` times at most."""

    code: Slug
    redemptions: Count
    percent_off: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    amount_off: Annotated[int, msgspec.Meta(ge=1, le=MINOR_UNITS_MAX)] | None = None

    def __post_init__(self) -> None:
        if (self.percent_off is None) == (self.amount_off is None):
            raise ValueError(f"promo {self.code}: give either percent_off or amount_off")


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A sale. `closes_at` ends it by the clock. Raises ValueError on contradictions.

    Prices contain tax of `tax_percent`, and what is sold is the `seller`'s, unless an item says otherwise.
    With a `door` there is a line before the checkout.
    """

    id: Slug
    title: Title
    opens_at: datetime
    currency: str
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=1000)]
    closes_at: datetime | None = None
    reservation_seconds: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    limit_per_buyer: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    flow: Flow = "reservation_first"
    promos: Annotated[tuple[Promo, ...], msgspec.Meta(max_length=1000)] = ()
    seller: Slug = HOUSE
    tax_percent: Percent = 0
    door: Door | None = None

    def __post_init__(self) -> None:
        exponent(self.currency)
        require_moment("opens_at", self.opens_at)
        require_moment("closes_at", self.closes_at)
        if self.closes_at is not None and self.closes_at <= self.opens_at:
            raise ValueError("closes_at must be after opens_at")
        if self.door is not None and self.door.registration_closes_at > self.opens_at:
            raise ValueError("door.registration_closes_at must not be after opens_at: the draw comes before the sale")
        _refuse_fine_fractions(self.tax_percent)
        _refuse_twins("item", [item.id for item in self.items])
        _refuse_twins("promo", [promo.code for promo in self.promos])

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _promos(self) -> dict[str, Promo]:
        return {promo.code: promo for promo in self.promos}

    def item(self, item_id: str) -> Item | None:
        """The item of that id, or None."""
        return self._items.get(item_id)

    def promo(self, code: str) -> Promo | None:
        """The promo of that code, or None."""
        return self._promos.get(code)

    def seller_of(self, item: Item) -> str:
        """Whose revenue a sale of `item` is."""
        return self.seller if item.seller is None else item.seller

    def tax_thousandths(self, item: Item) -> int:
        """The rate that the price of `item` contains, in thousandths of a percent: 19 % is 19,000."""
        return _thousandths(self.tax_percent if item.tax_percent is None else item.tax_percent)


def _thousandths(percent: float) -> int:
    """Exact, as the shortest decimal that reads as this number is the one that was written."""
    return int(Decimal(repr(percent)) * 1000)


def _refuse_fine_fractions(percent: float) -> None:
    if Decimal(repr(percent)) * 1000 % 1 != 0:
        raise ValueError("tax_percent has at most three digits after the point")


def _refuse_twins(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name} is defined twice")
        seen.add(name)


def item_pool(drop_id: str, item_id: str) -> str:
    """Id of the pool that counts an item's stock."""
    return f"{drop_id}/item/{item_id}"


def in_flight_pool(drop_id: str, item_id: str) -> str:
    """Id of the pool that bounds the payments running for a payment-first item."""
    return f"{drop_id}/in-flight/{item_id}"


def buyer_pool(drop_id: str, buyer: str) -> str:
    """Id of the pool that counts what one buyer holds and has bought in one drop."""
    return f"{drop_id}/buyer/{buyer}"


def promo_pool(drop_id: str, code: str) -> str:
    """Id of the pool that counts a promo code's redemptions."""
    return f"{drop_id}/promo/{code}"


def passes_pool(drop_id: str) -> str:
    """Id of the pool that bounds the passes which are out."""
    return f"{drop_id}/line/passes"


def reserved_pool(drop_id: str) -> str:
    """Id of the pool of places that were called for holders of grants."""
    return f"{drop_id}/line/reserved"


def ticket_pool(drop_id: str, tid: str) -> str:
    """Id of the pool of one ticket: its capacity is the number of its passes, the one that is out is held."""
    return f"{drop_id}/ticket/{tid}"


def item_pools(drop: Drop) -> tuple[str, ...]:
    """Ids of the pools that count the stock."""
    return tuple(item_pool(drop.id, item.id) for item in drop.items)


def shared_pools(drop: Drop) -> dict[str, tuple[str, int]]:
    """Pool id to (kind, capacity) of every pool that exists as long as the drop does; buyers' pools come lazily."""
    pools: dict[str, tuple[str, int]] = {}
    for item in drop.items:
        pools[item_pool(drop.id, item.id)] = ("item", item.stock)
        if drop.flow == "payment_first":
            room = math.ceil(item.stock * IN_FLIGHT_PERCENT / 100)
            pools[in_flight_pool(drop.id, item.id)] = ("in-flight", room)
    for promo in drop.promos:
        pools[promo_pool(drop.id, promo.code)] = ("promo", promo.redemptions)
    if drop.door is not None:
        pools[passes_pool(drop.id)] = ("passes", drop.door.passes_outstanding_max)
        pools[reserved_pool(drop.id)] = ("reserved", 0)
    return pools
