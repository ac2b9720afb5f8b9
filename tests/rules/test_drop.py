"""Drop definitions: contradictions are refused once, here, and the pools of a drop follow from it alone."""

from datetime import datetime, timedelta

import msgspec
import pytest

from race_to_purchase.rules.drop import Drop, buyer_pool, in_flight_pool, item_pool, promo_pool, shared_pools
from tests.samples import NOON, a_drop

PLAIN = {
    "id": "aurora-1",
    "title": "Aurora One",
    "opens_at": "2026-12-01T18:00:00Z",
    "currency": "EUR",
    "items": [{"id": "aurora-1-42", "title": "Size 42", "price": 15900, "stock": 120}],
}
ITEM = PLAIN["items"][0]


def read(**changes: object) -> Drop:
    """As it comes in a body or a file."""
    return msgspec.convert({**PLAIN, **changes}, Drop)


def test_a_plain_drop_has_sensible_defaults() -> None:
    drop = read()
    assert (drop.flow, drop.reservation_seconds, drop.limit_per_buyer) == ("reservation_first", 300, None)
    assert (drop.closes_at, drop.promos) == (None, ())
    assert (drop.seller_of(drop.items[0]), drop.tax_thousandths(drop.items[0])) == ("house", 0)


@pytest.mark.parametrize(
    ("percent", "thousandths"), [(0, 0), (19, 19_000), (8.875, 8_875), (0.001, 1), (99.999, 99_999)]
)
def test_a_tax_rate_is_exact(percent: float, thousandths: int) -> None:
    for drop in (read(tax_percent=percent), read(tax_percent=50, items=[{**ITEM, "tax_percent": percent}])):
        assert drop.tax_thousandths(drop.items[0]) == thousandths


def test_an_item_may_have_a_seller_of_its_own() -> None:
    drop = read(seller="ada", items=[ITEM, {**ITEM, "id": "other", "seller": "bob"}])
    assert [drop.seller_of(item) for item in drop.items] == ["ada", "bob"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"id": ""}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "-a"}, "id"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"currency": "EURO"}, "ISO 4217"),
        ({"currency": "XXX"}, "ISO 4217"),
        ({"opens_at": "2026-12-01T18:00:00"}, "time zone"),
        ({"opens_at": "soon"}, "opens_at"),
        ({"opens_at": "0001-01-01T00:00:00+14:00"}, "opens_at must lie in the years"),
        ({"opens_at": "1999-12-31T23:59:59Z"}, "opens_at must lie in the years"),
        ({"closes_at": "9999-12-31T23:59:59-14:00"}, "closes_at must lie in the years"),
        ({"closes_at": "3000-01-01T00:00:00Z"}, "closes_at must lie in the years"),
        ({"closes_at": "2026-12-01T18:00:00Z"}, "after opens_at"),
        ({"closes_at": "2027-12-01T18:00:00"}, "time zone"),
        ({"items": []}, "items"),
        ({"items": [ITEM, ITEM]}, "twice"),
        ({"items": [{**ITEM, "price": -1}]}, "price"),
        ({"items": [{**ITEM, "price": 10**15 + 1}]}, "price"),
        ({"items": [{**ITEM, "price": 9.5}]}, "price"),
        ({"items": [{**ITEM, "stock": -1}]}, "stock"),
        ({"items": [{**ITEM, "stock": 10**9 + 1}]}, "stock"),
        ({"items": [{**ITEM, "colour": "red"}]}, "colour"),
        ({"tax_percent": -1}, "tax_percent"),
        ({"tax_percent": 100.1}, "tax_percent"),
        ({"tax_percent": "19"}, "tax_percent"),
        ({"tax_percent": 5.5555}, "three digits"),
        ({"items": [{**ITEM, "tax_percent": 1e-4}]}, "three digits"),
        ({"seller": "a:b"}, "seller"),
        ({"items": [{**ITEM, "seller": ""}]}, "seller"),
        ({"reservation_seconds": 0}, "reservation_seconds"),
        ({"reservation_seconds": 86_401}, "reservation_seconds"),
        ({"limit_per_buyer": 0}, "limit_per_buyer"),
        ({"flow": "whatever"}, "flow"),
        ({"surprise": 1}, "surprise"),
        ({"promos": [{"code": "A", "redemptions": 1}]}, "either"),
        ({"promos": [{"code": "A", "redemptions": 1, "percent_off": 1, "amount_off": 1}]}, "either"),
        ({"promos": [{"code": "A", "redemptions": 1, "percent_off": 101}]}, "percent_off"),
        ({"promos": [{"code": "A", "redemptions": 1, "percent_off": 5}] * 2}, "twice"),
    ],
)
def test_contradictions_are_refused_by_name(changes: dict[str, object], word: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=word):
        read(**changes)


def test_a_definition_comes_back_as_it_went() -> None:
    drop = a_drop(flow="payment_first", closes_at=NOON + timedelta(days=1))
    assert msgspec.json.decode(msgspec.json.encode(drop), type=Drop) == drop


def test_a_naive_time_is_refused_in_code_too() -> None:
    with pytest.raises(ValueError, match="time zone"):
        a_drop(opens_at=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


class TestPools:
    def test_a_reservation_first_drop_counts_stock_and_promos(self) -> None:
        assert shared_pools(a_drop()) == {
            item_pool("aurora", "shoe"): ("item", 10),
            item_pool("aurora", "lace"): ("item", 100),
            promo_pool("aurora", "TEN"): ("promo", 3),
        }

    @pytest.mark.parametrize(("stock", "room"), [(0, 0), (1, 2), (2, 3), (5, 6), (10, 12), (10**9, 1_200_000_000)])
    def test_payment_first_lets_a_fifth_more_pay_than_there_is(self, stock: int, room: int) -> None:
        drop = read(flow="payment_first", items=[{**ITEM, "stock": stock}])
        assert shared_pools(drop)[in_flight_pool("aurora-1", "aurora-1-42")] == ("in-flight", room)

    def test_no_two_pools_share_an_id(self) -> None:
        names = [buyer_pool("d", "x"), item_pool("d", "x"), in_flight_pool("d", "x"), promo_pool("d", "x")]
        assert len(set(names)) == 4
        assert all(name.startswith("d/") and name.endswith("/x") for name in names)
