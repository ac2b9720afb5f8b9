"""Pages of the shop's own origins may ask and read; pages of others get nothing to read, and operators' paths none."""

from collections.abc import Iterator

import pytest

from race_to_purchase.edge.origins import Origins
from tests.edge.browser import Browser
from tests.edge.conftest import opened
from tests.edge.shop import SHOP_ORIGIN, Server, Shop
from tests.edge.wire import Client

ID = "019ae3c5-7c00-7000-8000-0123456789ab"
ASKED = {"access_control_request_method": "POST", "access_control_request_headers": "race-csrf"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all: nothing in this file changes it."""
    with opened(Shop()) as running:
        yield running


class TestAPageOfTheShop:
    def test_reads_answers_and_refusals(self, server: Server) -> None:
        with Browser(server) as browser:
            browser.origin = SHOP_ORIGIN
            for answer in (browser.open(), browser.ask("DELETE", f"/v1/checkouts/{ID}", race_csrf="x")):
                assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN
                assert answer.headers["access-control-allow-credentials"] == "true"
                assert "retry-after" in answer.headers["access-control-expose-headers"]
                assert answer.headers["vary"] == "origin"

    @pytest.mark.parametrize("path", ["/v1/checkouts", f"/v1/checkouts/{ID}/payment", "/v1/session"])
    def test_may_ask_ahead(self, stranger: Client, path: str) -> None:
        answer = stranger.ask("OPTIONS", path, origin=SHOP_ORIGIN, **ASKED)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == SHOP_ORIGIN
        assert "POST" in answer.headers["access-control-allow-methods"]
        for header in ("content-type", "idempotency-key", "race-csrf", "race-pass", "authorization"):
            assert header in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-max-age"] == "7200"


class TestAPageOfAnother:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://www.shop.example", f"{SHOP_ORIGIN}:8443"]
    )
    def test_may_neither_ask_nor_read(self, stranger: Client, origin: str) -> None:
        assert stranger.ask("OPTIONS", "/v1/checkouts", origin=origin, **ASKED).problem == (405, "method_not_allowed")
        answer = stranger.ask("GET", "/v1/drops/aurora-1", origin=origin)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "origin"

    @pytest.mark.parametrize("path", ["/v1/admin/drops", "/v1/webhooks/bank", "/healthz", "/openapi.json"])
    def test_finds_nothing_where_no_page_has_any_business(self, stranger: Client, path: str) -> None:
        assert stranger.ask("OPTIONS", path, origin=SHOP_ORIGIN, **ASKED).status == 405
        answer = stranger.ask("GET", path, origin=SHOP_ORIGIN)
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_origins_nothing_is_said() -> None:
    shop = Shop()
    shop.origins = Origins()
    with opened(shop) as server, server.client() as client:
        answer = client.ask("GET", "/v1/drops/aurora-1", origin=SHOP_ORIGIN)
        assert not {"vary", "access-control-allow-origin"} & answer.headers.keys()


def test_options_that_no_browser_asks_is_no_method_of_ours(stranger: Client) -> None:
    assert stranger.ask("OPTIONS", "/v1/checkouts").problem == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "origin",
    ["*", "www.shop.example", "https://www.shop.example/", "https://Shop.example", "https://*.shop.example", ""],
)
def test_an_origin_that_is_none_is_not_taken(origin: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        Origins(frozenset({origin}))
