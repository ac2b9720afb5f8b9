"""An operator's session: begun with a key, bound to what the key may do, short, and of no use to other pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.edge.shop import ADMIN_KEY, CONSOLE_IDLE_S, OPERATOR_KEY, STOREFRONT_KEY, VIEWER_KEY, Server, Shop
from tests.edge.wire import Client, Response

DROP = "/v1/admin/console/drops/aurora-1"
PAUSE = {"do": "pause", "seen": "", "why": "too fast"}


class Operator:
    """One operator's browser; `csrf` is what the page was told."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookie: str | None = None
        self.csrf: str | None = None

    def sign_in(self, key: str, **headers: str | None) -> Response:
        answer = self.ask("POST", "/v1/admin/session", {"key": key}, **headers)
        if answer.status == 201:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
            self.csrf = answer.json["csrf"]
        return answer

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Response:
        site = {"origin": f"http://127.0.0.1:{self.client.port}", "sec-fetch-site": "same-origin"}
        sent: dict[str, str | None] = {"cookie": self.cookie, **(site if method != "GET" else {})}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.ask(method, path, body, **{**sent, "race-csrf": self.csrf, **given})


@pytest.fixture
def operator(server: Server) -> Iterator[Operator]:
    """Somebody before the console."""
    with server.client() as client:
        yield Operator(client)


@pytest.mark.parametrize(("key", "name", "role"), [(ADMIN_KEY, "ops", "admin"), (OPERATOR_KEY, "night", "operator")])
def test_a_key_opens_the_console_as_what_its_holder_is(operator: Operator, key: str, name: str, role: str) -> None:
    answer = operator.sign_in(key)
    assert (answer.status, answer.json["name"], answer.json["role"]) == (201, name, role)
    cookie = answer.headers["set-cookie"]
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/v1/admin", f"Max-Age={CONSOLE_IDLE_S}"):
        assert attribute in cookie
    assert key not in cookie
    assert operator.ask("GET", "/v1/admin/drops").status == 200


@pytest.mark.parametrize("key", ["", "no-such-key-at-all", STOREFRONT_KEY])
def test_no_other_key_opens_it(operator: Operator, key: str) -> None:
    answer = operator.sign_in(key)
    assert answer.status in (401, 422)
    assert "set-cookie" not in answer.headers
    assert operator.ask("GET", "/v1/admin/drops").problem == (401, "unauthorized")


def test_the_cookie_of_https_is_never_sent_in_the_clear(operator: Operator) -> None:
    port = operator.client.port
    answer = operator.sign_in(ADMIN_KEY, origin=f"https://127.0.0.1:{port}")
    assert "Secure" in answer.headers["set-cookie"]


def test_a_viewer_looks_and_does_nothing(operator: Operator) -> None:
    operator.sign_in(VIEWER_KEY)
    assert operator.ask("GET", "/v1/admin/gateways").status == 200
    assert operator.ask("POST", f"{DROP}/actions", PAUSE).problem == (403, "forbidden")
    assert operator.ask("POST", "/v1/admin/drops/aurora-1/close").problem == (403, "forbidden")


def test_an_operator_says_nothing_of_how_much_there_is(operator: Operator) -> None:
    operator.sign_in(OPERATOR_KEY)
    restock = {"do": "restock", "seen": 0, "item": "aurora-1-42", "stock": 1000, "why": "found a box"}
    assert operator.ask("POST", f"{DROP}/actions", restock).problem == (403, "forbidden")
    put = {"seen": -1, "why": "another one", "toml": "[drop]"}
    assert operator.ask("POST", "/v1/admin/console/drops", put).problem == (403, "forbidden")


@pytest.mark.parametrize("headers", [{"race_csrf": None}, {"race_csrf": "AAAAAAAAAAAAAAAAAAAAAA"}])
def test_whatever_changes_something_carries_the_token_of_the_page(operator: Operator, headers: Any) -> None:
    operator.sign_in(ADMIN_KEY)
    assert operator.ask("POST", "/v1/admin/drops/aurora-1/close", **headers).problem == (403, "csrf_invalid")
    assert operator.ask("POST", "/v1/admin/drops/aurora-1/close").status == 200


def test_not_even_the_shops_own_pages_act_for_an_operator(operator: Operator) -> None:
    operator.sign_in(ADMIN_KEY)
    there = {"origin": "https://www.shop.example", "sec_fetch_site": "cross-site"}
    assert operator.ask("POST", "/v1/admin/drops/aurora-1/close", **there).problem == (403, "cross_site")
    assert operator.ask("POST", "/v1/admin/session", {"key": ADMIN_KEY}, **there).problem == (403, "cross_site")


def test_a_session_that_nobody_uses_ends(shop: Shop, operator: Operator) -> None:
    operator.sign_in(ADMIN_KEY)
    shop.offset = timedelta(seconds=CONSOLE_IDLE_S + 5)
    assert operator.ask("GET", "/v1/admin/drops").problem == (401, "console_session_over")
    assert operator.ask("POST", "/v1/admin/drops/aurora-1/close").problem == (401, "console_session_over")


def test_a_page_that_is_open_keeps_it_alive_until_the_shift_ends(shop: Shop, operator: Operator) -> None:
    operator.sign_in(ADMIN_KEY)
    for minutes in range(20, 12 * 60, 20):
        shop.offset = timedelta(minutes=minutes)
        answer = operator.ask("GET", "/v1/admin/session")
        assert answer.status == 200, minutes
        operator.cookie = answer.headers["set-cookie"].partition(";")[0]
    shop.offset = timedelta(hours=12, seconds=5)
    assert operator.ask("GET", "/v1/admin/session").problem == (401, "console_session_over")


@pytest.mark.parametrize("place", [0, 10, 40, -1])
def test_a_cookie_that_was_changed_is_none(operator: Operator, place: int) -> None:
    operator.sign_in(ADMIN_KEY)
    assert operator.cookie is not None
    name, _, value = operator.cookie.partition("=")
    changed = list(value)
    changed[place] = "A" if changed[place] != "A" else "B"
    operator.cookie = f"{name}={''.join(changed)}"
    assert operator.ask("GET", "/v1/admin/drops").problem == (401, "console_session_over")


def test_a_session_ends_with_its_key(server: Server, shop: Shop, operator: Operator) -> None:
    issued = server.do(lambda: shop.admin_keys.issue("guest", "viewer", None, "ops"))
    operator.sign_in(issued.secret)
    assert operator.ask("GET", "/v1/admin/drops").status == 200
    server.do(lambda: shop.admin_keys.revoke(issued.key.id, "ops"))
    assert operator.ask("GET", "/v1/admin/drops").problem == (401, "console_session_over")


def test_signing_out_takes_the_cookie_away(operator: Operator) -> None:
    operator.sign_in(ADMIN_KEY)
    answer = operator.ask("DELETE", "/v1/admin/session")
    assert answer.status == 200
    assert "race_console=;" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_buyers_session_opens_nothing_of_the_console(operator: Operator) -> None:
    buyer = operator.client.ask("POST", "/v1/session", sec_fetch_site="same-origin")
    cookie = buyer.headers["set-cookie"].partition(";")[0]
    assert operator.ask("GET", "/v1/admin/drops", cookie=cookie).problem == (401, "unauthorized")
    stolen = cookie.replace("race_session", "race_console")
    assert operator.ask("GET", "/v1/admin/drops", cookie=stolen).problem == (401, "console_session_over")
