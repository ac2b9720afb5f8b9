"""The pages without a script, form by form: what they keep, what they refuse, and that no word of anybody is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from race_to_purchase.edge.plain.kept import Kept, Wish, keep, kept_by
from race_to_purchase.edge.plain.words import Languages
from tests.edge.shop import STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.test_line import ITEM, Sale
from tests.edge.wire import Client, Response

PLAIN = "/shop/aurora-1/plain"


class Visitor:
    """A browser that runs no script: it keeps cookies, follows the way back, and sends what the page's forms hold."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.origin = f"http://127.0.0.1:{client.port}"
        self.cookies: dict[str, str] = {}
        self.page = self.look()

    def look(self, query: str = "", **headers: str | None) -> Response:
        """The page as it is now."""
        self.page = self.client.ask("GET", PLAIN + query, cookie=self._cookie(), **headers)
        return self.page

    def send(self, step: str, *, follow: bool = True, **fields: str) -> Response:
        """Send the form of that step, as the page has it, with these fields filled in."""
        sent = self.post(step, {**self.hidden(step), **fields})
        return self.look() if follow and sent.status == 303 else sent

    def post(self, step: str, fields: dict[str, str], **headers: str | None) -> Response:
        """Send a form as it stands."""
        given = {
            "content_type": "application/x-www-form-urlencoded",
            "origin": self.origin,
            "sec_fetch_site": "same-origin",
            "cookie": self._cookie(),
            "idempotency_key": None,
        }
        raw = urlencode(fields).encode()
        answer = self.client.ask("POST", f"{PLAIN}/{step}", raw=raw, **{**given, **headers})
        for name, value in re.findall(r"(race_\w+)=([^;]*);", answer.headers.get("set-cookie", "")):
            self.cookies[name] = value
        if answer.status != 303:
            self.page = answer
        return answer

    def hidden(self, step: str) -> dict[str, str]:
        """What the form of that step carries along; it has to be on the page."""
        form = re.search(rf'<form [^>]*action="{PLAIN}/{step}[^"]*"[^>]*>(.*?)</form>', self.text, re.DOTALL)
        assert form is not None, self.text
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1]))

    @property
    def text(self) -> str:
        """The page as it was sent."""
        return self.page.body.decode()

    def reads(self, text: str) -> bool:
        """Whether it says this."""
        return text in unescape(re.sub(r"<[^>]*>", " ", self.text))

    def _cookie(self) -> str | None:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items()) or None


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Whose door asks visitors for something."""
    shop.look_each_time()
    with Server(lambda: shop.app(sandbox=_no_bank)) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put(challenge="adaptive")
        made.to(1.5)
        yield made


async def _no_bank(ref: str) -> str | None:
    """Nobody acts here."""
    return None


@pytest.fixture
def visitor(sale: Sale) -> Iterator[Visitor]:
    with sale.server.client() as client:
        yield Visitor(client)


def registered(sale: Sale, visitor: Visitor, address: str = "ada@example.com") -> None:
    visitor.send("join")
    visitor.send("code", email=address)
    visitor.send("join", code=sale.shop.door.post.sent[-1][1])
    assert visitor.reads("You are in the draw")


def test_a_code_by_email_is_a_place_and_the_place_is_kept(sale: Sale, visitor: Visitor) -> None:
    registered(sale, visitor)
    assert visitor.look().status == 200
    assert visitor.reads("You are in the draw")
    sale.to(3.5, ticks=3)
    visitor.look()
    visitor.send("pass")
    assert visitor.reads("Choose yours")
    visitor.send("checkout", item=f"{ITEM} 15900", quantity="1", email="ada@example.com")
    assert visitor.reads("Reserved for you")


def test_one_address_is_one_place_whatever_browser_it_comes_from(sale: Sale, visitor: Visitor) -> None:
    registered(sale, visitor)
    with sale.server.client() as client:
        other = Visitor(client)
        registered(sale, other)
    assert other.cookies["race_session"] != visitor.cookies["race_session"]
    assert other.cookies["race_plain"] == visitor.cookies["race_plain"]


def test_without_codes_by_email_the_page_says_that_there_is_no_way(sale: Sale, visitor: Visitor) -> None:
    sale.shop.door.challenges._means = type(sale.shop.door.challenges._means)(sale.shop.door.proof)
    assert visitor.send("join").status == 403
    assert visitor.reads("This sale asks for a check, and the one that it asks for needs JavaScript.")


class TestAForm:
    def test_of_a_session_needs_what_only_its_own_page_knows(self, visitor: Visitor) -> None:
        visitor.send("join")
        for fields in ({}, {"csrf": "guessed"}, {"csrf": "é"}):
            assert visitor.post("address", fields).status == 403
            assert visitor.reads("This page is too old.")

    def test_of_another_site_changes_nothing_even_for_a_browser_without_a_session(self, visitor: Visitor) -> None:
        for headers in ({"sec_fetch_site": "cross-site"}, {"sec_fetch_site": None, "origin": "https://evil.example"}):
            answer = visitor.post("join", {}, **headers)
            assert answer.status == 403
            assert "set-cookie" not in answer.headers

    def test_sent_twice_reserves_once(self, sale: Sale, visitor: Visitor) -> None:
        sale.server.do(lambda: sale.shop.catalogue.put(a_definition(id="plain-1")))
        visitor.client.ask("GET", "/")
        sent = {"key": "one-wish-of-one-page", "item": f"{ITEM} 15900", "quantity": "1", "email": "ada@example.com"}
        before = visitor.cookies
        first = self.reserve(visitor, sent)
        second = self.reserve(visitor, sent)
        assert first == second != before.get("race_plain")

    def reserve(self, visitor: Visitor, sent: dict[str, str]) -> str:
        """The checkout that came of it."""
        path = PLAIN.replace("aurora-1", "plain-1")
        csrf = re.search(
            r'name="csrf" value="([^"]*)"', visitor.client.ask("GET", path, cookie=visitor._cookie()).body.decode()
        )
        raw = urlencode({**sent, **({"csrf": csrf[1]} if csrf else {})}).encode()
        answer = visitor.client.ask(
            "POST", f"{path}/checkout", raw=raw, content_type="application/x-www-form-urlencoded",
            origin=visitor.origin, cookie=visitor._cookie(), idempotency_key=None,
        )  # fmt: skip
        assert answer.status == 303, answer.body
        found = dict(re.findall(r"(race_\w+)=([^;]*);", answer.headers["set-cookie"]))
        visitor.cookies |= {"race_session": found.get("race_session", visitor.cookies.get("race_session", ""))}
        return found["race_plain"].split("~")[2]

    @pytest.mark.parametrize(
        ("raw", "media_type", "status"),
        [
            (b"a=%ff", "application/x-www-form-urlencoded", 422),
            (b"\xff", "application/x-www-form-urlencoded", 422),
            (b"csrf=a&csrf=b", "application/x-www-form-urlencoded", 422),
            (b"&".join(b"f%d=1" % n for n in range(50)), "application/x-www-form-urlencoded", 422),
            (b"{}", "application/json", 415),
            (b"a=" + b"b" * 20_000, "application/x-www-form-urlencoded", 413),
        ],
    )
    def test_that_is_none_is_refused_as_a_page(
        self, visitor: Visitor, raw: bytes, media_type: str, status: int
    ) -> None:
        answer = visitor.client.ask("POST", f"{PLAIN}/join", raw=raw, content_type=media_type, origin=visitor.origin)
        assert answer.status == status
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_nobody_sees_or_ends_what_another_browser_has_reserved(sale: Sale, visitor: Visitor) -> None:
    registered(sale, visitor)
    sale.to(3.5, ticks=3)
    visitor.look()
    visitor.send("pass")
    visitor.send("checkout", item=f"{ITEM} 15900", quantity="1", email="ada@example.com")
    with sale.server.client() as client:
        thief = Visitor(client)
        thief.send("join")
        thief.cookies["race_plain"] = visitor.cookies["race_plain"]
        thief.look()
        assert not thief.reads("Reserved for you")
        csrf = {"csrf": thief.hidden("pass")["csrf"]}
        assert thief.post("cancel", csrf).status == 404
    visitor.look()
    assert visitor.reads("Reserved for you")


def test_no_word_of_the_shop_is_markup_and_no_page_may_run_anything(sale: Sale, visitor: Visitor) -> None:
    title = '<script>alert(1)</script>" onload="x'
    sale.server.do(lambda: sale.shop.catalogue.put(a_definition(id="plain-2", title=title)))
    answer = visitor.client.ask("GET", PLAIN.replace("aurora-1", "plain-2"))
    assert unescape(re.findall(r"<h1[^>]*>(.*?)</h1>", answer.body.decode())[0]) == title
    assert "<script" not in answer.body.decode()
    policy = answer.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_too_many_forms_of_one_browser_are_too_many_requests_and_told_as_a_page(visitor: Visitor) -> None:
    visitor.send("join")
    sent = [visitor.post("join", visitor.hidden("code")) for _ in range(31)]
    assert sent[-1].status == 429
    assert int(sent[-1].headers["retry-after"]) >= 1
    assert visitor.reads("That was too often in a short time.")


def test_the_page_of_the_shop_leads_here_where_nothing_runs(visitor: Visitor) -> None:
    answer = visitor.client.ask("GET", "/shop/aurora-1?plain")
    assert (answer.status, answer.headers["location"]) == (303, PLAIN)


def test_a_language_that_a_reader_chose_stays_with_every_form_and_one_that_they_have_is_not_written(
    visitor: Visitor,
) -> None:
    visitor.look("?lang=de", accept_language="en")
    forms = re.findall(r'<form [^>]*action="([^"]*)"', visitor.text)
    assert forms
    assert all(action.endswith("?lang=de") for action in forms)
    visitor.look(accept_language="de")
    assert not any("lang=" in action for action in re.findall(r'<form [^>]*action="([^"]*)"', visitor.text))


def test_a_drop_that_is_none_is_told_as_a_page(visitor: Visitor) -> None:
    answer = visitor.client.ask("GET", "/shop/nothing/plain", accept_language="de")
    assert answer.status == 404
    assert "Diesen Verkauf gibt es nicht" in answer.body.decode()


@given(item=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), email=st.text(max_size=300))
def test_what_was_being_chosen_is_kept_as_it_was_or_not_at_all(item: str, email: str) -> None:
    wish = Wish().with_fields({"item": f"{item} 15900", "quantity": "2", "email": email})
    name, value = keep(Kept(wish=wish.spelled()), "aurora-1", secure=False)
    found = kept_by({b"cookie": value.partition(b";")[0]}).wished()
    assert name == b"set-cookie"
    assert found in (Wish(item, "2", email[:254]), Wish())
    assert found != Wish() or "\n" in email or len(email.encode("utf-8", "replace")) > 250


@given(st.text(max_size=500))
def test_a_wish_that_we_did_not_write_is_none(wish: str) -> None:
    assert Kept(wish=wish).wished() == Wish()


def test_a_wish_that_does_not_fit_into_the_cookie_costs_nobody_their_place() -> None:
    wish = Wish().with_fields({"item": "eu-42 15900", "email": "\N{SNOWMAN}" * 254})
    _, value = keep(Kept(ticket="a-ticket", wish=wish.spelled()), "aurora-1", secure=False)
    assert kept_by({b"cookie": value.partition(b";")[0]}) == Kept(ticket="a-ticket")


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_the_cookie_is_ours_or_nothing(raw: bytes) -> None:
    found = kept_by({b"cookie": b"race_plain=" + raw})
    assert (
        found == Kept()
        or "~".join((found.ticket, found.admission, found.checkout, found.code, found.wish)).encode() in raw
    )


LANGUAGES = Languages()


@given(st.binary(max_size=200), st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_whatever_a_browser_prefers_there_is_a_language(query: bytes, preferred: bytes) -> None:
    assert LANGUAGES.of(query, {b"accept-language": preferred}).tag in LANGUAGES.tags


@pytest.mark.parametrize(
    ("preferred", "tag"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("en;q=0.5, de;q=0.7", "de"), ("fr, de;q=x, en;q=0.1", "en"), ("*", "en")],
)
def test_the_dearest_language_that_there_is_counts(preferred: str, tag: str) -> None:
    assert LANGUAGES.of(b"", {b"accept-language": preferred.encode()}).tag == tag
    assert LANGUAGES.of(b"lang=de", {b"accept-language": preferred.encode()}).tag == "de"


def test_a_turn_counts_in_the_browser_that_it_was_given_to_alone(sale: Sale, visitor: Visitor) -> None:
    registered(sale, visitor)
    sale.to(3.5, ticks=3)
    visitor.look()
    visitor.send("pass")
    assert visitor.reads("Choose yours")
    with sale.server.client() as client:
        thief = Visitor(client)
        thief.send("join")
        thief.cookies["race_plain"] = visitor.cookies["race_plain"]
        thief.look()
        assert not thief.reads("Choose yours")
        wish = {"item": f"{ITEM} 15900", "quantity": "1", "email": "eve@example.com", "key": "a-key-of-its-own"}
        assert thief.post("checkout", {**wish, "csrf": thief.hidden("pass")["csrf"]}).status == 403
