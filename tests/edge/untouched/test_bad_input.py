"""Whatever is wrong with a request gets a clear answer, and changes nothing."""

import asyncio
import json
import socket
from typing import Any, NoReturn

import pytest

from race_to_purchase.edge import body, protocol
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from tests.edge.shop import STOREFRONT_KEY, Server, Shop
from tests.edge.wire import Client, exchange, split

LINE = NEW_CHECKOUT["lines"][0]
BODY = json.dumps(NEW_CHECKOUT).encode()


def changed(**changes: Any) -> dict[str, Any]:
    """The example with these fields; None takes one away."""
    return {name: value for name, value in {**NEW_CHECKOUT, **changes}.items() if value is not None}


def head(method: str = "POST", path: str = "/v1/checkouts", **headers: str) -> bytes:
    """A request's head as bytes, with what a good one has; `headers` are added or put in their place."""
    given = {
        "host": "shop",
        "authorization": f"Bearer {STOREFRONT_KEY}",
        "idempotency-key": "k",
        "content-type": "application/json",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


@pytest.fixture(autouse=True)
def nothing_was_sold(shop: Shop, server: Server) -> Any:
    """No test of this file may hold a single piece."""
    yield
    state = server.do(lambda: shop.catalogue.drop("aurora-1"))
    assert [(pool.held, pool.sold) for pool in state.pools.values()] == [(0, 0)]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (changed(lines=[{**LINE, "quantity": 0}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": -1}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": 1001}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": 10**40}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": 1.5}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": "1"}]), "lines[0].quantity"),
        (changed(lines=[{**LINE, "quantity": True}]), "lines[0].quantity"),
        (changed(lines=[{"item": "a"}]), "lines[0].quantity"),
        (changed(lines=[LINE, {**LINE, "colour": "red"}]), "lines[1].colour"),
        (changed(lines=[{**LINE, "item": "x" * 65}]), "lines[0].item"),
        (changed(lines=[{**LINE, "item": "a b"}]), "lines[0].item"),
        (changed(lines=[{**LINE, "item": "a\n"}]), "lines[0].item"),
        (changed(lines=[]), "lines"),
        (changed(lines=[{"item": f"i{n}", "quantity": 1} for n in range(21)]), "lines"),
        (changed(lines={}), "lines"),
        (changed(lines=None), "lines"),
        (changed(drop=None), "drop"),
        (changed(drop="../etc"), "drop"),
        (changed(drop=""), "drop"),
        (changed(drop=5), "drop"),
        (changed(buyer=None), "buyer.id"),
        (changed(buyer={}), "buyer.id"),
        (changed(buyer={"id": ""}), "buyer.id"),
        (changed(buyer={"id": "x" * 129}), "buyer.id"),
        (changed(buyer={"id": "a\x00b"}), "buyer.id"),
        (changed(buyer={"id": "a\n"}), "buyer.id"),
        (changed(buyer={"id": " a"}), "buyer.id"),
        (changed(buyer={"id": "a", "email": "nobody"}), "buyer.email"),
        (changed(buyer={"id": "a", "email": "a@b\n"}), "buyer.email"),
        (changed(buyer={"id": "a", "email": "\x00@b"}), "buyer.email"),
        (changed(buyer={"id": "a", "email": "a" * 250 + "@b.cd"}), "buyer.email"),
        (changed(buyer={"id": "a", "name": "Ada"}), "buyer.name"),
        (changed(promo="no code"), "promo"),
        (changed(gift_wrap=True), "gift_wrap"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_a_field_that_is_wrong_is_named(storefront: Client, wish: Any, field: str) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", wish)
    assert answer.problem == (422, "invalid_input")
    assert answer.json["field"] == field


def test_an_item_in_two_lines_is_named(storefront: Client) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", changed(lines=[LINE, {**LINE, "item": "b"}, LINE]))
    assert (answer.problem, answer.json["field"]) == ((422, "duplicate_line"), "lines[2].item")


@pytest.mark.parametrize(
    "method", ["", "x" * 65, "a b", "pm\n", "4242 4242 4242 4242", "4242424242424242", "é", None, 7]
)
def test_a_payment_method_that_is_none_is_named(storefront: Client, method: Any) -> None:
    path = "/v1/checkouts/019ae3c5-7c00-7000-8000-0123456789ab/payment"
    answer = storefront.ask("POST", path, {"payment_method": method})
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "payment_method")


@pytest.mark.parametrize(
    ("raw", "position"),
    [
        (b"", 0),
        (b"{", 1),
        (b'{"drop": "aurora-1",}', 20),
        (b"\xef\xbb\xbf{}", 0),
        (b'{"drop": "a\xffb"}', 11),
        (b'{"drop": NaN}', 9),
        (b'{"drop": "\\ud800"}', 18),
        (b'{"drop": "a\x00"}', 11),
        (BODY + b"x", len(BODY)),
        (BODY[:-1], len(BODY) - 1),
    ],
)
def test_what_is_not_json_is_told_with_its_position(storefront: Client, raw: bytes, position: int) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", raw=raw)
    assert answer.problem == (400, "malformed_json")
    assert abs(answer.json["position"] - position) <= 1


def test_an_empty_body_is_told_as_that(storefront: Client) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", raw=b"")
    assert (answer.problem, answer.json["detail"]) == ((400, "malformed_json"), "The body is empty.")


@pytest.mark.parametrize("raw", [b"[" * 60_000, b'{"a":' * 10_000, b'{"drop":' + b"[" * 60_000])
def test_nesting_without_end_is_refused(storefront: Client, admin: Client, raw: bytes) -> None:
    assert storefront.ask("POST", "/v1/checkouts", raw=raw).status in (400, 422)
    assert admin.ask("PUT", "/v1/admin/drops/deep", raw=raw).status in (400, 422)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_invalid"),
        ('""', "idempotency_key_invalid"),
        ('"half', "idempotency_key_invalid"),
        (r'"half\"', "idempotency_key_invalid"),
        ('"', "idempotency_key_invalid"),
        ('"a"b"', "idempotency_key_invalid"),
        ("x" * 256, "idempotency_key_invalid"),
        ('"' + "x" * 256 + '"', "idempotency_key_invalid"),
        ("a\tb", "idempotency_key_invalid"),
        ("clé", "idempotency_key_invalid"),
    ],
)
def test_an_idempotency_key_that_is_none_is_refused(storefront: Client, key: str | None, code: str) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT, idempotency_key=key)
    assert (answer.problem, answer.json["field"]) == ((400, code), "Idempotency-Key")


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"]
)
def test_a_body_of_another_type_is_refused(storefront: Client, media_type: str | None) -> None:
    answer = storefront.ask("POST", "/v1/checkouts", NEW_CHECKOUT, content_type=media_type)
    assert answer.problem == (415, "unsupported_media_type")


def test_json_may_have_parameters_and_capitals(storefront: Client) -> None:
    wish = changed(drop="nothing")
    answer = storefront.ask("POST", "/v1/checkouts", wish, content_type="Application/JSON; charset=utf-8")
    assert answer.problem == (404, "unknown_drop")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/checkouts", "POST"),
        ("PATCH", "/v1/checkouts/019ae3c5-7c00-7000-8000-0123456789ab", "DELETE, GET, HEAD"),
        ("POST", "/v1/drops/aurora-1", "GET, HEAD"),
        ("DELETE", "/v1/admin/drops/aurora-1", "GET, HEAD, PUT"),
        ("OPTIONS", "/healthz", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused(storefront: Client, method: str, path: str, allow: str) -> None:
    answer = storefront.ask(method, path)
    assert (answer.problem, answer.headers["allow"]) == ((405, "method_not_allowed"), allow)


@pytest.mark.parametrize("path", ["/v1", "/v1/checkouts/", "/v2/checkouts", "/v1/checkouts/a/b", "//", "/%2e%2e"])
def test_a_path_that_leads_nowhere_is_told_so(storefront: Client, path: str) -> None:
    assert storefront.ask("POST", path, NEW_CHECKOUT).problem == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/v1/admin/drops/aurora-1/grants?after=%00", "/v1/admin/inbox?state=a%00b", "/v1/challenges?drop=%00"]
)
def test_a_query_with_a_nul_in_it_is_asked_of_nobody(admin: Client, path: str) -> None:
    answer = admin.ask("GET", path)
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "query")


class TestALargeBody:
    LARGE = b'{"drop":"' + b"x" * 65_536 + b'"}'

    def test_is_refused_by_its_announced_length(self, server: Server) -> None:
        announced = head(content_length="65537", expect="100-continue", connection="close")
        assert split(exchange(server.port, announced, end=False)).problem == (413, "body_too_large")

    def test_is_refused_when_it_has_come(self, storefront: Client) -> None:
        assert storefront.ask("POST", "/v1/checkouts", raw=self.LARGE).problem == (413, "body_too_large")
        assert storefront.ask("POST", "/v1/checkouts", {}).status == 422

    def test_is_refused_when_its_length_was_not_said(self, server: Server) -> None:
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        sent = head(transfer_encoding="chunked", connection="close") + chunk * 17 + b"0\r\n\r\n"
        assert split(exchange(server.port, sent)).problem == (413, "body_too_large")

    def test_may_have_64_kib(self, storefront: Client) -> None:
        raw = BODY[:-1] + b" " * (65_536 - len(BODY)) + b"x"
        assert len(raw) == 65_536
        assert storefront.ask("POST", "/v1/checkouts", raw=raw).problem == (400, "malformed_json")


def send_for_ever(connection: socket.socket, chunk: bytes) -> NoReturn:
    """Until the other side has enough of it."""
    while True:
        connection.sendall(chunk)


class TestABodyThatIsStillComingWhenItsRequestIsAnswered:
    CHUNK = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    UNKNOWN = head(content_length=str(len(BODY))).replace(b"/v1/checkouts", b"/v1/nothing")

    def test_cannot_hold_a_connection_that_says_it_ends(self, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head(transfer_encoding="chunked") + self.CHUNK * 17)
            answer = split(connection.recv(4096))
            assert (answer.problem, answer.headers["connection"]) == ((413, "body_too_large"), "close")
            connection.sendall(self.CHUNK)
            assert connection.recv(4096) == b""

    def test_does_not_cost_the_client_its_answer(self, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head(transfer_encoding="chunked"))
            for _ in range(500):
                connection.sendall(self.CHUNK)
            assert split(connection.recv(4096)).problem == (413, "body_too_large")

    def test_is_read_within_a_bound(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "LINGER_S", 0.1)
        with (
            Server(shop.app) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        ):
            connection.sendall(head(transfer_encoding="chunked"))
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                send_for_ever(connection, self.CHUNK)

    def test_may_end_and_be_followed_by_another_request(self, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(self.UNKNOWN)
            assert split(connection.recv(4096)).problem == (404, "not_found")
            connection.sendall(BODY + b"GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n")
            assert split(connection.recv(4096)).status == 200

    def test_may_not_take_for_ever(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "BODY_TIMEOUT_S", 0.2)
        with (
            Server(shop.app) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        ):
            connection.sendall(self.UNKNOWN)
            assert split(connection.recv(4096)).problem == (404, "not_found")
            connection.sendall(BODY[:-1])
            assert connection.recv(4096) == b""

    @pytest.mark.parametrize("late", [BODY, b"\r\n"])
    def test_leaves_a_connection_that_ends_when_it_is_not_used(self, shop: Shop, late: bytes) -> None:
        with (
            Server(shop.app, keep_alive_s=1) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        ):
            connection.sendall(self.UNKNOWN + (b"" if late is BODY else BODY))
            assert split(connection.recv(4096)).problem == (404, "not_found")
            connection.sendall(late)
            assert connection.recv(4096) == b""


class TestABodyThatIsNotWhatItsHeadSays:
    def test_may_be_longer(self, server: Server) -> None:
        wish = json.dumps(changed(drop="nothing")).encode()
        received = exchange(server.port, head(content_length=str(len(wish))) + wish + b"and more\r\n\r\n")
        assert split(received).problem == (404, "unknown_drop")
        assert received.count(b"HTTP/1.1 ") == 1

    def test_may_be_shorter(self, server: Server, storefront: Client) -> None:
        assert exchange(server.port, head(content_length="60000") + BODY) == b""
        assert storefront.ask("GET", "/healthz").status == 200

    def test_may_never_come(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(body, "READ_TIMEOUT_S", 0.2)
        answer = split(exchange(server.port, head(content_length="10") + b"{", end=False))
        assert answer.problem == (408, "body_too_slow")
        assert answer.headers["connection"] == "close"

    def test_may_have_two_lengths(self, server: Server) -> None:
        sent = head(content_length="5", transfer_encoding="chunked") + b"0\r\n\r\n" + BODY
        assert b"201" not in exchange(server.port, sent).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"G\xc3\x89T /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nx: a\x00b\r\n\r\n",
        b"POST /v1/checkouts HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/checkouts HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /v1/checkouts HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        head(content_length="3", Content_Length="4") + b"{}x",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT shop:443 HTTP/1.1\r\nhost: shop:443\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_are_refused_as_such(server: Server, storefront: Client, garbage: bytes) -> None:
    received = exchange(server.port, garbage)
    assert split(received).problem == (400, "malformed_http")
    assert received.count(b"HTTP/1.1 ") == 1
    assert storefront.ask("GET", "/healthz").status == 200


def test_a_header_that_decides_comes_once(server: Server) -> None:
    twice = head(content_length=str(len(BODY))).replace(b"\r\n\r\n", b"\r\nidempotency-key: other\r\n\r\n")
    assert split(exchange(server.port, twice + BODY)).problem == (400, "duplicate_header")


def test_requests_may_follow_each_other_without_waiting(server: Server) -> None:
    wish = json.dumps(changed(drop="nothing")).encode()
    one = head(content_length=str(len(wish))) + wish
    received = exchange(server.port, one * 3 + b"GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", end=False)
    assert received.count(b"HTTP/1.1 404") == 3
    assert received.endswith(b'{"status":"ok"}')


async def test_a_server_that_is_not_uvicorn_is_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the object behind `receive`, the body is read in parts and within the time."""
    parts = [BODY[:10], BODY[10:]]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    assert await body.read({b"content-type": b"application/json"}, receive, body.BYTES_MAX) == BODY
