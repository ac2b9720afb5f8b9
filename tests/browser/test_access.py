"""For everybody: by keyboard, by screen reader, in German, with little motion, in the dark, on a narrow screen, and
without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales
from tests.programs import missing
from tests.project.tree import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def found_by_axe(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, shadow trees included."""
    if not AXE.exists():
        missing("axe-core, which `python hatch_build.py` fetches,")
    page.wait_for_timeout(600)  # A view that fades in has no contrast yet.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags})).violations"
        ".map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html.slice(0, 160)).join(' | '))",
        RULES,
    )
    return list(found)


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_way_of_a_purchase(a_buyer: Callable[..., Buyer], sales: Sales, scheme: str) -> None:
    buyer = a_buyer(color_scheme=scheme, reduced_motion="reduce")
    page = buyer.page
    drop = sales.with_door(closes_s=60, opens_s=90, door={"challenge": "none"})
    buyer.visit(drop)
    buyer.sees("Registration is open")
    assert found_by_axe(page) == []
    two = [{"id": f"eu-{size}", "title": f"EU {size}", "price": 15900, "stock": size - 41} for size in (41, 42, 63)]
    buyer.visit(sales.opened(items=two, limit_per_buyer=1))
    buyer.sees("Choose yours")
    buyer.page.get_by_text("EU 42").click()
    buyer.press("Reserve for")
    buyer.told("This does not look like")
    assert found_by_axe(page) == []
    buyer.reserves()
    assert found_by_axe(page) == []
    buyer.pays("A card that is declined")
    buyer.told("The payment was declined")
    buyer.picture(f"declined-{scheme}")
    assert found_by_axe(page) == []
    buyer.pays("A card that asks the bank")
    buyer.sees("Your bank asks you to confirm")
    assert found_by_axe(page) == []
    buyer.page.get_by_role("link", name="Go to the bank").click()
    expect(page.get_by_role("button", name="It is me")).to_be_visible()
    assert found_by_axe(page) == []
    buyer.press("It is me")
    page.get_by_role("link", name="Go back to the shop").click()
    buyer.sees("Thank you")
    buyer.picture(f"receipt-{scheme}")
    assert found_by_axe(page) == []


def test_a_purchase_needs_no_mouse(buyer: Buyer, sales: Sales) -> None:
    items = [{"id": f"eu-{size}", "title": f"EU {size}", "price": 15900, "stock": 20} for size in (41, 42)]
    drop = sales.opened(items=items)
    buyer.visit(drop)
    buyer.sees("Choose yours")
    keys = buyer.page.keyboard

    def tab_to(name: str) -> None:
        """Press Tab until what has this name has the focus, and it can be seen that it has."""
        for _ in range(25):
            keys.press("Tab")
            held = buyer.page.evaluate(FOCUSED)
            if name in held["name"]:
                assert held["outlined"], f"{name} has the focus, and nothing shows it"
                return
        raise AssertionError(f"{name} cannot be reached by Tab")

    tab_to("One more: EU 42")
    keys.press("Enter")
    keys.press("Enter")
    tab_to("E-mail")
    keys.type("ada@example.com")
    keys.press("Enter")
    buyer.sees("Reserved for you")
    assert buyer.page.evaluate(FOCUSED)["name"].startswith("Reserved for you")
    tab_to("A card that works")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    keys.press("Enter")
    buyer.sees("Thank you")
    assert sales.pools(drop)["eu-42"] == (0, 2)


LISTEN = """() => {
  window.said = [];
  const live = "[aria-live=polite], [role=alert], [role=status]";
  const told = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(live) != null;
  const heard = (changes) => changes.forEach(({target}) => told(target) && window.said.push(target.textContent));
  const root = document.querySelector("race-checkout").shadowRoot;
  new MutationObserver(heard).observe(root, {subtree: true, childList: true, characterData: true});
}"""

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (at === null) return {name: "", outlined: false};
  const label = at.labels?.[0] ?? at;
  const shown = [at, label].some((one) => getComputedStyle(one).outlineStyle !== "none");
  return {name: at.getAttribute("aria-label") ?? label.textContent.trim(), outlined: shown};
}"""


def test_time_that_runs_is_not_read_out_each_second(buyer: Buyer, sales: Sales) -> None:
    """What a screen reader is told is in live regions; a countdown must not be in one."""
    buyer.visit(sales.opened(reservation_seconds=200))
    buyer.reserves()
    buyer.page.evaluate(LISTEN)
    before = buyer.page.get_by_role("timer").inner_text()
    expect(buyer.page.get_by_role("timer")).not_to_have_text(before)
    buyer.page.wait_for_timeout(2_500)
    assert buyer.page.evaluate("window.said") == []


def test_german_from_the_first_word_to_the_receipt(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    buyer = a_buyer(locale="de-DE")
    drop = sales.with_door(closes_s=9, opens_s=10, door={"challenge": "none"})
    buyer.visit(drop)
    buyer.press("Platz sichern")
    buyer.sees("Sie sind in der Verlosung")
    buyer.picture("de-registered")
    buyer.sees("Wählen Sie aus")
    buyer.page.get_by_label("E-Mail").fill("ada@example.com")
    buyer.picture("de-choose")
    buyer.press("Für 5 Minuten reservieren")
    buyer.sees("Für Sie reserviert")
    buyer.page.get_by_label("ohne genug Geld").check()
    buyer.press("159,00 € bezahlen")
    expect(buyer.told("Die Zahlung wurde abgelehnt")).to_contain_text("nicht genug Geld")
    buyer.picture("de-declined")
    buyer.page.get_by_label("die funktioniert").check()
    buyer.press("159,00 € bezahlen")
    buyer.sees("Vielen Dank")
    buyer.picture("de-receipt")
    assert buyer.page.get_attribute("html", "lang") == "de"


def test_a_reader_may_choose_the_language_themselves(buyer: Buyer, sales: Sales) -> None:
    buyer.visit(sales.opened())
    buyer.sees("Choose yours")
    buyer.page.get_by_role("link", name="DE").click()
    buyer.sees("Wählen Sie aus")


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_runs_out_of_the_screen(a_buyer: Callable[..., Buyer], sales: Sales, width: int) -> None:
    long = "Donaudampfschifffahrtsgesellschaft "
    items = [{"id": f"eu-{n}", "title": long * n, "price": 99999900, "stock": 9} for n in (1, 2)]
    buyer = a_buyer(viewport={"width": width, "height": 700}, locale="de-DE")
    buyer.visit(sales.opened(title="Weihnachtsbaumkugelsonderedition", items=items, limit_per_buyer=1))
    buyer.sees("Wählen Sie aus")
    assert not scrolls_sideways(buyer.page)
    buyer.page.get_by_text("Donaudampf").last.click()
    buyer.page.get_by_label("E-Mail").fill("ada@example.com")
    buyer.press("Für 5 Minuten reservieren")
    buyer.sees("Für Sie reserviert")
    buyer.picture(f"narrow-{width}")
    assert not scrolls_sideways(buyer.page)


def test_whoever_wants_little_motion_gets_none(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    buyer = a_buyer(reduced_motion="reduce")
    buyer.visit(sales.opened())
    buyer.sees("Choose yours")
    running = buyer.page.evaluate(
        "document.getAnimations().filter(({playState, effect}) => playState === 'running' "
        "&& effect.getComputedTiming().duration > 1).length"
    )
    assert running == 0


def test_where_the_script_never_comes_the_page_says_how_to_go_on(buyer: Buyer, sales: Sales) -> None:
    buyer.page.route("**/assets/*.js", lambda route: route.abort())
    buyer.visit(sales.opened())
    buyer.sees("Nothing happens?")
    buyer.picture("no-script")
    buyer.page.get_by_role("link", name="Go on without JavaScript").click()
    buyer.sees("Choose yours")


def test_a_script_that_comes_late_finds_the_page_in_order(buyer: Buyer, sales: Sales) -> None:
    held: list[Route] = []
    late = True

    def hold(route: Route) -> None:
        if late:
            held.append(route)
        else:
            route.continue_()

    buyer.page.route("**/assets/*.js", hold)
    buyer.page.goto(f"{buyer.url}/shop/{sales.opened()}", wait_until="commit")
    expect(buyer.page.get_by_text("Loading.")).to_be_visible()
    late = False
    for route in held:
        route.continue_()
    buyer.sees("Choose yours")
    expect(buyer.page.get_by_text("Loading.")).to_have_count(0)


def test_words_that_do_not_come_at_first_are_asked_for_again(buyer: Buyer, sales: Sales) -> None:
    failed: list[str] = []

    def fail_the_first(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort("connectionreset")

    buyer.page.route("**/assets/line-*.js", fail_the_first)
    buyer.visit(sales.with_door(closes_s=60, opens_s=90))
    buyer.sees("Registration is open")
    assert len(failed) == 1


def test_every_problem_that_buyers_can_meet_has_words_of_its_own() -> None:
    """A code without words would be told as something that went wrong, which helps nobody."""
    from race_to_purchase.edge.reference.operations import OPERATIONS

    texts = "".join(
        (ROOT / "web/src/text/en" / name).read_text(encoding="utf-8")
        for name in ("line.ts", "check.ts", "checkout.ts", "access.ts")
    )
    asked = [one for one in OPERATIONS if one.path in ASKED_BY_PAGES]
    assert len(asked) >= len(ASKED_BY_PAGES)
    codes = {code for operation in asked for code in operation.problems}
    said = set(re.findall(r"^    (\w+): \{", texts, re.MULTILINE))
    silent = {code for code in codes - NEVER_SENT if not {code, code.partition("_")[0]} & said}
    assert json.dumps(sorted(silent)) == "[]"


ASKED_BY_PAGES = {
    "/v1/drops/{drop}", "/v1/drops/{drop}/line", "/v1/drops/{drop}/line/status", "/v1/drops/{drop}/line/pass",
    "/v1/challenges/code", "/v1/session", "/v1/checkouts", "/v1/checkouts/{id}", "/v1/checkouts/{id}/payment",
    "/v1/checkouts/{id}/payment/return", "/v1/orders/{id}", "/v1/carts/{drop}",
}  # fmt: skip

NEVER_SENT = {
    # The pages send none of what these refuse: a form that is malformed, a key or a header that is missing or twice.
    "malformed_json", "unsupported_media_type", "body_too_large", "body_too_slow", "duplicate_line",
    "version_required", "if_match_invalid",
    "duplicate_header", "idempotency_key_missing", "idempotency_key_invalid", "buyer_invalid", "buyer_required",
}  # fmt: skip
