"""What the pages without a script show, view by view, and that no more is offered than there is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from msgspec.structs import replace

from race_to_purchase.edge.pages.markup import el
from race_to_purchase.edge.plain.frame import Frame, Shown
from race_to_purchase.edge.plain.kept import ASKED, Wish
from race_to_purchase.edge.plain.parts import Forms
from race_to_purchase.edge.plain.problem_pages import trouble
from race_to_purchase.edge.plain.selling import PAYING_AGAIN_S, Sale, checkout_page, choice, receipt
from race_to_purchase.edge.plain.standing import LOOKING, Standing, View
from race_to_purchase.edge.plain.waiting import Line, line_page
from race_to_purchase.edge.plain.words import Languages
from race_to_purchase.edge.shapes import DropOnSale, ItemOnSale, PlacedOrder
from race_to_purchase.rules.answers import CheckoutView, problem
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.rows import Quote, QuoteLine
from tests.edge.test_standing import NOW, OPEN

PATH = "/shop/aurora-1/plain"
FORMS = Forms(PATH, "c5rf", "?lang=en")
LANGUAGES = Languages()
ENGLISH = LANGUAGES.of(b"lang=en", {})
SOON = NOW + timedelta(minutes=5)
DOOR = Door(NOW, SOON, 10.0, 100, pass_seconds=120)

LOW = ItemOnSale("low", "Aurora low", 9_900, "plenty")
HIGH = ItemOnSale("high", "Aurora high", 15_900, "few")
DROP = DropOnSale(
    id="aurora-1",
    title="Aurora 1",
    phase="open",
    flow="cart",
    door=False,
    promos=False,
    opens_at=NOW,
    closes_at=None,
    currency="EUR",
    reservation_seconds=600,
    limit_per_buyer=None,
    items=(LOW, HIGH),
)
SALE = Sale(DROP, NOW, "k3y", sandbox=True)
QUOTE = Quote("EUR", (QuoteLine("low", 2, 9_900, 0, 19_800),), 19_800, 0, 19_800)
CHECKOUT = CheckoutView("c1", "aurora-1", "reserved", QUOTE)


class Page:
    """Elements as their reader finds them."""

    def __init__(self, body: Any) -> None:
        self.root = el("main", body)
        self.text = " ".join(" ".join(self.root.itertext()).split())

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Every element of this kind."""
        return [one for one in self.root.iter(tag) if attributes.items() <= one.attrib.items()]

    @property
    def steps(self) -> list[str]:
        """Where its forms go."""
        return [form.attrib["action"].removeprefix(f"{PATH}/").removesuffix("?lang=en") for form in self.all("form")]

    def values(self, name: str) -> list[str]:
        """The values of the fields of this name."""
        return [one.attrib.get("value", "") for one in self.all("input", name=name)]

    def checked(self, name: str) -> list[str]:
        return [one.attrib["value"] for one in self.all("input", name=name, checked="checked")]


def chosen(sale: Sale = SALE, until: datetime | None = None) -> Page:
    return Page(choice(sale, until, FORMS, ENGLISH))


def with_items(*items: ItemOnSale, **changes: Any) -> Sale:
    return replace(SALE, drop=replace(DROP, items=items, **changes))


class TestTheChoice:
    def test_offers_each_item_at_the_price_that_is_shown(self) -> None:
        page = chosen()
        assert page.values("item") == ["low 9900", "high 15900"]
        assert page.checked("item") == []
        assert page.values("key") == ["k3y"]
        assert ("€99.00" in page.text, "Few left" in page.text) == (True, True)

    def test_is_made_where_there_is_but_one(self) -> None:
        assert chosen(with_items(LOW)).checked("item") == ["low 9900"]

    def test_is_that_which_was_made_before(self) -> None:
        page = chosen(replace(SALE, wish=Wish("high", "3", "ada@example.com")))
        assert page.checked("item") == ["high 15900"]
        assert [one.attrib["value"] for one in page.all("option", selected="selected")] == ["3"]
        assert page.values("email") == ["ada@example.com"]

    def test_cannot_be_of_what_is_gone(self) -> None:
        gone = replace(LOW, stock="sold_out")
        for sale in (with_items(gone), replace(with_items(gone, HIGH), wish=Wish("low"))):
            page = chosen(sale)
            assert page.checked("item") == []
            assert [one.attrib["value"] for one in page.all("input", disabled="disabled")] == ["low 9900"]

    @pytest.mark.parametrize(
        ("limit", "numbers", "said"),
        [(None, 10, False), (25, 10, True), (10, 10, True), (3, 3, True), (1, 0, True)],
    )
    def test_is_of_no_more_than_one_may_have(self, limit: int | None, numbers: int, *, said: bool) -> None:
        page = chosen(with_items(LOW, limit_per_buyer=limit))
        assert [one.text for one in page.all("option")] == [str(n) for n in range(1, numbers + 1)]
        assert ("per person" in page.text) == said

    def test_says_how_long_a_turn_lasts_where_it_ends(self) -> None:
        assert "Your turn lasts" not in chosen().text
        assert "Your turn lasts" in chosen(until=SOON).text

    def test_asks_for_the_code_that_was_sent_and_lets_another_address_be_given(self) -> None:
        assert (chosen().steps, chosen().all("input", name="code")) == (["checkout"], [])
        page = chosen(replace(SALE, coded=True))
        assert page.steps == ["checkout", "address"]
        assert page.all("input", name="code", inputmode="numeric")
        assert not page.all("input", name="email", inputmode="numeric")


def shown(checkout: CheckoutView, sale: Sale = SALE) -> tuple[Page, int]:
    body, again_s = checkout_page(checkout, sale, FORMS, ENGLISH, "/shop/aurora-1/checkout/c1")
    return Page(body), again_s


class TestACheckout:
    def test_that_is_reserved_is_paid_or_given_back(self) -> None:
        page, again_s = shown(replace(CHECKOUT, reserved_until=SOON))
        assert (page.steps, again_s) == (["payment", "cancel"], 0)
        assert page.checked("method") == ["pm_approved"]
        assert page.all("a") == []
        assert "Time left" in page.text
        assert "2 × Aurora low" in page.text

    def test_whose_time_is_not_known_promises_none(self) -> None:
        assert "Time left" not in shown(CHECKOUT)[0].text.replace("Reserved for you", "")

    def test_that_real_money_pays_goes_on_where_the_fields_of_its_company_are(self) -> None:
        page, _ = shown(CHECKOUT, replace(SALE, sandbox=False))
        assert page.steps == ["cancel"]
        assert [one.attrib["href"] for one in page.all("a")] == ["/shop/aurora-1/checkout/c1"]
        assert page.all("input", name="method") == []

    @pytest.mark.parametrize("state", ["paying", "lapsed", "review"])
    def test_that_is_being_paid_looks_again_by_itself(self, state: str) -> None:
        page, again_s = shown(replace(CHECKOUT, state=state))
        assert (page.steps, again_s) == ([], PAYING_AGAIN_S)
        assert "Paying…" in page.text
        page, _ = shown(replace(CHECKOUT, state=state, queued=7))
        assert "Your payment is number 7 in the queue" in page.text
        assert "Paying…" not in page.text

    @pytest.mark.parametrize(
        ("address", "href"),
        [
            ("https://bank.example/3ds?id=1", "https://bank.example/3ds?id=1"),
            ("/sandbox/actions/a1", "/sandbox/actions/a1?return=%2Fshop%2Faurora-1%2Fplain%3Flang%3Den"),
            ("/sandbox/actions/a1?x=1", "/sandbox/actions/a1?x=1&return=%2Fshop%2Faurora-1%2Fplain%3Flang%3Den"),
            ("javascript:alert(1)", "about:blank"),
            ("data:text/html,x", "about:blank"),
        ],
    )
    def test_that_waits_for_its_bank_leads_there_and_never_into_a_script(self, address: str, href: str) -> None:
        page, again_s = shown(replace(CHECKOUT, state="paying", next_action=address))
        assert [one.attrib["href"] for one in page.all("a")] == [href]
        assert (page.steps, again_s) == (["return"], 0)
        assert "Time left" not in page.text
        page, _ = shown(replace(CHECKOUT, state="paying", next_action=address, reserved_until=SOON))
        assert "Time left" in page.text

    @pytest.mark.parametrize(
        ("state", "said"), [("cancelled", "You have given it back."), ("expired", "The reservation has ended")]
    )
    def test_that_has_ended_leads_back_to_the_line(self, state: str, said: str) -> None:
        page, again_s = shown(replace(CHECKOUT, state=state))
        assert (page.steps, again_s) == (["again"], 0)
        assert said in page.text

    def test_names_what_is_taken_off_and_the_tax_where_there_is_any(self) -> None:
        page, _ = shown(CHECKOUT)
        assert ("Discount" in page.text, "Tax included" in page.text) == (False, False)
        page, _ = shown(replace(CHECKOUT, quote=replace(QUOTE, discount=500, total=19_300, tax=3_082)))
        assert "Discount -€5.00" in page.text
        assert "Tax included €30.82" in page.text


@pytest.mark.parametrize(
    ("state", "news"),
    [
        ("paid", None),
        ("fulfilled", "The shop has been told"),
        ("refunded", "This order was refunded."),
        ("returned", "The goods were not delivered"),
    ],
)
def test_a_receipt_says_what_became_of_the_order(state: Any, news: str | None) -> None:
    order = PlacedOrder("o1", "aurora-1", state, 19_800, "EUR", QUOTE, NOW)
    page = Page(receipt(order, SALE, ENGLISH, FORMS))
    assert "o1" in page.text
    assert [one in page.text for one in ("been told", "was refunded", "not delivered")].count(True) == (
        news is not None
    )
    assert news is None or news in page.text
    assert len(page.all("div", **{"class": "note"})) == (news is not None)


def waiting(view: View, ahead: int | None = None, *, code: str = "", **status: Any) -> Page:
    line = Line(replace(OPEN, **status), DOOR, Standing(view, ahead), code, still=False, access=False)
    return Page(line_page(line, FORMS, ENGLISH)[0])


class TestTheLine:
    @pytest.mark.parametrize(
        ("view", "step"), [("registration", "join"), ("join", "join"), ("called", "pass"), ("lapsed", "pass")]
    )
    def test_offers_the_next_step_and_nothing_else(self, view: View, step: str) -> None:
        assert waiting(view).steps == [step]

    @pytest.mark.parametrize("view", sorted(LOOKING - {"called"}))
    def test_offers_nothing_where_there_is_nothing_to_do(self, view: View) -> None:
        assert waiting(view).steps == []

    @pytest.mark.parametrize("view", ["registered", "drawn", "waiting", "paused"])
    def test_says_that_a_place_is_kept_to_whom_has_one(self, view: View) -> None:
        assert "Your place is kept" in waiting(view).text
        assert "Your place is kept" not in waiting("join").text

    @pytest.mark.parametrize("view", sorted(LOOKING))
    def test_looks_again_by_itself_until_it_is_told_to_stand_still(self, view: View) -> None:
        line = Line(OPEN, DOOR, Standing(view, 5), "", still=False, access=False)
        body, again_s = line_page(line, FORMS, ENGLISH)
        assert 5 <= again_s <= 6
        assert [one.attrib["href"] for one in Page(body).all("a")] == [f"{PATH}?lang=en&still"]
        body, again_s = line_page(replace(line, still=True), FORMS, ENGLISH)
        assert again_s == 0
        assert [one.attrib["href"] for one in Page(body).all("a")] == [f"{PATH}?lang=en&still", f"{PATH}?lang=en"]

    @pytest.mark.parametrize("view", ["registration", "join", "code", "lapsed"])
    def test_does_not_move_while_something_is_filled_in(self, view: View) -> None:
        body, again_s = line_page(Line(OPEN, DOOR, Standing(view, 5), ASKED, still=False, access=False), FORMS, ENGLISH)
        assert (again_s, Page(body).all("a")) == (0, [])

    def test_tells_how_many_are_ahead_and_warns_only_those_who_wait(self) -> None:
        page = waiting("waiting", 600, stock="few")
        assert "Ahead of you 600 Time to wait 1 to 2 minutes" in page.text
        assert "Few are left." in page.text
        nothing_free = waiting("waiting", 600, stock="none")
        assert "Time to wait Nobody can say yet how long" in nothing_free.text
        drawn = waiting("drawn", 600, stock="few")
        assert "Ahead of you 600" in drawn.text
        assert ("Time to wait" in drawn.text, "Few are left." in drawn.text) == (False, False)
        assert "Few are left." not in waiting("waiting", 600).text
        assert "You are next" in waiting("waiting", 0).text
        assert "Ahead of you" not in waiting("waiting").text

    @pytest.mark.parametrize(
        ("view", "said"),
        [("announced", "Registration opens in"), ("registration", "Registration closes in"), ("waiting", "")],
    )
    def test_says_when_the_next_thing_happens_where_that_is_known(self, view: View, said: str) -> None:
        assert said in waiting(view).text
        assert ("UTC" in waiting(view).text) == bool(said)

    @pytest.mark.parametrize("share", [0.0, 0.2])
    def test_asks_for_the_code_of_a_grant_only_where_places_are_kept_for_them(self, share: float) -> None:
        door = replace(DOOR, reserved_share=share)
        line = Line(OPEN, door, Standing("waiting", 5), "", still=False, access=False)
        page = Page(line_page(line, FORMS, ENGLISH)[0])
        assert (f"{PATH}?lang=en&access" in [one.attrib["href"] for one in page.all("a")]) == bool(share)
        assert page.steps == []
        body, again_s = line_page(replace(line, access=True), FORMS, ENGLISH)
        assert again_s == 0
        assert Page(body).steps == (["join"] if share else [])
        assert Page(body).values("access") == ([""] if share else [])

    @pytest.mark.parametrize("view", ["called", "lapsed", "paused"])
    def test_neither_counts_nor_asks_for_codes_where_nobody_waits_any_more(self, view: View) -> None:
        line = Line(OPEN, replace(DOOR, reserved_share=0.2), Standing(view, -1), "", still=False, access=True)
        page = Page(line_page(line, FORMS, ENGLISH)[0])
        assert "Ahead of you" not in page.text
        assert page.values("access") == []

    def test_passes_on_what_the_shop_has_to_say(self) -> None:
        assert "A note from the shop" not in waiting("waiting").text
        assert "A note from the shop Patience." in waiting("waiting", message="Patience.").text

    def test_asks_for_the_address_first_and_for_the_code_then(self) -> None:
        assert waiting("code", code=ASKED).steps == ["code"]
        assert waiting("code", code="sent").steps == ["join", "address"]


class TestTheFrame:
    def page(self, **changes: Any) -> tuple[str, dict[bytes, bytes]]:
        reply = Frame(LANGUAGES.tags).page(Shown("Aurora 1", [], **changes), ENGLISH)
        return reply.body.decode(), dict(reply.headers)

    def test_looks_again_only_where_that_is_wanted(self) -> None:
        assert b"refresh" not in self.page()[1]
        assert self.page(again_s=7, address=PATH)[1][b"refresh"] == f"7; url={PATH}".encode()

    def test_marks_the_language_that_it_speaks_and_no_other(self) -> None:
        assert self.page()[0].count('aria-current="true"') == 1
        assert 'hreflang="en" lang="en" aria-current="true"' in self.page()[0]

    def test_wears_the_styles_of_the_shop(self) -> None:
        assert self.page()[0].count('<link rel="stylesheet" href="/assets/') >= 1


class TestTrouble:
    @pytest.mark.parametrize("code", ["sold_out", "all_reserved"])
    def test_of_less_than_was_wanted_is_not_that_there_is_nothing(self, code: str) -> None:
        assert "There are not that many left." in self.said(code, left=2).text
        assert "There are not that many left." not in self.said(code).text
        assert "Choose fewer." in self.said("limit_reached", left=1).text

    def test_of_a_wrong_address_is_not_that_of_a_wrong_form(self) -> None:
        for field in ("email", "buyer.email"):
            assert "This does not look like an e-mail address." in self.said("invalid_input", field=field).text
        assert "Something in the form is not right." in self.said("invalid_input", field="lines[0].item").text

    def said(self, code: str, **members: Any) -> Page:
        return Page([trouble(problem(402, code, "Title", "Detail.", **members), ENGLISH)])

    def test_of_a_card_says_why_and_that_it_is_still_reserved_where_it_is(self) -> None:
        kept = "it is still reserved for you"
        assert kept in self.said("payment_declined", reserved_until="2026-12-01T12:00:00Z").text
        assert kept not in self.said("payment_declined").text
        unfunded = self.said("payment_declined", decline_code="insufficient_funds").text
        assert unfunded not in (self.said("payment_declined").text, self.said("sold_out").text)

    def test_is_told_to_those_who_hear_the_page_too(self) -> None:
        assert len(self.said("sold_out").all("div", **{"class": "note bad", "role": "alert"})) == 1
        assert waiting("waiting", message="Patience.").all("div", role="alert") == []


def test_a_link_keeps_the_language_and_adds_what_is_asked_for() -> None:
    hrefs = [
        Forms(PATH, None, query).link("x", more).attrib["href"] for query in ("", "?lang=de") for more in ("", "still")
    ]
    assert hrefs == [PATH, f"{PATH}?still", f"{PATH}?lang=de", f"{PATH}?lang=de&still"]


def test_a_form_carries_the_secret_of_its_session_where_there_is_one() -> None:
    assert Page([FORMS.to("join")]).values("csrf") == ["c5rf"]
    assert Page([Forms(PATH, None).to("join")]).values("csrf") == []
