"""Request line and headers: bounded in bytes and in time, however they come."""

import socket

import pytest

from race_to_purchase.edge import protocol
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client, exchange, split

LONG_WITH_A_BODY = (
    b"POST /v1/checkouts HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nx: " + b"a" * 40_000 + b'\r\n\r\n{"drop":1'
)


class TestAHead:
    def test_may_not_be_of_any_length(self, server: Server) -> None:
        for long in (b"GET /" + b"a" * 40_000, b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000):
            assert split(exchange(server.port, long, end=False)).problem == (431, "head_too_large")

    @pytest.mark.parametrize(
        "whole",
        [
            b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nhost: a\r\ncookie: race_session=" + b"a" * 40_000 + b"\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nhost: a\r\n" + b"x: a\r\n" * 20_000 + b"\r\n",
            LONG_WITH_A_BODY,
        ],
    )
    def test_may_not_be_longer_where_it_comes_in_one_piece_either(self, server: Server, whole: bytes) -> None:
        received = exchange(server.port, whole)
        assert split(received).problem == (431, "head_too_large")
        assert received.count(b"HTTP/1.1 ") == 1

    @pytest.mark.parametrize("end", [b"\r\n\r\n", b""])
    def test_that_is_too_long_is_told_to_a_browser_by_a_page_in_its_language(self, server: Server, end: bytes) -> None:
        cookie = b"\r\ncookie: race_session=" + b"a" * 100_000 + end
        for accept in (b"text/html,*/*;q=0.8", b"application/json"):
            head = b"GET /shop/aurora-1 HTTP/1.1\r\nhost: a\r\naccept-language: de\r\naccept: " + accept
            told = split(exchange(server.port, head + cookie))
            assert told.status == 431
            is_page = told.headers["content-type"] == "text/html; charset=utf-8"
            assert is_page == (b"html" in accept)
            assert ("Cookies dieses Shops" in told.body.decode()) == is_page
            assert "content-security-policy" in told.headers or not is_page

    def test_does_not_count_the_body_that_comes_with_it(self, server: Server) -> None:
        sent = b"POST /v1/checkouts HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n" + b"a" * 60_000
        assert split(exchange(server.port, sent)).problem == (401, "unauthorized")

    def test_that_wants_a_tunnel_leaves_nothing_in_the_log(
        self, server: Server, storefront: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        exchange(server.port, b"CONNECT shop:443 HTTP/1.1\r\nhost: shop:443\r\n\r\n")
        assert storefront.ask("GET", "/healthz").status == 200
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []

    def test_may_have_32_kib(self, server: Server) -> None:
        long = b"GET /healthz HTTP/1.1\r\nconnection: close\r\nx: " + b"a" * 32_000 + b"\r\n\r\n"
        assert split(exchange(server.port, long, end=False)).status == 200

    @pytest.mark.parametrize("begun", [b"", b"GET /healthz HTT"])
    def test_may_not_take_for_ever(self, shop: Shop, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
        monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.2)
        with Server(shop.app) as server:
            assert exchange(server.port, begun, end=False) == b""

    def test_may_not_take_for_ever_after_another(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.2)
        with (
            Server(shop.app) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        ):
            connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            connection.sendall(b"GET /healthz HTT")
            assert connection.recv(4096) == b""

    def test_may_come_in_pieces(self, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            for byte in b"GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n":
                connection.sendall(bytes([byte]))
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
