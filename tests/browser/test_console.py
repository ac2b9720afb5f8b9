"""The console in a real browser: looking, finding, acting, and what may come in between."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales, in_s
from tests.browser.test_access import found_by_axe
from tests.journeys.engine import ADMIN_KEY, STOREFRONT_KEY, Engine

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
DESK = {"width": 1440, "height": 900}

VIEWS_ARE_HERE = """() => ["on-call", "debug", "control"].every((view) => performance.getEntriesByType("resource").some(
    ({ name, responseEnd }) => name.includes(`/${view}-`) && responseEnd > 0))"""
"""The scripts of all views: they come once the one that was opened is drawn."""


@pytest.fixture
def at_desk(a_buyer: Callable[..., Buyer], engine: Engine) -> Callable[..., Page]:
    """Opens the console of a drop in a browser of its own, signed in."""

    def open_(drop: str, view: str = "executive", key: str = ADMIN_KEY, **options: Any) -> Page:
        person = a_buyer(**{"viewport": DESK, **options})
        page = person.page
        page.goto(f"{engine.url}/console#/{drop}/{view}")
        page.get_by_label("Admin key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".title h1")).to_be_visible()
        return page

    return open_


def reserves(sales: Sales, drop: str, buyer: str = "ada") -> str:
    """Somebody reserves one piece by the API; the checkout."""
    wish = {"buyer": {"id": buyer, "email": "a@example.org"}, "drop": drop, "lines": [{"item": "eu-42", "quantity": 1}]}
    return str(ask(sales, "/v1/checkouts", wish)["id"])


def buys(sales: Sales, drop: str, buyer: str = "ada") -> str:
    """Somebody buys it, too; the order."""
    checkout = reserves(sales, drop, buyer)
    ask(sales, f"/v1/checkouts/{checkout}/payment", {"payment_method": "pm_approved"})
    return checkout


def ask(sales: Sales, path: str, body: Any) -> Any:
    """One request of the storefront."""
    headers = {"Authorization": f"Bearer {STOREFRONT_KEY}", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = str(uuid4())
    request = urllib.request.Request(sales._url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


def held(page: Page, address: str) -> list[Route]:
    """Requests that wait until they are continued."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(address, hold)
    return waiting


def says_why(page: Page, why: str, confirm: str) -> None:
    """Confirm what is asked."""
    page.get_by_label("Why?").fill(why)
    page.get_by_role("dialog").get_by_role("button", name=confirm).click()


def test_a_sale_is_watched_live(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.opened()
    page = at_desk(drop)
    expect(page.locator(".sold .huge")).to_contain_text("0")
    buys(sales, drop)
    expect(page.locator(".sold .huge race-number")).to_have_text("1")
    expect(page.locator(".revenue .huge race-number")).to_have_text("€159")
    expect(page.get_by_role("img", name=re.compile("Revenue a minute"))).to_be_visible()


def test_nothing_that_it_opens_with_waits_for_anything_else(at_desk: Callable[..., Page], sales: Sales) -> None:
    page = at_desk(sales.opened())
    session = held(page, "**/v1/admin/session")
    charts: list[str] = []
    page.on("request", lambda request: charts.append(request.url) if request.url.endswith("/series") else None)
    with page.expect_request("**/v1/admin/drops"), page.expect_request("**/stream"), page.expect_request("**/series"):
        page.reload(wait_until="commit")
    expect(page.get_by_text("Opening the console")).to_be_visible()
    session[0].continue_()
    expect(page.locator("race-executive .chart")).to_be_visible()
    assert len(charts) == 1


def test_whoever_was_never_signed_in_is_not_told_that_their_session_is_over(
    a_buyer: Callable[..., Buyer], engine: Engine
) -> None:
    page = a_buyer(viewport=DESK).page
    session, look = held(page, "**/v1/admin/session"), held(page, "**/console/drops/any")
    held(page, "**/v1/admin/drops")
    with page.expect_request("**/console/drops/any"):
        page.goto(f"{engine.url}/console#/any/executive", wait_until="commit")
    session[0].continue_()
    title = page.get_by_role("heading", name="Console")
    expect(title).to_be_visible()
    with page.expect_response("**/console/drops/any"):
        look[0].continue_()
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    expect(title).to_be_visible()


@pytest.mark.parametrize("address", ["#/%E0%A4%A/executive", "#%"])
def test_an_address_that_is_none_opens_the_console_all_the_same(
    a_buyer: Callable[..., Buyer], engine: Engine, address: str
) -> None:
    page = a_buyer(viewport=DESK).page
    page.goto(f"{engine.url}/console{address}")
    expect(page.get_by_role("heading", name="Console")).to_be_visible()


def test_a_line_is_paused_and_resumed_with_who_and_why(at_desk: Callable[..., Page], sales: Sales) -> None:
    page = at_desk(sales.with_door(), "control")
    page.get_by_role("button", name="Pause the line").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog.get_by_text("Three letters at least.")).to_be_visible()
    says_why(page, "the bank is slow", "Pause")
    expect(page.get_by_text("Nobody is called.")).to_be_visible()
    expect(page.locator(".audit li").first).to_contain_text("ops paused the line")
    expect(page.locator(".audit li").first).to_contain_text("the bank is slow")
    page.get_by_role("button", name="Resume the line").click()
    says_why(page, "it is well again", "Resume")
    expect(page.get_by_role("button", name="Pause the line")).to_be_visible()


def test_an_order_is_found_and_followed(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.opened()
    order = buys(sales, drop)
    page = at_desk(drop, "debug")
    page.get_by_label("Order, checkout, buyer").fill(order)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name=re.compile(order))).to_be_visible()
    steps = page.get_by_role("list", name=re.compile("What happened"))
    for text in ("Reserved", "Sent", "Paid", "Sale"):
        expect(steps.locator(".what", has_text=text).first).to_be_visible()


def test_whoever_is_on_call_reads_what_went_wrong_beside_what_others_did(
    at_desk: Callable[..., Page], sales: Sales
) -> None:
    drop = sales.with_door()
    page = at_desk(drop, "on-call")
    line = sales.ask("GET", f"/v1/admin/console/drops/{drop}")["line"]
    act = {"do": "pause", "seen": line["hand"], "why": "the bank is slow"}
    sales.ask("POST", f"/v1/admin/console/drops/{drop}/actions", act)
    ask(sales, f"/v1/checkouts/{reserves(sales, sales.opened())}/payment", {"payment_method": "pm_answer_lost"})
    happened = page.locator(".happened")
    expect(happened).to_contain_text("ops paused the line")
    expect(happened).to_contain_text("the bank is slow")
    expect(happened.locator(".noticed.bad")).to_contain_text("without an answer", timeout=20_000)


def test_from_where_most_comes_is_nobodys_address(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.opened()
    page = at_desk(drop, "debug")
    page.context.request.get(f"{sales._url}/v1/drops/{drop}")
    networks = page.locator(".panel", has=page.get_by_role("heading", name="Busiest networks"))
    expect(networks).to_contain_text("127.0.0.0/24")
    assert "127.0.0.1" not in networks.inner_text()


def test_who_may_only_look_sees_everything_and_is_offered_nothing(at_desk: Callable[..., Page], sales: Sales) -> None:
    made = sales.ask("POST", "/v1/admin/keys", {"name": f"eye-{uuid4().hex[:6]}", "role": "viewer"})
    drop = sales.with_door()
    page = at_desk(drop, "executive", key=made["secret"])
    for view in ("executive", "on-call", "debug", "control"):
        page.goto(page.url.rpartition("/")[0] + f"/{view}")
        expect(page.locator(f"race-{view} .panel").first).to_be_visible()
    expect(page.locator(".audit")).to_contain_text("ops created the drop")
    buttons = page.locator("race-control button")
    expect(buttons).to_have_count(0)


def test_a_session_that_ends_in_the_middle_repeats_nothing(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.with_door()
    page = at_desk(drop, "control")
    page.get_by_role("button", name="Pause the line").click()
    page.context.clear_cookies()
    says_why(page, "the bank is slow", "Pause")
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()
    page.get_by_label("Admin key").fill(ADMIN_KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Pause the line")).to_be_visible()
    assert sales.ask("GET", f"/v1/admin/drops/{drop}/line")["paused_at"] is None


def test_the_second_of_two_operators_sees_what_the_first_has_done(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.with_door()
    first, second = at_desk(drop, "control"), at_desk(drop, "control")
    second.get_by_label("Release rate").fill("7")
    second.get_by_role("button", name="Change").click()
    expect(second.get_by_role("dialog")).to_be_visible()
    first.get_by_role("button", name="Pause the line").click()
    says_why(first, "the bank is slow", "Pause")
    expect(second.get_by_text("Nobody is called.")).to_be_attached()
    says_why(second, "faster", "Change it")
    expect(second.get_by_role("alert")).to_contain_text("ops paused the line")
    second.get_by_role("button", name="Look again").click()
    expect(second.get_by_role("button", name="Resume the line")).to_be_visible()
    assert sales.ask("GET", f"/v1/admin/drops/{drop}/line")["status"]["rate_per_s"] == 50


def test_what_others_have_written_is_text_and_nothing_else(at_desk: Callable[..., Page], sales: Sales) -> None:
    items = [{"id": "eu-42", "title": HOSTILE, "price": 15900, "stock": 5}]
    drop = sales.opened(title=HOSTILE, items=items)
    order = buys(sales, drop, HOSTILE[:120].strip())
    page = at_desk(drop)
    for view in ("executive", "on-call", "control", "debug"):
        page.goto(page.url.rpartition("/")[0] + f"/{view}")
        expect(page.locator(f"race-{view}")).to_be_visible()
        expect(page.locator(".title h1")).to_have_text(HOSTILE)
    page.get_by_label("Order, checkout, buyer").fill(order)
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".purchase .pairs")).to_contain_text("onerror")
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert "owned" not in page.title()


def test_the_trail_says_what_was_changed_from_what_to_what(at_desk: Callable[..., Page], sales: Sales) -> None:
    boot = {"id": "eu-42", "title": "Boot", "price": 15900, "stock": 5}
    drop = {"id": "changed", "title": "Boots", "opens_at": in_s(-60), "currency": "EUR", "items": [boot]}
    sales.put(drop)
    sales.put({**drop, "title": HOSTILE, "items": [{**boot, "price": 14900, "stock": 1200}]})
    page = at_desk("changed", "control")
    changes = page.locator(".audit .changes").first
    expect(changes).to_contain_text("eu-42: price €159.00 → €149.00")
    expect(changes).to_contain_text("eu-42: stock 5 → 1,200")
    expect(changes).to_contain_text("title Boots → <img src=x")
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_the_keyboard_is_enough(at_desk: Callable[..., Page], sales: Sales) -> None:
    page = at_desk(sales.opened())
    for key, view in (("2", "on-call"), ("3", "debug"), ("4", "control"), ("1", "executive")):
        page.keyboard.press(key)
        expect(page.locator(f"race-{view}")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("4")
    close = page.get_by_role("button", name="Close the sale")
    close.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(close).to_be_focused()


LEAVES_AT_ONCE = """async () => {
  const chart = document.createElement("race-chart");
  const asked = { at: [60, 120], lines: [{ label: "Sold", values: [1, 2], colour: "--text", filled: true }] };
  Object.assign(chart, asked, { label: "Sold", as: String });
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.body.append(chart);
  chart.remove();
  await chart.updateComplete.then(drawn);
  const away = chart.querySelectorAll("canvas").length;
  document.body.append(chart);
  await chart.updateComplete.then(drawn);
  const back = chart.querySelectorAll("canvas").length;
  chart.remove();
  return [away, back];
}"""


def test_a_chart_whose_view_was_left_before_it_was_drawn_breaks_nothing(
    at_desk: Callable[..., Page], sales: Sales
) -> None:
    page = at_desk(sales.opened())
    assert page.evaluate(LEAVES_AT_ONCE) == [0, 1]


IS_OVERDUE = """async () => {
  const shown = document.querySelector("race-on-call");
  const view = document.createElement("race-on-call");
  const at = Date.parse(shown.seen.now);
  const told = [];
  for (const [seconds, overdue] of [[0, 1], [9, 1], [11, 1], [12, 0], [13, 2]]) {
    const now = new Date(at + 1000 * seconds).toISOString();
    Object.assign(view, { api: shown.api, seen: { ...shown.seen, now, overdue, measures: [], gateways: [] } });
    document.body.append(view);
    await view.updateComplete;
    told.push(view.querySelector(".verdict .lead").textContent.trim());
  }
  view.remove();
  return told;
}"""


def test_a_reservation_that_is_due_for_a_moment_is_no_trouble(at_desk: Callable[..., Page], sales: Sales) -> None:
    well, late = "All objectives are met.", "1 reservation should have ended."
    assert at_desk(sales.opened(), "on-call").evaluate(IS_OVERDUE) == [well, well, late, well, well]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_stands_in_anybodys_way(at_desk: Callable[..., Page], sales: Sales, theme: str) -> None:
    drop = sales.with_door()
    page = at_desk(drop)
    if theme == "light":
        page.keyboard.press("t")
    for view in ("executive", "on-call", "debug", "control"):
        page.goto(page.url.rpartition("/")[0] + f"/{view}")
        expect(page.locator(f"race-{view}")).to_be_visible()
        assert found_by_axe(page) == [], view


def test_on_a_phone_everything_fits(at_desk: Callable[..., Page], sales: Sales) -> None:
    page = at_desk(sales.with_door(), viewport={"width": 360, "height": 740})
    for view in ("executive", "on-call", "debug", "control"):
        page.get_by_role("navigation", name="Views").get_by_role("link").nth(
            ["executive", "on-call", "debug", "control"].index(view)
        ).click()
        expect(page.locator(f"race-{view}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view


def test_whoever_is_cut_off_still_turns_to_every_view(at_desk: Callable[..., Page], sales: Sales) -> None:
    page = at_desk(sales.opened())
    expect(page.locator(".link")).to_have_text("Live")
    page.wait_for_function(VIEWS_ARE_HERE)
    page.context.set_offline(True)
    for key, view in (("2", "on-call"), ("3", "debug"), ("4", "control")):
        page.keyboard.press(key)
        expect(page.locator(f"race-{view} .panel").first).to_be_visible()


def test_a_cut_is_said_and_mended(at_desk: Callable[..., Page], sales: Sales) -> None:
    drop = sales.opened()
    page = at_desk(drop)
    page.route("**/v1/admin/console/**", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("heading", name="Disconnected")).to_be_visible()
    page.unroute("**/v1/admin/console/**")
    expect(page.locator(".sold .huge")).to_be_visible()
