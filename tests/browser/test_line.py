"""The line as a buyer meets it: register, wait, be called, come in; and what the line says when it cannot."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales, in_s
from tests.edge.login import Login
from tests.journeys.engine import Engine


def test_a_buyer_registers_waits_enters_and_buys(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(closes_s=10, opens_s=11, door={"challenge": "none"})
    buyer.visit(drop)
    buyer.sees("Registration is open")
    buyer.picture("line-registration")
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    buyer.picture("line-registered")
    buyer.sees("Choose yours")
    expect(buyer.page.locator("race-checkout").get_by_text("Your turn lasts")).to_be_visible()
    buyer.picture("line-admitted")
    buyer.reserves()
    assert "race-pass" in buyer.asked("POST", "/v1/checkouts")[0].headers
    buyer.pays()
    buyer.sees("Thank you")
    assert sales.pools(drop)["eu-42"] == (0, 1)


def test_a_visitor_who_is_asked_to_solve_something_has_it_solved_by_the_browser(buyer: Buyer, sales: Sales) -> None:
    buyer.visit(sales.with_door(closes_s=120, opens_s=150))
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    asked = [request.response().status for request in buyer.asked("POST", "/line")]
    assert asked == [403, 201]


def test_a_browser_that_may_start_no_worker_solves_it_on_the_page(buyer: Buyer, sales: Sales) -> None:
    buyer.page.add_init_script("window.Worker = class { constructor() { throw new Error('no workers here') } }")
    buyer.visit(sales.with_door(closes_s=120, opens_s=150))
    buyer.press("Take a place")
    buyer.sees("You are in the draw")


def test_who_failed_several_times_gets_in_by_a_code_from_their_mail(
    a_buyer: Callable[..., Buyer], sales: Sales, engine: Engine
) -> None:
    buyer = a_buyer(user_agent=LOOKED_AT_BY_NOBODY)
    drop = sales.with_door(closes_s=120, opens_s=150)
    buyer.visit(drop)
    buyer.sees("Registration is open")
    buyer.page.evaluate(FAIL_FOUR_TIMES, drop)
    buyer.press("Take a place")
    buyer.sees("A code by e-mail")
    field = buyer.page.get_by_role("textbox")
    field.fill("not an address")
    buyer.press("Send the code")
    buyer.told("This does not look like an e-mail address.")
    buyer.picture("code-asked")
    field.fill("ada@example.com")
    before = len(engine.logged(MAILED))
    buyer.press("Send the code")
    expect(buyer.page.get_by_text("We have sent a code to ada@example.com.")).to_be_visible()
    buyer.picture("code-sent")
    field.fill("12 34")
    buyer.press("Confirm")
    buyer.told("The check did not work out.")
    code = re.search(r"here it is: (\d{8})", str(engine.logged(MAILED)[before]))
    assert code is not None
    field.fill(f"{code[1][:4]} {code[1][4:]}")
    buyer.press("Confirm")
    buyer.sees("You are in the draw")


MAILED = "a code was asked for"
LOOKED_AT_BY_NOBODY = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0"
FAIL_FOUR_TIMES = """async (drop) => {
  const {csrf} = await (await fetch("/v1/session", {method: "POST"})).json();
  const headers = {"content-type": "application/json", "race-csrf": csrf};
  for (let n = 0; n < 4; n += 1)
    await fetch(`/v1/drops/${drop}/line`, {method: "POST", headers, body: JSON.stringify({challenge: "wrong"})});
}"""


def test_a_reload_and_a_second_tab_keep_the_place(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(closes_s=120, opens_s=150, door={"challenge": "none"})
    buyer.visit(drop)
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    ticket = buyer.page.evaluate("Object.values(localStorage).map((kept) => JSON.parse(kept).ticket)")
    buyer.page.reload()
    buyer.sees("You are in the draw")
    other = buyer.tab()
    buyer.visit(drop, page=other)
    buyer.sees("You are in the draw", other)
    assert other.evaluate("Object.values(localStorage).map((kept) => JSON.parse(kept).ticket)") == ticket
    assert len([one for one in buyer.asked("POST", "/line") if one.response().status == 201]) == 1


def test_a_customer_has_the_same_place_on_every_device(
    a_buyer: Callable[..., Buyer], sales: Sales, login: Login
) -> None:
    drop = sales.with_door(closes_s=120, opens_s=150)
    tickets = []
    for name in ("ada", "ada", "bob"):
        device = a_buyer()
        device.visit(drop)
        device.sees("Registration is open")
        device.page.evaluate("(token) => window.race.signIn(token)", login.token(name))
        device.press("Take a place")
        device.sees("You are in the draw")
        tickets.append(device.page.evaluate("Object.values(localStorage).map((kept) => JSON.parse(kept).ticket)[0]"))
    phone, laptop, other = tickets
    assert phone == laptop != other


def test_whoever_waits_sees_how_many_are_ahead_and_an_honest_wait(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(door={"rate_per_s": 0.02, "challenge": "none"}, opens_s=1, closes_s=-1)
    buyers = [a_buyer() for _ in range(3)]
    for buyer in buyers:
        buyer.visit(drop)
        buyer.press("Join the line")
        expect(buyer.page.get_by_role("button", name="Join the line")).to_have_count(0)
    last = buyers[-1]
    last.sees("You are in the line")
    expect(last.page.get_by_text("people are ahead of you", exact=True)).to_be_visible()
    expect(last.page.get_by_text("Time to wait")).to_be_visible()
    last.picture("line-waiting")


def test_who_stands_behind_more_people_than_there_is_left_is_told_so(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(door={"rate_per_s": 0.02, "challenge": "none"}, stock=1)
    buyer.visit(drop)
    expect(buyer.page.get_by_role("button", name="Join the line")).to_be_visible()  # The draw was a moment ago.
    for n in range(4):
        sales.joins(drop, f"buyer-{n}")
    sales.tells_who_is_late(drop)
    buyer.press("Join the line")
    buyer.sees("You are in the line")
    buyer.page.wait_for_timeout(1000)  # A status may be a second old in the browser.
    buyer.page.reload()  # Else it looks at the status again after 5 to 30 s.
    expect(buyer.page.get_by_text("More people are ahead of you than there is left.")).to_be_visible()
    buyer.picture("line-slim")


def test_a_line_that_is_sold_out_tells_those_who_wait(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.with_door(door={"rate_per_s": 2, "challenge": "none"}, stock=1)
    first, second = a_buyer(), a_buyer()
    first.visit(drop)
    first.press("Join the line")
    first.reserves()
    second.visit(drop)
    second.press("Join the line")
    second.sees("You are in the line")
    expect(second.page.get_by_text("Nobody can say yet how long")).to_be_visible()
    first.pays()
    first.sees("Thank you")
    second.sees("Sold out")
    second.picture("line-sold-out")


def test_a_turn_that_is_not_used_ends_and_the_place_is_kept(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(door={"pass_seconds": 5, "challenge": "none"})
    buyer.visit(drop)
    buyer.press("Join the line")
    buyer.sees("Choose yours")
    buyer.sees("Your turn has passed")
    buyer.picture("line-lapsed")
    buyer.press("Try again")
    buyer.sees("Choose yours")


def test_whoever_is_not_called_cannot_reserve_by_going_to_the_checkout(buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(closes_s=60, opens_s=90)
    buyer.visit(drop)
    buyer.sees("Registration is open")
    status = buyer.page.evaluate(
        """async (drop) => {
          const session = await (await fetch("/v1/session", {method: "POST"})).json();
          const answer = await fetch("/v1/checkouts", {method: "POST", headers: {"content-type": "application/json",
            "race-csrf": session.csrf, "idempotency-key": "a-key-of-its-own"},
            body: JSON.stringify({drop, lines: [{item: "eu-42", quantity: 1}], buyer: {}})});
          return [answer.status, (await answer.json()).code];
        }""",
        drop,
    )
    assert status in ([409, "drop_not_open"], [403, "pass_required"])


def test_a_drop_that_opens_by_itself_lets_those_in_who_are_there(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened(opens_at=in_s(8))
    buyer.visit(drop)
    buyer.sees("Opens soon")
    buyer.picture("opens-soon")
    buyer.reserves()
