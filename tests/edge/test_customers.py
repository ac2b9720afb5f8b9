"""The shop's customers: a token of the shop's says who they are, and whatever is not quite one says nothing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from race_to_purchase.edge.reference.examples import NEW_CHECKOUT, NEW_PAYMENT
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.session import CustomerRefused
from race_to_purchase.rules.signing import WrongToken
from tests.edge.browser import Browser
from tests.edge.login import AUDIENCE, ISSUER, Login
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client

WISH = {name: value for name, value in NEW_CHECKOUT.items() if name != "buyer"}
ID = "019ae3c5-7c00-7000-8000-0123456789ab"
LOGIN = Login()
CUSTOMERS = LOGIN.customers()


def raw(part: Any) -> str:
    encoded = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(encoded).rstrip(b"=").decode()


def why_not(token: str) -> str:
    with pytest.raises(WrongToken) as caught:
        CUSTOMERS.read(token)
    return caught.value.reason


class TestAToken:
    def test_names_the_buyer(self) -> None:
        assert CUSTOMERS.read(LOGIN.token("ada")) == "ada"

    def test_may_be_for_several(self) -> None:
        assert CUSTOMERS.read(LOGIN.token(aud=["other", AUDIENCE])) == "ada"

    def test_without_a_key_id_is_tried_under_every_key(self) -> None:
        login = Login()
        login.rotate("second")
        token = jwt.encode({"alg": "ES256"}, jwt.decode(login.token(), login.key).claims, login.published[0])
        assert login.customers().read(token) == "ada"

    @pytest.mark.parametrize(
        ("claims", "why"),
        [
            ({"iss": "https://evil.example"}, "issuer"),
            ({"iss": None}, "issuer"),
            ({"iss": [ISSUER]}, "issuer"),
            ({"aud": "another service"}, "audience"),
            ({"aud": None}, "audience"),
            ({"aud": []}, "audience"),
            ({"exp": int(time.time()) - 61}, "expired"),
            ({"exp": None}, "expired"),
            ({"exp": "tomorrow"}, "expired"),
            ({"nbf": int(time.time()) + 86_400}, "not_yet"),
            ({"iat": int(time.time()) + 86_400}, "not_yet"),
            ({"subject": None}, "subject"),
            ({"subject": ""}, "subject"),
            ({"subject": 7}, "subject"),
            ({"subject": "x" * 129}, "subject"),
            ({"subject": "a\nb"}, "subject"),
            ({"subject": "ä"}, "subject"),
            ({"subject": "guest:000102030405060708090a0b0c0d0e0f"}, "subject"),
        ],
    )
    def test_that_says_something_else_is_not_believed(self, claims: dict[str, Any], why: str) -> None:
        assert why_not(LOGIN.token(**claims)) == why

    def test_of_a_clock_that_is_a_little_off_is_believed(self) -> None:
        now = int(time.time())
        assert CUSTOMERS.read(LOGIN.token(exp=now - 30)) == "ada"
        assert CUSTOMERS.read(LOGIN.token(iat=now + 30, nbf=now + 30)) == "ada"

    def test_of_another_key_is_not_believed_whatever_it_calls_it(self) -> None:
        claims = jwt.decode(LOGIN.token(), LOGIN.key).claims
        eve = ECKey.generate_key("P-256")
        assert why_not(jwt.encode({"alg": "ES256", "kid": "first"}, claims, eve)) == "signature"
        assert why_not(jwt.encode({"alg": "ES256", "kid": "eve"}, claims, eve)) == "unknown_key"
        carried = {"alg": "ES256", "jwk": eve.as_dict(private=False)}
        assert why_not(jwt.encode(carried, claims, eve)) == "signature"

    def test_without_a_signature_is_not_believed(self) -> None:
        claims = raw(jwt.decode(LOGIN.token(), LOGIN.key).claims)
        assert why_not(f"{raw({'alg': 'none'})}.{claims}.") == "malformed"
        assert why_not(f"{raw({'alg': 'none'})}.{claims}.{raw(b'x')}") == "algorithm"
        assert why_not(f"{raw({})}.{claims}.{raw(b'x')}") == "algorithm"

    def test_signed_with_the_public_key_as_if_it_were_a_secret_is_not_believed(self) -> None:
        claims = raw(jwt.decode(LOGIN.token(), LOGIN.key).claims)
        head = raw({"alg": "HS256", "kid": "first"})
        for secret in (LOGIN.key.as_pem(private=False), LOGIN.jwks()):
            tag = hmac.new(secret, f"{head}.{claims}".encode(), hashlib.sha256).digest()
            assert why_not(f"{head}.{claims}.{raw(tag)}") == "algorithm"

    def test_of_an_algorithm_that_was_not_allowed_is_not_believed(self) -> None:
        claims = jwt.decode(LOGIN.token(), LOGIN.key).claims
        rsa = RSAKey.generate_key(2048)
        assert why_not(jwt.encode({"alg": "PS256"}, claims, rsa, algorithms=["PS256"])) == "algorithm"
        secret = OctKey.generate_key(256)
        assert why_not(jwt.encode({"alg": "HS256"}, claims, secret)) == "algorithm"
        assert why_not(jwt.encode({"alg": "RS256", "kid": "first"}, claims, rsa)) == "signature"

    @given(st.text(max_size=200) | st.lists(st.binary(max_size=60).map(raw), min_size=3, max_size=3).map(".".join))
    def test_of_any_other_text_is_not_believed(self, token: str) -> None:
        assert why_not(token) in ("malformed", "algorithm", "unknown_key", "signature")

    @settings(max_examples=60, deadline=None)
    @given(place=st.integers(0, 10_000), flip=st.integers(1, 127))
    def test_with_any_character_changed_is_not_believed(self, place: int, flip: int) -> None:
        token = TOKEN
        at = place % len(token)
        changed = chr(ord(token[at]) ^ flip)
        other = token[:at] + changed + token[at + 1 :]
        if _decoded(other) != _decoded(token):
            why_not(other)

    def test_of_a_hundred_kilobytes_is_refused_unread(self) -> None:
        assert why_not(LOGIN.token("x" * 100_000)) == "malformed"


TOKEN = LOGIN.token()


def _decoded(token: str) -> list[bytes]:
    """The bytes of the three parts: spare bits of base64 say nothing."""
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    except ValueError:
        return []


class TestABearer:
    def test_buys_as_that_customer(self, shop: Shop, server: Server, storefront: Client) -> None:
        with server.client(shop.login.token("ada")) as ada, server.client(shop.login.token("bob")) as bob:
            checkout = ada.ask("POST", "/v1/checkouts", WISH)
            assert checkout.status == 201
            path = f"/v1/checkouts/{checkout.json['id']}"
            assert bob.ask("GET", path).problem == (404, "unknown_checkout")
            assert ada.ask("POST", f"{path}/payment", NEW_PAYMENT).json["state"] == "paid"
            assert bob.ask("GET", f"/v1/orders/{checkout.json['id']}").problem == (404, "unknown_order")
        assert storefront.ask("GET", path, race_buyer="ada").status == 200

    def test_shares_the_limit_with_what_the_storefront_sells_to_that_customer(
        self, shop: Shop, server: Server, storefront: Client
    ) -> None:
        two = {**WISH, "lines": [{**NEW_CHECKOUT["lines"][0], "quantity": 2}]}  # type: ignore[index]
        assert storefront.ask("POST", "/v1/checkouts", {**two, "buyer": {"id": "ada"}}).status == 201
        with server.client(shop.login.token("ada")) as ada:
            assert ada.ask("POST", "/v1/checkouts", WISH).problem == (409, "limit_reached")

    def test_is_no_operator_and_no_merchant(self, shop: Shop, server: Server) -> None:
        with server.client(shop.login.token("ada")) as ada:
            assert ada.ask("GET", "/v1/admin/drops").problem == (401, "unauthorized")
            assert ada.ask("GET", f"/v1/orders/{ID}/refunds").problem == (401, "unauthorized")

    def test_is_told_what_to_do(self, shop: Shop, server: Server) -> None:
        with server.client(shop.login.token(exp=1)) as ada:
            answer = ada.ask("GET", f"/v1/orders/{ID}")
            assert answer.problem == (401, "token_expired")
            assert answer.headers["www-authenticate"].endswith('error="invalid_token"')
        with server.client("a.b.c") as nobody:
            assert nobody.ask("GET", f"/v1/orders/{ID}").problem == (401, "token_invalid")

    def test_that_is_not_believed_is_counted_by_why(self, shop: Shop, server: Server) -> None:
        seen: list[CustomerRefused] = []
        end = subscribe(seen.append, CustomerRefused)
        with server.client(shop.login.token(aud="other")) as ada:
            ada.ask("GET", f"/v1/orders/{ID}")
        end()
        assert [event.token_fault for event in seen] == ["audience"]


class TestSigningIn:
    @pytest.fixture
    def browser(self, server: Server) -> Iterator[Browser]:
        with Browser(server) as opened:
            opened.open()
            yield opened

    @pytest.fixture
    def sign_in(self, shop: Shop, browser: Browser) -> Callable[..., Any]:
        def ask(token: str | None = None, **headers: str | None) -> Any:
            return browser.sign_in(token or shop.login.token("ada"), **headers)

        return ask

    def test_makes_the_guest_that_customer(self, browser: Browser, sign_in: Callable[..., Any]) -> None:
        assert sign_in().json["buyer"] == {"id": "ada", "kind": "customer"}
        assert browser.ask("POST", "/v1/checkouts", {**WISH, "buyer": {"id": "ada"}}).status == 201
        assert browser.open().json["buyer"]["id"] == "ada"

    def test_leaves_them_what_they_had_reserved(
        self, shop: Shop, server: Server, browser: Browser, sign_in: Callable[..., Any]
    ) -> None:
        checkout_id = browser.ask("POST", "/v1/checkouts", WISH).json["id"]
        sign_in()
        path = f"/v1/checkouts/{checkout_id}"
        assert browser.ask("GET", path).json["state"] == "reserved"
        assert browser.ask("POST", f"{path}/payment", NEW_PAYMENT).json["state"] == "paid"
        assert browser.ask("POST", f"{path}/payment/return").status == 200
        assert browser.ask("GET", f"/v1/orders/{checkout_id}").status == 200
        with Browser(server) as elsewhere:
            elsewhere.open()
            elsewhere.sign_in(shop.login.token("ada"))
            assert elsewhere.ask("GET", path).problem == (404, "unknown_checkout")

    def test_leaves_other_tabs_their_csrf_token(self, browser: Browser, sign_in: Callable[..., Any]) -> None:
        before = browser.csrf
        sign_in()
        assert browser.csrf == before

    def test_lasts_from_then_on_whatever_the_visits(
        self, shop: Shop, browser: Browser, sign_in: Callable[..., Any]
    ) -> None:
        sign_in()
        shop.offset = timedelta(days=29)
        browser.open()
        shop.offset = timedelta(days=31)
        assert browser.ask("GET", f"/v1/orders/{ID}").problem == (401, "session_expired")
        assert browser.open().json["buyer"]["kind"] == "guest"

    def test_outlives_the_token(self, shop: Shop, browser: Browser, sign_in: Callable[..., Any]) -> None:
        sign_in()
        shop.offset = timedelta(hours=2)
        assert browser.ask("GET", f"/v1/orders/{ID}").problem == (404, "unknown_order")

    def test_cannot_be_done_to_somebody_by_another_page(self, sign_in: Callable[..., Any]) -> None:
        """Else an attacker could have the victim buy in the attacker's name."""
        assert sign_in(race_csrf=None).problem == (403, "csrf_invalid")
        assert sign_in(origin="https://evil.example", sec_fetch_site="cross-site").problem == (403, "cross_site")

    def test_needs_a_session_and_a_token(self, server: Server, stranger: Client, sign_in: Callable[..., Any]) -> None:
        assert stranger.ask("POST", "/v1/session/sign-in", {"token": "x"}).problem == (401, "unauthorized")
        assert sign_in("a.b.c").problem == (401, "token_invalid")
        assert sign_in("no token").problem == (401, "token_invalid")
        assert sign_in("x" * 9000).problem == (422, "invalid_input")
