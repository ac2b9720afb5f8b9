"""Pages and assets: what a browser may keep, what it may run, and what no path can reach."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from race_to_purchase.edge.challenge.elsewhere import Name
from race_to_purchase.edge.pages.built import built_files
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client

ID = "01980000-0000-7000-8000-000000000000"
PAGE = "<!doctype html><title>shop</title>"
SCRIPT = "export const long = 'a sentence that packs well';\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small build; beside it stands what nobody may read."""
    built = tmp_path / "web"
    (built / "assets").mkdir(parents=True)
    (built / ".vite").mkdir()
    (built / "shop.html").write_text(PAGE)
    (built / "assets" / "race.js").write_text(SCRIPT)
    (built / "assets" / "line-a1B2c3D4.js").write_text(SCRIPT)
    (built / "assets" / "notes.txt").write_text("not for anybody")
    (built / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "secret.js").write_text("secret")
    return built


@pytest.fixture
def visitor(shop: Shop, folder: Path) -> Iterator[Client]:
    """A browser without any key."""
    with Server(lambda: shop.app(pages=built_files(folder))) as running, running.client() as client:
        yield client


@pytest.mark.parametrize("path", ["/shop/aurora-1", f"/shop/aurora-1/checkout/{ID}", f"/shop/aurora-1/orders/{ID}"])
def test_the_shop_is_one_page_for_every_address_below_it(visitor: Client, path: str) -> None:
    page = visitor.ask("GET", path)
    assert (page.status, page.body.decode()) == (200, PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/shop/%3Cscript%3E", "unknown_drop"),
        ("/shop/aurora-1/checkout/9", "unknown_checkout"),
        ("/shop/aurora-1/orders/9", "unknown_order"),
    ],
)
def test_what_can_be_no_address_of_the_shop_is_unknown(visitor: Client, path: str, code: str) -> None:
    assert visitor.ask("GET", path).problem == (404, code)


def test_the_shop_asks_the_database_nothing(visitor: Client, shop: Shop) -> None:
    visitor.ask("GET", "/shop/aurora-1")
    assert shop.catalogue.looks == 0


def test_a_page_lets_nothing_run_but_our_own_files(visitor: Client) -> None:
    policy = visitor.ask("GET", "/shop/aurora-1").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert "unsafe" not in policy
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


class TestAThirdPartyThatIsSetUp:
    @pytest.fixture
    def pages(self, shop: Shop, folder: Path, name: Name) -> Iterator[Client]:
        (folder / "console.html").write_text(PAGE)
        with Server(lambda: shop.app(pages=built_files(folder, [name]))) as running, running.client() as client:
            yield client

    @pytest.mark.parametrize(
        ("name", "origins", "rules"),
        [
            ("turnstile", "https://challenges.cloudflare.com", {"script-src", "frame-src"}),
            (
                "hcaptcha",
                "https://hcaptcha.com https://*.hcaptcha.com",
                {"script-src", "frame-src", "style-src", "connect-src"},
            ),
        ],
    )
    def test_may_show_its_widget_on_the_shops_page(self, pages: Client, origins: str, rules: set[str]) -> None:
        policy = pages.ask("GET", "/shop/aurora-1").headers["content-security-policy"]
        found = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert {rule for rule, allowed in found.items() if "https:" in allowed} == rules
        for rule in rules:
            assert found[rule] == (origins if rule == "frame-src" else f"'self' {origins}")

    @pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
    def test_may_do_nothing_on_the_console_nor_on_plain_pages(self, pages: Client) -> None:
        for path in ("/console", "/shop/aurora-1/plain"):
            assert "https:" not in pages.ask("GET", path).headers["content-security-policy"]

    @pytest.mark.parametrize("name", ["turnstile"])
    def test_makes_another_page_of_it(self, pages: Client, visitor: Client) -> None:
        """Else a browser that has the page would keep what it was allowed before."""
        before = visitor.ask("GET", "/shop/aurora-1").headers["etag"]
        assert pages.ask("GET", "/shop/aurora-1", if_none_match=before).status == 200


def test_what_has_a_digest_in_its_name_is_kept_for_ever(visitor: Client) -> None:
    kept = visitor.ask("GET", "/assets/line-a1B2c3D4.js").headers["cache-control"]
    assert kept == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/shop/aurora-1", "/assets/race.js"])
def test_what_keeps_its_name_is_asked_about_and_costs_nothing_while_it_is_the_same(visitor: Client, path: str) -> None:
    first = visitor.ask("GET", path)
    assert first.headers["cache-control"] == "no-cache"
    again = visitor.ask("GET", path, if_none_match=f'"other", {first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-length" not in again.headers
    assert visitor.ask("GET", path, if_none_match='W/"other"').status == 200


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "deflate,GZIP ; q=1.0, br", "*"])
def test_text_is_packed_for_who_takes_it_so(visitor: Client, accepted: str) -> None:
    packed = visitor.ask("GET", "/assets/race.js", accept_encoding=accepted)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body).decode() == SCRIPT
    assert len(packed.body) < len(SCRIPT) / 4
    assert packed.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip;q=0.0, br", "x-gzip2"])
def test_and_plain_for_who_does_not(visitor: Client, accepted: str) -> None:
    plain = visitor.ask("GET", "/assets/race.js", accept_encoding=accepted)
    assert "content-encoding" not in plain.headers
    assert plain.body.decode() == SCRIPT


def test_any_shop_may_load_the_scripts_into_its_own_page(visitor: Client) -> None:
    headers = visitor.ask("GET", "/assets/race.js").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/....//secret.js",
        "/assets/..%5csecret.js",
        "/assets/%00",
        "/assets/notes.txt",
        "/assets/",
        "/assets",
        "/assets/shop.html",
        "/.vite/manifest.json",
        "/shop.html",
    ],
)
def test_no_path_reaches_anything_else(visitor: Client, path: str) -> None:
    answered = visitor.ask("GET", path)
    assert answered.problem in ((404, "not_found"), (404, "unknown_asset"))


def test_an_installation_without_pages_says_so_and_serves_the_api(shop: Shop, tmp_path: Path) -> None:
    with Server(lambda: shop.app(pages=built_files(tmp_path / "nothing"))) as running, running.client() as client:
        assert client.ask("GET", "/shop/aurora-1").problem == (503, "pages_not_built")
        assert client.ask("GET", "/healthz").status == 200
