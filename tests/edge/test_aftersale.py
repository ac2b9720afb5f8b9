"""Refunds and disputes over HTTP: who may ask, what they are told, and that a buyer cannot pay themselves back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from race_to_purchase.app.admin import AdminClient, EngineRefused
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT, NEW_PAYMENT
from race_to_purchase.rules.commands import DisputeNews
from race_to_purchase.rules.verdicts import Refunded
from tests.edge.shop import ADMIN_KEY, OTHER_STOREFRONT_KEY, Server, Shop
from tests.edge.wire import Client

PRICE = 15_900
ID = "019ae3c5-7c00-7000-8000-0123456789ab"


@pytest.fixture
def order(server: Server, shop: Shop, storefront: Client) -> str:
    """An order whose money was taken."""
    order_id: str = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT).json["id"]
    assert storefront.ask("POST", f"/v1/checkouts/{order_id}/payment", NEW_PAYMENT).status == 200
    server.do(lambda: shop.purchase.drain(10))
    return order_id


def dispute(server: Server, shop: Shop, order_id: str, status: str, kind: Any = "opened", **more: Any) -> None:
    """The gateway tells of a dispute about all of an order."""
    news = DisputeNews("dp_1", PRICE, "EUR", "fraudulent", status, 1_500, **more)
    told_at = datetime.now(UTC)
    server.do(lambda: shop.refunds.disputed(order_id, "bank", kind, news, told_at))


def test_a_part_and_then_the_rest(storefront: Client, order: str) -> None:
    first = storefront.ask("POST", f"/v1/orders/{order}/refunds", {"amount": 5_000, "reason": "damaged"})
    assert first.status == 201
    assert (first.json["state"], first.json["amount"], first.json["reason"]) == ("done", 5_000, "damaged")
    assert storefront.ask("GET", f"/v1/orders/{order}").json["state"] == "paid"
    rest = storefront.ask("POST", f"/v1/orders/{order}/refunds", {})
    assert rest.json["amount"] == PRICE - 5_000
    assert storefront.ask("GET", f"/v1/orders/{order}").json["state"] == "refunded"
    listed = storefront.ask("GET", f"/v1/orders/{order}/refunds").json
    assert [row["amount"] for row in listed["refunds"]] == [5_000, PRICE - 5_000]
    assert (listed["captured"], listed["refunded"], listed["left"]) == (PRICE, PRICE, 0)


def test_an_operator_may_and_another_storefront_holds_its_own_keys(
    server: Server, admin: Client, storefront: Client, order: str
) -> None:
    path, key = f"/v1/orders/{order}/refunds", "one-key"
    one = storefront.ask("POST", path, {"amount": 100}, idempotency_key=key)
    assert storefront.ask("POST", path, {"amount": 100}, idempotency_key=key).body == one.body
    with server.client(OTHER_STOREFRONT_KEY) as other:
        assert other.ask("POST", path, {"amount": 100}, idempotency_key=key).json["id"] != one.json["id"]
    assert admin.ask("POST", path, {"amount": 100}).status == 201
    assert admin.ask("GET", path).json["refunded"] == 300


def test_an_operator_refunds_from_the_terminal(server: Server, storefront: Client, order: str) -> None:
    terminal = AdminClient(f"http://127.0.0.1:{server.port}", ADMIN_KEY)
    assert terminal.refund(order, 5_000, "late", restock=False)["amount"] == 5_000
    assert terminal.refund(order, None, "", restock=True)["amount"] == 10_900
    with pytest.raises(EngineRefused, match="nothing_to_refund"):
        terminal.refund(order, 1, "", restock=False)
    assert storefront.ask("GET", f"/v1/orders/{order}").json["state"] == "returned"


def test_a_buyer_cannot_refund_themself_but_may_look(storefront: Client, order: str) -> None:
    path = f"/v1/orders/{order}/refunds"
    assert storefront.ask("POST", path, {}, race_buyer="buyer-7").problem == (403, "forbidden")
    assert storefront.ask("GET", path, race_buyer="buyer-7").json["refunds"] == []
    assert storefront.ask("GET", path, race_buyer="eve").problem == (404, "unknown_order")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": PRICE + 1}, "amount_too_large"),
        ({"amount": 100, "restock": True}, "restock_needs_whole"),
        ({"amount": 0}, "invalid_input"),
        ({"amount": -5}, "invalid_input"),
        ({"amount": 1.5}, "invalid_input"),
        ({"amount": "5"}, "invalid_input"),
        ({"amount": 10**16}, "invalid_input"),
        ({"amout": 5}, "invalid_input"),
        ({"reason": "x" * 201}, "invalid_input"),
        ({"reason": "a\nb"}, "invalid_input"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_moves(
    storefront: Client, shop: Shop, order: str, body: Any, code: str
) -> None:
    answer = storefront.ask("POST", f"/v1/orders/{order}/refunds", body)
    assert answer.problem == (422, code)
    assert answer.json["field"]
    assert (shop.bank.refunds, shop.store.rows.refunds) == ({}, {})


def test_without_a_key_nothing_is_given_back(storefront: Client, order: str) -> None:
    answer = storefront.ask("POST", f"/v1/orders/{order}/refunds", {}, idempotency_key=None)
    assert answer.problem == (400, "idempotency_key_missing")


def test_what_is_no_order_is_unknown(storefront: Client, admin: Client) -> None:
    reserved = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT).json["id"]
    for order_id in (ID, reserved, "nonsense"):
        assert storefront.ask("POST", f"/v1/orders/{order_id}/refunds", {}).problem == (404, "unknown_order")
        assert storefront.ask("GET", f"/v1/orders/{order_id}/refunds").problem == (404, "unknown_order")
        assert admin.ask("GET", f"/v1/orders/{order_id}/evidence").problem == (404, "unknown_order")


def test_restock_puts_the_piece_on_sale_again(storefront: Client, admin: Client, order: str) -> None:
    answer = storefront.ask("POST", f"/v1/orders/{order}/refunds", {"restock": True})
    assert answer.json["restock"] is True
    assert storefront.ask("GET", f"/v1/orders/{order}").json["state"] == "returned"
    assert admin.ask("GET", "/v1/admin/drops/aurora-1").json["pools"][0]["sold"] == 0


def test_a_refund_that_takes_its_time_is_202_and_its_key_replays_the_end(
    server: Server, shop: Shop, storefront: Client, order: str
) -> None:
    shop.bank.refund_held = True
    path, key = f"/v1/orders/{order}/refunds", "slow"
    first = storefront.ask("POST", path, {"amount": 100}, idempotency_key=key)
    assert (first.status, first.json["state"]) == (202, "sent")
    again = storefront.ask("POST", path, {"amount": 100}, idempotency_key=key)
    assert (again.status, again.json) == (202, first.json)
    shop.bank.refunds[first.json["id"]] = Refunded("ref", 100)
    server.do(lambda: shop.refunds.look_again(order))
    ended = [storefront.ask("POST", path, {"amount": 100}, idempotency_key=key) for _ in range(2)]
    assert [(answer.status, answer.json["state"]) for answer in ended] == [(201, "done")] * 2
    assert ended[0].body == ended[1].body
    assert ended[0].headers["idempotency-replayed"] == "true"


def test_a_dispute_freezes_refunds_and_stands_on_the_operators_list(
    server: Server, shop: Shop, storefront: Client, admin: Client, order: str
) -> None:
    due_by = datetime.now(UTC) + timedelta(days=7)
    dispute(server, shop, order, "needs_response", due_by=due_by)
    assert storefront.ask("POST", f"/v1/orders/{order}/refunds", {}).problem == (409, "order_disputed")
    listed = admin.ask("GET", "/v1/admin/disputes").json
    assert [(row["id"], row["order"], row["state"]) for row in listed["disputes"]] == [("dp_1", order, "open")]
    assert datetime.fromisoformat(listed["disputes"][0]["due_by"]) == due_by
    assert (listed["orders"], listed["disputed"], listed["chargeback_rate"]) == (1, 1, 1.0)
    dispute(server, shop, order, "lost", "closed")
    assert admin.ask("GET", "/v1/admin/disputes").json["disputes"] == []
    assert storefront.ask("POST", f"/v1/orders/{order}/refunds", {}).problem == (409, "nothing_to_refund")


def test_the_evidence_is_everything_on_one_page(
    server: Server, shop: Shop, storefront: Client, admin: Client, order: str
) -> None:
    storefront.ask("POST", f"/v1/orders/{order}/refunds", {"amount": 400, "reason": "late"})
    dispute(server, shop, order, "needs_response")
    page = admin.ask("GET", f"/v1/orders/{order}/evidence").json
    assert (page["buyer"], page["amount"], page["state"]) == ("buyer-7", PRICE, "paid")
    assert page["payment"] | {"ref": "", "method": ""} == {
        "gateway": "bank", "ref": "", "method": "", "attempt": 1, "captured": PRICE, "refunded": 400, "lost": 0,
    }  # fmt: skip
    assert page["quote"]["lines"][0]["item"] == "aurora-1-42"
    assert [row["reason"] for row in page["refunds"]] == ["late"]
    assert [row["reason"] for row in page["disputes"]] == ["fraudulent"]
    told = [line["what"] for line in page["timeline"]]
    assert told[0] == "reserved"
    assert {"paid", "captured", "refund_requested", "refunded", "dispute_opened"} <= set(told)
    assert "ada@example.com" not in str(page), "the buyer is an id"
