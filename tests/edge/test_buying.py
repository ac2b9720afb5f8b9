"""A buyer's way over HTTP: reserve, look, pay, cancel, order; and every refusal that rules can give."""

from datetime import timedelta
from uuid import uuid4

import pytest

from race_to_purchase.edge.reference.examples import NEW_CHECKOUT, NEW_PAYMENT
from tests.edge.shop import OTHER_STOREFRONT_KEY, STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.wire import Client, Response

ITEM = "aurora-1-42"


def reserved(client: Client, buyer: str = "ada", quantity: int = 1, **headers: str) -> Response:
    """The answer to somebody who wants some pairs."""
    wish = {**NEW_CHECKOUT, "buyer": {"id": buyer}, "lines": [{"item": ITEM, "quantity": quantity}]}
    return client.ask("POST", "/v1/checkouts", wish, **headers)


def pay(client: Client, checkout_id: str, method: str = "pm_approved", **headers: str) -> Response:
    """The answer to a payment."""
    return client.ask("POST", f"/v1/checkouts/{checkout_id}/payment", {"payment_method": method}, **headers)


class TestAPurchase:
    def test_goes_from_a_reservation_to_an_order(self, storefront: Client) -> None:
        checkout = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
        assert checkout.status == 201
        told = checkout.json
        assert (told["state"], told["quote"]["total"], told["drop"]) == ("reserved", 15900, "aurora-1")
        assert told["reserved_until"].endswith("Z")
        paid = storefront.ask("POST", f"/v1/checkouts/{told['id']}/payment", NEW_PAYMENT)
        assert (paid.status, paid.json["state"], paid.json["order"]["amount"]) == (200, "paid", 15900)
        order = storefront.ask("GET", f"/v1/orders/{told['id']}").json
        assert (order["id"], order["state"], order["amount"], order["quote"]) == (
            told["id"], "paid", 15900, told["quote"],
        )  # fmt: skip
        assert storefront.ask("GET", f"/v1/checkouts/{told['id']}").json["order"] == told["id"]

    def test_is_cancelled_as_often_as_one_likes(self, storefront: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        for _ in range(2):
            answer = storefront.ask("DELETE", f"/v1/checkouts/{checkout_id}")
            assert (answer.status, answer.json["state"]) == (200, "cancelled")
        assert pay(storefront, checkout_id).problem == (409, "wrong_state")

    def test_that_is_paid_cannot_be_cancelled(self, storefront: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        pay(storefront, checkout_id)
        assert storefront.ask("DELETE", f"/v1/checkouts/{checkout_id}").problem == (409, "wrong_state")

    def test_takes_another_method_after_a_decline(self, storefront: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        declined = pay(storefront, checkout_id, "pm_declined", idempotency_key="first")
        assert declined.problem == (402, "payment_declined")
        assert declined.json["decline_code"] == "do_not_honor"
        again = pay(storefront, checkout_id, "pm_declined", idempotency_key="first")
        assert (again.status, again.body) == (402, declined.body)
        assert again.headers["content-type"] == "application/problem+json"
        assert again.headers["idempotency-replayed"] == "true"
        assert pay(storefront, checkout_id, idempotency_key="second").status == 200

    def test_that_the_gateway_has_not_decided_is_told_as_such(
        self, shop: Shop, server: Server, storefront: Client
    ) -> None:
        checkout_id = reserved(storefront).json["id"]
        waiting = pay(storefront, checkout_id, "pm_held", idempotency_key="k")
        assert (waiting.status, waiting.json["state"], waiting.headers["retry-after"]) == (202, "paying", "1")
        in_flight = pay(storefront, checkout_id, "pm_held", idempotency_key="k")
        assert in_flight.problem == (409, "idempotency_in_flight")
        assert in_flight.headers["retry-after"] == "1"
        assert storefront.ask("DELETE", f"/v1/checkouts/{checkout_id}").problem == (409, "payment_in_flight")
        server.do(shop.bank.opened.set)
        # Another tab with another key gets the answer of the payment that is under way.
        assert pay(storefront, checkout_id, idempotency_key="other").status == 200
        assert pay(storefront, checkout_id, "pm_held", idempotency_key="k").json["state"] == "paid"

    def test_is_paid_before_its_stock_is_held_where_the_drop_says_so(
        self, shop: Shop, server: Server, storefront: Client
    ) -> None:
        server.do(lambda: shop.catalogue.put(a_definition(id="later", flow="payment_first")))
        checkout = storefront.ask("POST", "/v1/checkouts", {**NEW_CHECKOUT, "drop": "later"})
        assert (checkout.status, checkout.json["state"]) == (201, "open")
        assert pay(storefront, checkout.json["id"]).status == 200


class TestTheSameRequestTwice:
    def test_gives_the_same_bytes(self, storefront: Client) -> None:
        first = reserved(storefront, idempotency_key="once")
        again = reserved(storefront, idempotency_key="once")
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers

    def test_has_one_key_whether_quoted_or_bare(self, storefront: Client) -> None:
        first = reserved(storefront, idempotency_key=r'a"b\c')
        assert reserved(storefront, idempotency_key=r'"a\"b\\c"').body == first.body

    def test_is_refused_with_another_body(self, storefront: Client) -> None:
        reserved(storefront, idempotency_key="once")
        other = reserved(storefront, quantity=2, idempotency_key="once")
        assert other.problem == (422, "idempotency_key_reused")

    def test_is_another_request_from_another_storefront(self, server: Server, storefront: Client) -> None:
        first = reserved(storefront, idempotency_key="once")
        with server.client(OTHER_STOREFRONT_KEY) as other:
            assert reserved(other, idempotency_key="once").json["id"] != first.json["id"]

    def test_is_another_request_for_another_checkout(self, storefront: Client) -> None:
        ids = [reserved(storefront, buyer).json["id"] for buyer in ("ada", "bob")]
        paid = [pay(storefront, checkout_id, idempotency_key="once").json["id"] for checkout_id in ids]
        assert paid == ids

    def test_never_shows_one_buyer_the_answer_of_another(self, storefront: Client) -> None:
        checkout_id = reserved(storefront, "ada").json["id"]
        assert pay(storefront, checkout_id, idempotency_key="once", race_buyer="ada").status == 200
        stranger = pay(storefront, checkout_id, idempotency_key="once", race_buyer="bob")
        assert stranger.problem == (404, "unknown_checkout")

    def test_may_be_sent_again_after_a_refusal(self, shop: Shop, storefront: Client) -> None:
        shop.offset = timedelta(hours=-2)
        assert reserved(storefront, idempotency_key="once").problem == (409, "drop_not_open")
        shop.offset = timedelta()
        assert reserved(storefront, idempotency_key="once").status == 201

    def test_may_be_a_cancellation_with_a_key(self, storefront: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        answers = [storefront.ask("DELETE", f"/v1/checkouts/{checkout_id}", idempotency_key="once") for _ in "ab"]
        assert answers[0].body == answers[1].body
        assert answers[1].headers["idempotency-replayed"] == "true"


class TestARefusal:
    def test_of_an_unknown_drop(self, storefront: Client) -> None:
        answer = storefront.ask("POST", "/v1/checkouts", {**NEW_CHECKOUT, "drop": "nothing"})
        assert answer.problem == (404, "unknown_drop")

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"lines": [{"item": "nothing", "quantity": 1}]}, "unknown_item", "lines[0].item"),
            ({"promo": "NOTHING"}, "unknown_promo", "promo"),
        ],
    )
    def test_of_what_the_drop_does_not_have(
        self, storefront: Client, change: dict[str, object], code: str, field: str
    ) -> None:
        answer = storefront.ask("POST", "/v1/checkouts", {**NEW_CHECKOUT, **change})
        assert (answer.problem, answer.json["field"]) == ((422, code), field)

    def test_before_the_drop_opens(self, shop: Shop, storefront: Client) -> None:
        shop.offset = timedelta(hours=-2)
        answer = reserved(storefront)
        assert (answer.problem, answer.json["retryable"]) == ((409, "drop_not_open"), True)

    def test_after_the_drop_was_closed(self, storefront: Client, admin: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        assert admin.ask("POST", "/v1/admin/drops/aurora-1/close").status == 200
        assert reserved(storefront, "bob").problem == (409, "drop_closed")
        assert pay(storefront, checkout_id).status == 200

    def test_beyond_the_buyers_limit(self, storefront: Client) -> None:
        answer = reserved(storefront, quantity=3)
        assert (answer.problem, answer.json["limit"], answer.json["left"]) == ((409, "limit_reached"), 2, 2)

    def test_while_all_is_reserved_and_once_all_is_sold(self, shop: Shop, server: Server, storefront: Client) -> None:
        items = [{"id": ITEM, "title": "The last one", "price": 100, "stock": 1}]
        server.do(lambda: shop.catalogue.put(a_definition(items=items)))
        checkout_id = reserved(storefront).json["id"]
        all_reserved = reserved(storefront, "bob")
        assert all_reserved.problem == (409, "all_reserved")
        assert (all_reserved.json["retryable"], "retry_at" in all_reserved.json) == (True, True)
        assert "left" not in all_reserved.json
        pay(storefront, checkout_id)
        sold_out = reserved(storefront, "bob")
        assert (sold_out.problem, sold_out.json["retryable"]) == ((409, "sold_out"), False)

    def test_of_more_than_are_free_says_how_many_are(self, shop: Shop, server: Server, storefront: Client) -> None:
        items = [{"id": ITEM, "title": "The last two", "price": 100, "stock": 2}]
        server.do(lambda: shop.catalogue.put(a_definition(items=items)))
        reserved(storefront, quantity=1)
        refused = reserved(storefront, "bob", quantity=2)
        assert (refused.problem, refused.json["left"]) == ((409, "all_reserved"), 1)
        assert f"Of {ITEM} only 1 can be had now" in refused.json["detail"]

    def test_of_a_payment_after_the_deadline(self, shop: Shop, storefront: Client) -> None:
        checkout_id = reserved(storefront).json["id"]
        shop.offset = timedelta(minutes=6)
        assert pay(storefront, checkout_id).problem == (409, "reservation_expired")


class TestSomebodyElses:
    @pytest.fixture
    def checkout_id(self, storefront: Client) -> str:
        checkout_id: str = reserved(storefront, "ada").json["id"]
        return checkout_id

    def test_checkout_does_not_exist(self, storefront: Client, checkout_id: str) -> None:
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/payment")):
            body = NEW_PAYMENT if method == "POST" else None
            answer = storefront.ask(method, f"/v1/checkouts/{checkout_id}{path}", body, race_buyer="bob")
            assert answer.problem == (404, "unknown_checkout")
        assert storefront.ask("GET", f"/v1/checkouts/{checkout_id}", race_buyer="ada").json["state"] == "reserved"

    def test_order_does_not_exist(self, storefront: Client, checkout_id: str) -> None:
        pay(storefront, checkout_id)
        assert storefront.ask("GET", f"/v1/orders/{checkout_id}", race_buyer="bob").problem == (404, "unknown_order")
        assert storefront.ask("GET", f"/v1/orders/{checkout_id}", race_buyer="ada").status == 200

    def test_name_cannot_be_reserved_in(self, storefront: Client) -> None:
        answer = reserved(storefront, "ada", race_buyer="bob")
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "buyer.id")

    def test_id_that_is_none_is_just_unknown(self, storefront: Client) -> None:
        for wrong in ("1", str(uuid4()), f"{uuid4()}x", "{" + str(uuid4()) + "}", "%00", "..%2F..", "🏁"):
            path = wrong.encode("unicode_escape").decode() if not wrong.isascii() else wrong
            assert storefront.ask("GET", f"/v1/checkouts/{path}").status == 404
            assert storefront.ask("GET", f"/v1/orders/{path}").status == 404

    def test_id_that_cannot_be_one_is_not_looked_up(
        self, shop: Shop, storefront: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A database refuses what is no UUID, and NUL in any text; neither may become an internal error."""
        monkeypatch.setattr(shop.store, "checkout", None)
        monkeypatch.setattr(shop.store, "order", None)
        for wrong in ("1", "%00", f"{uuid4()}x"):
            assert storefront.ask("GET", f"/v1/checkouts/{wrong}").problem == (404, "unknown_checkout")
            assert storefront.ask("GET", f"/v1/orders/{wrong}").problem == (404, "unknown_order")

    def test_id_is_the_same_in_capitals(self, storefront: Client, checkout_id: str) -> None:
        assert storefront.ask("GET", f"/v1/checkouts/{checkout_id.upper()}").json["id"] == checkout_id


def test_a_key_serves_many_connections(server: Server) -> None:
    ids = set()
    for buyer in ("ada", "bob", "eve"):
        with server.client(STOREFRONT_KEY) as client:
            ids.add(reserved(client, buyer).json["id"])
    assert len(ids) == 3
