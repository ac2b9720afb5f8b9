"""Gateways' messages: verified, on the disk before they are acknowledged, and nothing that anybody sends does harm."""

import json
import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook

from race_to_purchase.edge import webhooks
from race_to_purchase.edge.body import WEBHOOK_BYTES_MAX
from race_to_purchase.errors import DatabaseUnavailable
from race_to_purchase.gateways.sandbox.webhook import sign
from race_to_purchase.gateways.webhook.secret import new_secret, signer
from race_to_purchase.rules.messages import WebhookEvent, Worked
from tests.edge.bank import SIGNER
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client, Response, exchange, split
from tests.messages import SAID_AT, a_message

PATH = "/v1/webhooks/bank"


def send(client: Client, event: WebhookEvent, *, by: Webhook = SIGNER, at: datetime | None = None) -> Response:
    """The answer to a message that is signed by the scheme of the bank."""
    headers, body = sign(by, event, at)
    return post(client, body, **headers)


def post(client: Client, body: bytes, path: str = PATH, **headers: str | None) -> Response:
    """The answer to these bytes; a gateway sends no key of ours."""
    return client.ask("POST", path, raw=body, idempotency_key=None, **headers)


def counted(server: Server, shop: Shop) -> int:
    """Messages that are kept."""
    return sum(heap.messages for heap in server.do(shop.inbox.heaps))


class TestAMessage:
    def test_is_kept_and_the_loop_is_told(self, server: Server, shop: Shop, stranger: Client) -> None:
        answer = send(stranger, a_message())
        assert (answer.status, answer.json) == (200, {"received": True})
        assert counted(server, shop) == 1
        assert shop.nudged == ["bank"]

    def test_that_comes_again_is_acknowledged_and_changes_nothing(
        self, server: Server, shop: Shop, stranger: Client
    ) -> None:
        event = a_message()
        assert [send(stranger, event).status for _ in range(3)] == [200, 200, 200]
        assert counted(server, shop) == 1
        assert shop.nudged == ["bank"]
        assert shop.webhooks.counted == {("bank", "kept"): 1, ("bank", "duplicate"): 2}

    @pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"])
    def test_may_be_of_any_type(self, stranger: Client, media_type: str | None) -> None:
        headers, body = sign(SIGNER, a_message())
        assert post(stranger, body, **headers, content_type=media_type).status == 200

    def test_of_a_kind_that_nobody_knows_is_kept_as_well(self, server: Server, shop: Shop, stranger: Client) -> None:
        assert send(stranger, a_message(kind="unknown")).status == 200
        (heap,) = server.do(shop.inbox.heaps)
        assert heap.kind == "unknown"

    def test_about_somebody_elses_object_keeps_no_reference_of_theirs(
        self, server: Server, shop: Shop, stranger: Client
    ) -> None:
        assert send(stranger, a_message("order 4711'; DROP TABLE inbox")).status == 200
        (kept,) = server.do(lambda: shop.inbox.listed("waiting", 10))
        assert kept.reference is None

    def test_needs_no_key_of_ours_and_gains_nothing_by_one(self, stranger: Client, admin: Client) -> None:
        assert send(admin, a_message()).status == 200
        assert post(admin, b"{}").problem == (400, "webhook_invalid")


@pytest.mark.parametrize("field", ["id", "kind", "ref"])
@pytest.mark.parametrize("name", ["x" * 256, "two words", "line\nbreak", "nul\0", "é"])
def test_a_name_that_no_gateway_gives_is_not_kept(field: str, name: str) -> None:
    """However well it is signed: names of events and objects are searched by, and told to operators."""
    event = a_message()
    assert webhooks.sound(event) == event
    with pytest.raises(ValueError, match="no name of up to 255"):
        webhooks.sound(replace(event, **{field: name}))


@pytest.mark.parametrize("field", ["id", "kind"])
def test_an_event_without_id_or_kind_is_none(field: str) -> None:
    assert webhooks.sound(replace(a_message(), ref="")).ref == "", "it may be about no object"
    with pytest.raises(ValueError, match="no name"):
        webhooks.sound(replace(a_message(), **{field: ""}))


class TestWhatIsRefused:
    def test_a_gateway_that_does_not_exist(self, stranger: Client) -> None:
        assert post(stranger, b"{}", "/v1/webhooks/nowhere").problem == (404, "unknown_gateway")

    def test_a_forged_signature(self, server: Server, shop: Shop, stranger: Client) -> None:
        answer = send(stranger, a_message(), by=signer(new_secret()))
        assert answer.problem == (400, "webhook_invalid")
        assert not answer.json["retryable"]
        assert counted(server, shop) == 0

    def test_a_changed_body(self, server: Server, shop: Shop, stranger: Client) -> None:
        headers, body = sign(SIGNER, a_message(said="authorized"))
        assert post(stranger, body.replace(b"authorized", b"captured"), **headers).problem == (400, "webhook_invalid")
        assert counted(server, shop) == 0

    @pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=400), -timedelta(minutes=6)])
    def test_a_copy_that_somebody_sends_much_later(
        self, server: Server, shop: Shop, stranger: Client, age: timedelta
    ) -> None:
        answer = send(stranger, a_message(), at=datetime.now(UTC) - age)
        assert answer.problem == (400, "webhook_too_old")
        assert counted(server, shop) == 0

    @pytest.mark.parametrize("signature", ["v1,%%%", "v1", "", "ä", "v1,AAAA " * 200])
    def test_a_signature_that_is_none(self, stranger: Client, signature: str) -> None:
        headers, body = sign(SIGNER, a_message())
        given = {**headers, "webhook-signature": signature.encode().decode("latin-1")}
        assert post(stranger, body, **given).problem == (400, "webhook_invalid")

    @pytest.mark.parametrize("body", [b"", b"\x00", b"null", b"\xff\xfe", b"{" * 9999, os.urandom(999)])
    def test_garbage(self, server: Server, shop: Shop, stranger: Client, body: bytes) -> None:
        assert post(stranger, body).problem == (400, "webhook_invalid")
        assert counted(server, shop) == 0

    @pytest.mark.parametrize("name", ["a b", "a" * 256, "ä"])
    def test_names_that_no_gateway_gives_however_well_signed(self, stranger: Client, name: str) -> None:
        assert send(stranger, a_message(ref=name)).problem == (400, "webhook_invalid")

    def test_ten_megabytes(self, server: Server, shop: Shop, stranger: Client) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {10 << 20}\r\n\r\n".encode()
        answer = split(exchange(server.port, head + b"a" * (64 << 10), end=False))
        assert answer.problem == (413, "body_too_large")
        assert answer.json["limit"] == WEBHOOK_BYTES_MAX

    def test_more_than_was_announced_is_counted_and_not_believed(self, server: Server) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        assert split(exchange(server.port, head + chunk * 17, end=False)).problem == (413, "body_too_large")

    def test_a_large_one_within_the_limit_is_none_of_it(self, stranger: Client) -> None:
        event = a_message()
        moment = datetime.now(UTC)
        fields = {"type": "payment", "timestamp": SAID_AT.isoformat(), "data": {"ref": "p"}, "more": "a" * 900_000}
        body = json.dumps(fields)
        headers = {
            "webhook-id": event.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": SIGNER.sign(event.id, moment, body),
        }
        assert post(stranger, body.encode(), **headers).status == 200

    def test_another_method(self, stranger: Client) -> None:
        assert stranger.ask("GET", PATH).problem == (405, "method_not_allowed")

    def test_and_counted_by_why(self, shop: Shop, stranger: Client) -> None:
        post(stranger, b"{}")
        send(stranger, a_message(), at=datetime(2020, 1, 1, tzinfo=UTC))
        assert shop.webhooks.counted == {("bank", "invalid"): 1, ("bank", "too_old"): 1}

    def test_without_a_word_of_secrets_or_signatures(self, stranger: Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            headers, body = sign(SIGNER, a_message())
            answer = post(stranger, body + b" ", **headers)
        told = answer.body.decode() + caplog.text
        right = SIGNER.sign(headers["webhook-id"], datetime.now(UTC), body.decode() + " ")
        assert headers["webhook-signature"].removeprefix("v1,") not in told
        assert right.removeprefix("v1,") not in told


class TestWhenItCannotBeKept:
    def test_the_gateway_is_told_to_come_again(
        self, shop: Shop, stranger: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def gone(*_: Any) -> bool:
            raise DatabaseUnavailable(reason="it went away", retry_after_s=2)

        with monkeypatch.context() as broken:
            broken.setattr(shop.inbox, "keep", gone)
            answer = send(stranger, a_message())
        assert answer.problem == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert send(stranger, a_message()).status == 200
        assert shop.nudged == ["bank"]

    def test_a_flood_is_held_within_a_bound(
        self, shop: Shop, stranger: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(webhooks, "HELD_BYTES_MAX", 100)
        answer = send(stranger, a_message(ref="p" * 100))
        assert answer.problem == (503, "overloaded")


class TestTheOperatorsView:
    def test_shows_what_is_not_matched(self, server: Server, shop: Shop, stranger: Client, admin: Client) -> None:
        send(stranger, a_message(id_="evt_1"))
        send(stranger, a_message(id_="evt_2"))
        server.do(lambda: shop.inbox.put([Worked("bank/evt_1", "unmatched", "no such attempt", 60)]))
        shown = admin.ask("GET", "/v1/admin/inbox").json
        assert [(each["state"], each["messages"]) for each in shown["counts"]] == [("unmatched", 1), ("waiting", 1)]
        assert [each["id"] for each in shown["messages"]] == ["bank/evt_1"]
        waiting = admin.ask("GET", "/v1/admin/inbox?state=waiting").json
        assert [each["id"] for each in waiting["messages"]] == ["bank/evt_2"]

    @pytest.mark.parametrize("query", ["state=done", "state=", "state=left&state=x", "state=%ff"])
    def test_refuses_a_state_that_is_none(self, admin: Client, query: str) -> None:
        answer = admin.ask("GET", f"/v1/admin/inbox?{query}")
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "state")

    def test_is_for_operators(self, stranger: Client, storefront: Client) -> None:
        assert stranger.ask("GET", "/v1/admin/inbox").problem == (401, "unauthorized")
        assert storefront.ask("GET", "/v1/admin/inbox").problem == (403, "forbidden")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("01980000-0000-7000-8000-000000000000/1", "01980000-0000-7000-8000-000000000000/1"),
        ("order 4711 of another shop", None),
        (None, None),
    ],
)
def test_only_a_reference_of_our_form_is_kept(given: str | None, kept: str | None) -> None:
    assert webhooks.sound(a_message(given)).reference == kept
