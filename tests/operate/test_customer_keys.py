"""The shop's public keys: fetched from a real endpoint, kept for every process, and never lost to an outage."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from race_to_purchase.edge.customers import Customers
from race_to_purchase.gateways.jwks import BYTES_MAX, JwksEndpoint
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.session import CustomerKeysFetched, CustomerKeysUnanswered
from race_to_purchase.operate.customer_keys import CustomerKeys, keys_of
from race_to_purchase.ports import KeysUnanswered
from race_to_purchase.rules.signing import WrongToken
from race_to_purchase.store.memory.keyring import MemoryKeyrings
from tests.edge.login import BELIEVED, Login
from tests.listening import listening


class Published:
    """An endpoint that says what it is told to."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.status = 200
        self.body: bytes | None = None
        self.asked = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        headers = {"location": self.url} if self.status == 302 else {}
        body = self.login.jwks() if self.body is None else self.body
        return web.Response(status=self.status, body=body, headers=headers)


@pytest.fixture
async def published() -> AsyncIterator[Published]:
    """Served on the loopback."""
    answering = Published(Login())
    async with listening(answering.answer, "/keys") as answering.url:
        yield answering


def customer(keys: CustomerKeys, token: str) -> str:
    """Whom a process with these keys believes the token to name, or why it does not."""
    try:
        return Customers(BELIEVED, keys).read(token)
    except WrongToken as wrong:
        return wrong.reason


class TestKeysThatAreFetched:
    async def test_are_believed_as_they_rotate(self, published: Published) -> None:
        keys = CustomerKeys((), JwksEndpoint(published.url), MemoryKeyrings())
        first = published.login.token("ada")
        assert customer(keys, first) == "unknown_key"
        await keys.follow()
        assert customer(keys, first) == "ada"
        published.login.rotate("second")
        await keys.follow()
        assert (customer(keys, published.login.token("bob")), customer(keys, first)) == ("bob", "ada")
        del published.login.published[0]
        await keys.follow()
        assert customer(keys, first) == "unknown_key"

    @pytest.mark.parametrize(
        ("status", "body"),
        [(500, None), (404, None), (302, None), (200, b""), (200, b"{}"), (200, b"[]"), (200, b'{"keys": []}'),
         (200, b'{"keys": 7}'), (200, b"{" * 5000), (200, b"\xff"), (200, b"x" * (BYTES_MAX + 1))],
    )  # fmt: skip
    async def test_go_on_counting_while_the_shop_does_not_answer(
        self, published: Published, status: int, body: bytes | None
    ) -> None:
        seen: list[object] = []
        end = subscribe(seen.append, CustomerKeysFetched, CustomerKeysUnanswered)
        keyrings = MemoryKeyrings()
        keys = CustomerKeys((), JwksEndpoint(published.url), keyrings)
        await keys.follow()
        published.status, published.body = status, body
        await keys.follow()
        end()
        token = published.login.token("ada")
        assert customer(keys, token) == "ada"
        restarted = CustomerKeys((), JwksEndpoint(published.url), keyrings)
        await restarted.recall()
        assert customer(restarted, token) == "ada"
        assert [type(event) for event in seen] == [CustomerKeysFetched, CustomerKeysUnanswered]

    async def test_are_not_read_past_a_size_that_no_shop_needs(self, published: Published) -> None:
        published.body = published.login.jwks().ljust(BYTES_MAX)
        assert await JwksEndpoint(published.url).fetch() == published.body
        published.body += b" "
        with pytest.raises(KeysUnanswered, match="more than"):
            await JwksEndpoint(published.url).fetch()

    async def test_are_not_waited_for_longer_than_a_moment(self) -> None:
        with pytest.raises(KeysUnanswered, match="cannot be asked"):
            await JwksEndpoint("http://127.0.0.1:1/keys").fetch()

    async def test_are_asked_for_again_where_a_token_names_a_new_one_but_not_for_each_token(
        self, published: Published
    ) -> None:
        hurried: list[None] = []
        keys = CustomerKeys((), JwksEndpoint(published.url), MemoryKeyrings())
        keys.hurry = lambda: hurried.append(None)
        await keys.follow()
        assert customer(keys, published.login.token("ada")) == "ada"
        assert hurried == [], "its key is known"
        published.login.rotate("second")
        for _ in range(100):
            assert customer(keys, published.login.token()) == "unknown_key"
        assert len(hurried) == 1

    async def test_are_asked_for_of_nobody_where_there_is_nobody_to_ask(self, published: Published) -> None:
        hurried: list[None] = []
        keys = CustomerKeys(keys_of(published.login.jwks()), None, None)
        keys.hurry = lambda: hurried.append(None)
        await keys.follow()
        assert customer(keys, published.login.token("ada")) == "ada"
        published.login.rotate("second")
        assert customer(keys, published.login.token()) == "unknown_key"
        assert hurried == []

    @pytest.mark.parametrize(
        "url", ["http://login.shop.example/keys", "ftp://127.0.0.2/keys", "https:///keys", "keys.json", ""]
    )
    def test_come_over_https(self, url: str) -> None:
        with pytest.raises(ValueError, match="https"):
            JwksEndpoint(url)


class TestKeysInAFile:
    @pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key()])
    def test_are_read_as_pem_or_jwk_or_set(self, key: Any) -> None:
        one = json.dumps(key.as_dict(private=False)).encode()
        for text in (key.as_pem(private=False), one, b'{"keys": [' + one + b"]}"):
            (read,) = keys_of(text)
            assert read.thumbprint() == key.thumbprint()

    @pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256")])
    def test_that_could_sign_are_refused(self, key: Any) -> None:
        for text in (key.as_pem(private=True), json.dumps(key.as_dict(private=True)).encode()):
            with pytest.raises(ValueError, match="not a public one"):
                keys_of(text)

    def test_for_something_else_are_left_out(self) -> None:
        good = ECKey.generate_key("P-256", {"use": "sig"})
        others = [
            ECKey.generate_key("P-256", {"use": "enc"}).as_dict(private=False),
            OctKey.generate_key(256).as_dict(),
            {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
            "no key at all",
        ]
        text = json.dumps({"keys": [*others, good.as_dict(private=False)]}).encode()
        assert [key.thumbprint() for key in keys_of(text)] == [good.thumbprint()]

    @pytest.mark.parametrize(
        "text", [b"", b"hello", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"7"]
    )
    def test_that_are_none_are_refused(self, text: bytes) -> None:
        with pytest.raises(ValueError, match=r"PEM|public key|key cannot be read"):
            keys_of(text)
