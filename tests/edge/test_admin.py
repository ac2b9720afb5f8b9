"""The operator's requests: a drop is put, changed, watched, listed and closed."""

from typing import Any

import pytest

from race_to_purchase.edge.reference.examples import DROP
from tests.edge.shop import STOREFRONT_KEY, Server
from tests.edge.test_buying import pay, reserved
from tests.edge.wire import Client

NEW = {**DROP, "id": "aurora-2"}
PATH = "/v1/admin/drops/aurora-2"


def test_a_drop_is_created_once_and_then_the_same(admin: Client) -> None:
    assert [admin.ask("PUT", PATH, NEW).status for _ in range(2)] == [201, 200]
    assert admin.ask("GET", PATH).json["definition"] == NEW


def test_the_books_are_told_and_balance(admin: Client, storefront: Client) -> None:
    checkout = reserved(storefront).json
    assert pay(storefront, checkout["id"]).status == 200
    told = admin.ask("GET", "/v1/admin/ledger/balance").json
    total = checkout["quote"]["total"]
    assert (told["balanced"], told["totals"]) == (True, [{"currency": "EUR", "debit": total, "credit": total}])
    tax = checkout["quote"]["tax"]
    assert {one["account"]: one["amount"] for one in told["accounts"]} == {
        "receivable:bank": total,
        "revenue:house": tax - total,
        "tax:house": -tax,
    }


def test_the_path_names_the_drop_where_the_body_does_not(admin: Client) -> None:
    nameless = {name: value for name, value in NEW.items() if name != "id"}
    assert admin.ask("PUT", PATH, nameless).json["id"] == "aurora-2"
    answer = admin.ask("PUT", PATH, {**NEW, "id": "aurora-3"})
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "id")


def test_a_drop_may_come_in_the_tables_of_a_drop_file(admin: Client) -> None:
    tables = {name: NEW[name] for name in ("items", "promos", "door") if name in NEW}
    file = {"drop": {name: value for name, value in NEW.items() if name not in tables}, **tables}
    assert admin.ask("PUT", "/v1/admin/drops/aurora-2", file).json == NEW
    assert admin.ask("PUT", PATH, NEW).status == 200


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ({"drop": "aurora-2", "items": NEW["items"]}, "drop"),
        ({"drop": NEW, "items": NEW["items"]}, "drop.items"),
        ({"drop": NEW, "sale": True}, "sale"),
        ({"drop": {**NEW, "title": 1}}, "title"),
    ],
)
def test_tables_that_are_wrong_are_named(admin: Client, file: dict[str, Any], field: str) -> None:
    answer = admin.ask("PUT", PATH, file)
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "EURO"}, "body"),
        ({"opens_at": "2026-12-01T18:00:00"}, "body"),
        ({"opens_at": "tomorrow"}, "opens_at"),
        ({"closes_at": "2026-11-01T18:00:00Z"}, "body"),
        ({"items": []}, "items"),
        ({"items": [{**DROP["items"][0], "price": -1}]}, "items[0].price"),
        ({"items": [{**DROP["items"][0], "stock": 1.5}]}, "items[0].stock"),
        ({"items": [*DROP["items"], *DROP["items"]]}, "body"),
        ({"title": "a\x00b"}, "title"),
        ({"promos": [{"code": "A", "redemptions": 1}]}, "promos[0]"),
        ({"reservation_seconds": 0}, "reservation_seconds"),
        ({"sale": True}, "sale"),
    ],
)
def test_a_definition_that_is_wrong_is_named(admin: Client, change: dict[str, Any], field: str) -> None:
    answer = admin.ask("PUT", PATH, {**NEW, **change})
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), field)


@pytest.mark.parametrize("body", [[], "text", None, 5])
def test_a_definition_that_is_no_object_is_refused(admin: Client, body: Any) -> None:
    raw = b"null" if body is None else None
    assert admin.ask("PUT", PATH, body, raw=raw).problem == (422, "invalid_input")


def test_a_drop_may_have_a_thousand_items(admin: Client) -> None:
    items = [{**DROP["items"][0], "id": f"seat-{n}", "title": "A seat with a view of the stage"} for n in range(1000)]
    assert admin.ask("PUT", PATH, {**NEW, "items": items}).status == 201
    assert admin.ask("PUT", PATH, raw=b" " * (1024 * 1024 + 1)).problem == (413, "body_too_large")


def test_a_path_that_names_no_drop_is_refused(admin: Client) -> None:
    nameless = {name: value for name, value in NEW.items() if name != "id"}
    assert admin.ask("PUT", "/v1/admin/drops/a%20b", nameless).json["field"] == "id"
    assert admin.ask("GET", "/v1/admin/drops/%00").problem == (404, "unknown_drop")
    assert admin.ask("POST", "/v1/admin/drops/%00/close").problem == (404, "unknown_drop")
    assert admin.ask("POST", "/v1/admin/drops/nothing/close").problem == (404, "unknown_drop")


def test_stock_cannot_shrink_below_what_is_held(server: Server, admin: Client) -> None:
    with server.client(STOREFRONT_KEY) as client:
        reserved(client, quantity=2)
    definition = admin.ask("GET", "/v1/admin/drops/aurora-1").json["definition"]
    smaller = {**definition, "items": [{**definition["items"][0], "stock": 1}]}
    answer = admin.ask("PUT", "/v1/admin/drops/aurora-1", smaller)
    assert (answer.problem, answer.json["held"], answer.json["sold"]) == ((409, "stock_below_use"), 2, 0)
    other = {**definition, "currency": "USD"}
    fixed = admin.ask("PUT", "/v1/admin/drops/aurora-1", other)
    assert (fixed.problem, fixed.json["field"]) == ((409, "field_is_fixed"), "currency")


def test_a_drop_is_watched_with_its_counts(server: Server, admin: Client) -> None:
    with server.client(STOREFRONT_KEY) as client:
        reserved(client, quantity=2)
    watched = admin.ask("GET", "/v1/admin/drops/aurora-1").json
    assert watched["pools"] == [
        {"id": "aurora-1/item/aurora-1-42", "kind": "item", "capacity": 120, "held": 2, "sold": 0}
    ]
    assert watched["closed_at"] is None


def test_a_drop_is_closed_as_often_as_one_likes(admin: Client) -> None:
    assert [admin.ask("POST", "/v1/admin/drops/aurora-1/close").status for _ in range(2)] == [200, 200]
    (drop,) = admin.ask("GET", "/v1/admin/drops").json["drops"]
    assert drop["closed_at"] is not None
