"""What is not the client's fault: told as a problem that gives nothing away, and written into the log in full."""

import logging
from typing import Any

import pytest

from race_to_purchase.edge import health
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from race_to_purchase.errors import DatabaseUnavailable, EmbeddedFailed, Overloaded, TryAgainLater
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client


def failing(error: Exception) -> Any:
    """A method that always ends like this."""

    async def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "retry_after"),
    [
        (Overloaded(), "overloaded", "1"),
        (Overloaded(retry_after_s=0.01), "overloaded", "1"),
        (DatabaseUnavailable(reason="10.0.0.3:5432 refused", retry_after_s=2.2), "database_unavailable", "3"),
        (TryAgainLater(), "unavailable", "1"),
    ],
)
def test_what_passes_is_told_with_when_to_come_back(
    shop: Shop, storefront: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, retry_after: str
) -> None:
    monkeypatch.setattr(shop.purchase, "reserve", failing(error))
    answer = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
    assert (answer.problem, answer.json["retryable"]) == ((503, code), True)
    assert answer.headers["retry-after"] == retry_after
    assert b"10.0.0.3" not in answer.body


@pytest.mark.parametrize("error", [RuntimeError("secret"), EmbeddedFailed(what="secret", log="secret", tail="secret")])
def test_what_nobody_foresaw_is_logged_under_its_request(
    shop: Shop,
    storefront: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    monkeypatch.setattr(shop.purchase, "reserve", failing(error))
    with caplog.at_level(logging.ERROR):
        answer = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT, x_request_id="req-7")
    assert answer.problem == (500, "internal_error")
    assert answer.json["request_id"] == answer.headers["x-request-id"] == "req-7"
    assert b"secret" not in answer.body
    (record,) = caplog.records
    assert record.__dict__["request"] == "req-7"
    assert record.exc_info is not None
    assert "secret" in str(record.exc_info[1])


class TestTheRequestId:
    def test_is_the_clients_where_it_can_stand_in_a_log(self, stranger: Client) -> None:
        assert stranger.ask("GET", "/healthz", x_request_id="a.B-1:/=+").headers["x-request-id"] == "a.B-1:/=+"
        assert stranger.ask("GET", "/nowhere", x_request_id="mine").headers["x-request-id"] == "mine"

    def test_goes_along_with_what_is_committed(self, shop: Shop, storefront: Client) -> None:
        storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT, x_request_id="req-9")
        assert shop.requests[-1] == "req-9"

    @pytest.mark.parametrize("given", ["01893f2c-7d4a-7c3e-9b1f-0242ac120002", "173273880012", "order-1234"])
    def test_may_have_digits(self, stranger: Client, given: str) -> None:
        assert stranger.ask("GET", "/healthz", x_request_id=given).headers["x-request-id"] == given

    @pytest.mark.parametrize(
        "given", ["4242424242424242", "id-4242-4242-4242-4242", "sk_live_abcdef", "whsec_abcdef", "Bearer:abcdef"]
    )
    def test_never_repeats_what_looks_like_a_card_or_a_secret(self, stranger: Client, given: str) -> None:
        assert len(stranger.ask("GET", "/healthz", x_request_id=given).headers["x-request-id"]) == 16

    @pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "a\tb", "é"])
    def test_is_a_new_one_otherwise(self, stranger: Client, given: str | None) -> None:
        seen = {stranger.ask("GET", "/healthz", x_request_id=given).headers["x-request-id"] for _ in range(3)}
        assert len(seen) == 3
        assert all(len(one) == 16 for one in seen)


class TestHealth:
    def test_is_good_as_long_as_the_process_answers(self, shop: Shop, stranger: Client) -> None:
        shop.failure = DatabaseUnavailable(reason="gone")
        assert stranger.ask("GET", "/healthz").json == {"status": "ok"}

    def test_is_not_readiness(self, shop: Shop, stranger: Client) -> None:
        assert stranger.ask("GET", "/readyz").json == {"status": "ok"}
        shop.failure = DatabaseUnavailable(reason="gone")
        answer = stranger.ask("GET", "/readyz")
        assert answer.problem == (503, "database_unavailable")
        assert "retry-after" in answer.headers

    def test_does_not_wait_for_a_database_that_hangs(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        async def hang() -> None:
            await shop.catalogue.gate.wait()

        shop.catalogue.gate.clear()
        monkeypatch.setattr(health, "READY_TIMEOUT_S", 0.1)
        monkeypatch.setattr(shop, "ready", hang)
        with Server(shop.app) as server, server.client() as client:
            assert client.ask("GET", "/readyz").problem == (503, "database_unavailable")

    def test_answers_head_without_a_body(self, stranger: Client) -> None:
        answer = stranger.ask("HEAD", "/healthz")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "15")


class TestTheEcho:
    def test_sends_a_checkout_back(self, stranger: Client) -> None:
        assert stranger.ask("POST", "/echo", NEW_CHECKOUT).json == NEW_CHECKOUT
        assert stranger.ask("POST", "/echo", {}).problem == (422, "invalid_input")

    def test_is_not_there_unless_it_is_asked_for(self, shop: Shop) -> None:
        with Server(shop.app) as server, server.client() as client:
            assert client.ask("POST", "/echo", NEW_CHECKOUT).problem == (404, "not_found")
