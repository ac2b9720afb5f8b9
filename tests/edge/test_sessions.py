"""A buyer in person: a browser's session is that buyer, and whatever is not quite its cookie is nobody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from race_to_purchase.edge.reference.examples import NEW_CHECKOUT, NEW_PAYMENT
from race_to_purchase.rules.session import Session, sign_session
from race_to_purchase.rules.signing import Keyring
from tests.edge.browser import Browser
from tests.edge.shop import SESSION_S, SHOP_ORIGIN, STOREFRONT_KEY, Server, Shop
from tests.edge.wire import Client, Response, exchange, split

WISH = {name: value for name, value in NEW_CHECKOUT.items() if name != "buyer"}
ID = "019ae3c5-7c00-7000-8000-0123456789ab"


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    """A browser whose page has been opened."""
    with Browser(server) as opened:
        assert opened.open().status == 201
        yield opened


def reserve(browser: Browser, **headers: str | None) -> Response:
    return browser.ask("POST", "/v1/checkouts", WISH, **headers)


class TestAGuest:
    def test_buys_without_any_key(self, browser: Browser) -> None:
        checkout = reserve(browser)
        assert checkout.status == 201
        path = f"/v1/checkouts/{checkout.json['id']}"
        assert browser.ask("POST", f"{path}/payment", NEW_PAYMENT).json["state"] == "paid"
        assert browser.ask("GET", path).json["state"] == "paid"
        assert browser.ask("GET", f"/v1/orders/{checkout.json['id']}").status == 200

    def test_is_a_buyer_of_their_own(self, server: Server, browser: Browser, storefront: Client) -> None:
        checkout_id = reserve(browser).json["id"]
        assert browser.buyer["kind"] == "guest"
        with Browser(server) as other:
            other.open()
            assert other.buyer["id"] != browser.buyer["id"]
            for method, path, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/payment", NEW_PAYMENT)):
                answer = other.ask(method, f"/v1/checkouts/{checkout_id}{path}", body)
                assert answer.problem == (404, "unknown_checkout")
        seen = storefront.ask("GET", f"/v1/checkouts/{checkout_id}", race_buyer=browser.buyer["id"])
        assert seen.status == 200

    def test_stays_the_same_when_the_page_opens_again(self, browser: Browser) -> None:
        before = browser.buyer
        assert browser.open().json["buyer"] == before

    def test_may_name_themselves_and_nobody_else(self, browser: Browser) -> None:
        named = {**WISH, "buyer": {"id": browser.buyer["id"], "email": "ada@example.com"}}
        assert browser.ask("POST", "/v1/checkouts", named).status == 201
        answer = browser.ask("POST", "/v1/checkouts", {**WISH, "buyer": {"id": "ada"}})
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "buyer.id")
        assert browser.ask("GET", f"/v1/orders/{ID}", race_buyer="ada").problem == (403, "forbidden")
        assert browser.ask("GET", f"/v1/orders/{ID}", race_buyer=browser.buyer["id"]).problem == (404, "unknown_order")

    def test_has_idempotency_keys_of_their_own(self, server: Server, browser: Browser) -> None:
        first = reserve(browser, idempotency_key="once")
        assert reserve(browser, idempotency_key="once").body == first.body
        with Browser(server) as other:
            other.open()
            assert reserve(other, idempotency_key="once").json["id"] != first.json["id"]

    def test_is_no_operator(self, browser: Browser) -> None:
        assert browser.ask("GET", "/v1/admin/drops").problem == (401, "unauthorized")
        assert browser.ask("GET", f"/v1/orders/{ID}/refunds").problem == (401, "unauthorized")

    def test_is_answered_by_any_process(self, shop: Shop, browser: Browser) -> None:
        """Nothing of a session is kept anywhere: another process with the same keys and rows knows it at once."""
        checkout_id = reserve(browser).json["id"]
        with Server(shop.app) as second, Browser(second) as elsewhere:
            elsewhere.cookie, elsewhere.csrf = browser.cookie, browser.csrf
            assert elsewhere.ask("GET", f"/v1/checkouts/{checkout_id}").status == 200

    def test_signs_out(self, browser: Browser) -> None:
        answer = browser.ask("DELETE", "/v1/session")
        assert answer.status == 200
        assert answer.headers["set-cookie"].startswith("race_session=; Max-Age=0; Path=/")

    def test_needs_a_session_for_it(self, stranger: Client, storefront: Client) -> None:
        assert stranger.ask("DELETE", "/v1/session").problem == (401, "unauthorized")
        assert storefront.ask("DELETE", "/v1/session").problem == (401, "unauthorized")


class TestTheCookie:
    def test_is_out_of_reach_of_scripts_and_other_sites(self, browser: Browser) -> None:
        header = browser.open().headers["set-cookie"]
        _, *attributes = header.split("; ")
        assert sorted(attributes) == ["HttpOnly", f"Max-Age={SESSION_S}", "Path=/", "SameSite=Lax"]

    def test_never_leaves_over_plain_http_where_the_page_came_over_https(self, server: Server) -> None:
        with Browser(server) as browser:
            answer = browser.open(origin=SHOP_ORIGIN, sec_fetch_site="same-site")
            assert "; Secure" in answer.headers["set-cookie"]

    def test_is_not_asked_where_a_key_is_given(self, browser: Browser) -> None:
        answer = browser.ask(
            "GET", f"/v1/orders/{ID}", authorization=f"Bearer {STOREFRONT_KEY}", cookie="race_session=x"
        )
        assert answer.problem == (404, "unknown_order")

    def test_lasts_from_the_last_visit_of_a_guest(self, shop: Shop, browser: Browser) -> None:
        shop.offset = timedelta(days=29)
        assert browser.open().status == 201
        shop.offset = timedelta(days=58)
        assert browser.ask("GET", f"/v1/orders/{ID}").problem == (404, "unknown_order")
        shop.offset = timedelta(days=60)
        expired = browser.ask("GET", f"/v1/orders/{ID}")
        assert expired.problem == (401, "session_expired")
        assert expired.headers["www-authenticate"].startswith("Bearer ")
        before = browser.buyer
        assert browser.open().json["buyer"] != before

    def test_survives_a_rotation_of_the_keys(self, shop: Shop, browser: Browser) -> None:
        checkout_id = reserve(browser).json["id"]
        shop.session_keys = Keyring({2: b"2" * 32, **shop.session_keys.keys}, 2)
        with Server(shop.app) as rotated, Browser(rotated) as later:
            later.cookie, later.csrf = browser.cookie, browser.csrf
            assert later.ask("DELETE", f"/v1/checkouts/{checkout_id}").status == 200
            assert later.open().json["buyer"] == browser.buyer
            assert later.cookie != browser.cookie
        shop.session_keys = Keyring({2: b"2" * 32}, 2)
        with Server(shop.app) as after, Browser(after) as latest:
            latest.cookie, latest.csrf = later.cookie, later.csrf
            assert latest.ask("GET", f"/v1/checkouts/{checkout_id}").status == 200
            latest.cookie = browser.cookie
            assert latest.ask("GET", f"/v1/checkouts/{checkout_id}").problem == (401, "session_invalid")


def wrong_cookies(browser: Browser) -> dict[str, str]:
    good = browser.cookie
    assert good is not None
    forged = sign_session(Keyring({1: b"f" * 32}, 1), Session(bytes(16), 2_000_000_000, "ada"))
    return {
        "empty": "race_session=",
        "truncated": f"race_session={good[:-1]}",
        "lengthened": f"race_session={good}A",
        "quoted": f'race_session="{good}"',
        "padded": f"race_session={good}=",
        "forged": f"race_session={forged}",
        "huge": f"race_session={'A' * 20_000}",
        "not ascii": "race_session=\xe4\xf6",
        "twice": f"race_session={good}; race_session={good}",
        "of another kind": "race_session=AQEBgshZRMDlg4nV18w3ETNV6wAAAABrSdIA__________8-IU6hqyqFQcq4Gq8TSzfD",
    }


class TestACookieThatIsNotOurs:
    @pytest.mark.parametrize("how", sorted(wrong_cookies(type("Any", (), {"cookie": "A" * 60}))))  # type: ignore[arg-type]
    def test_is_refused_by_code_and_replaced_when_the_page_opens(self, browser: Browser, how: str) -> None:
        cookie = wrong_cookies(browser)[how]
        assert browser.ask("GET", f"/v1/orders/{ID}", cookie=cookie).problem == (401, "session_invalid")
        before = browser.buyer
        assert browser.open(cookie=cookie).status == 201
        assert browser.buyer != before

    def test_of_a_hundred_kilobytes_is_too_long_a_head(self, browser: Browser) -> None:
        answer = browser.ask("GET", f"/v1/orders/{ID}", cookie=f"race_session={'A' * 100_000}")
        assert answer.problem == (431, "head_too_large")

    @pytest.mark.parametrize("name", ["race_sessions", "xrace_session", "RACE_SESSION", "race_session "])
    def test_of_another_name_is_none(self, browser: Browser, name: str) -> None:
        answer = browser.ask("GET", f"/v1/orders/{ID}", cookie=f"a=b; {name}={browser.cookie}; c")
        assert answer.problem == (401, "unauthorized")

    def test_among_others_is_found(self, browser: Browser) -> None:
        answer = browser.ask("GET", f"/v1/orders/{ID}", cookie=f"a=b;race_session={browser.cookie} ;c=race_session=d")
        assert answer.problem == (404, "unknown_order")


class TestAnotherSitesPage:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
            {"origin": "https://blog.shop.example", "sec_fetch_site": "same-site"},
            {"origin": "null", "sec_fetch_site": "cross-site"},
            {"origin": "https://evil.example", "sec_fetch_site": None},
            {"origin": "null", "sec_fetch_site": None},
            {"origin": "https://www.shop.example.evil.example", "sec_fetch_site": None},
            {"origin": "http://www.shop.example", "sec_fetch_site": "cross-site"},
            {"origin": None, "sec_fetch_site": "cross-site"},
        ],
    )
    def test_changes_nothing_even_if_it_knew_the_token(self, browser: Browser, headers: dict[str, str | None]) -> None:
        assert reserve(browser, **headers).problem == (403, "cross_site")
        assert browser.open(**headers).problem == (403, "cross_site")
        assert browser.ask("DELETE", "/v1/session", **headers).problem == (403, "cross_site")

    @pytest.mark.parametrize("csrf", [None, "", "A" * 22, "\xe4" * 22])
    def test_cannot_know_the_token(self, browser: Browser, csrf: str | None) -> None:
        assert reserve(browser, race_csrf=csrf).problem == (403, "csrf_invalid")

    def test_cannot_use_the_token_of_its_own_session(self, server: Server, browser: Browser) -> None:
        with Browser(server) as attacker:
            attacker.open()
            assert reserve(browser, race_csrf=attacker.csrf).problem == (403, "csrf_invalid")

    def test_of_the_shop_itself_may_ask(self, browser: Browser) -> None:
        assert reserve(browser, origin=SHOP_ORIGIN, sec_fetch_site="same-site").status == 201

    def test_that_only_looks_needs_no_token(self, browser: Browser) -> None:
        assert browser.ask("GET", f"/v1/orders/{ID}", race_csrf=None).problem == (404, "unknown_order")

    def test_is_told_by_its_host_where_a_browser_is_old(self, browser: Browser) -> None:
        assert reserve(browser, sec_fetch_site=None).status == 201
        assert reserve(browser, sec_fetch_site=None, origin=None).status == 201


def test_a_header_that_says_who_asks_comes_once(browser: Browser, server: Server) -> None:
    twice = f"cookie: race_session={browser.cookie}\r\n" * 2
    request = f"GET /v1/orders/{ID} HTTP/1.1\r\nhost: x\r\n{twice}\r\n"
    assert split(exchange(server.port, request.encode())).problem == (400, "duplicate_header")
