"""What goes wrong on phones: taps that come twice, networks that go, tabs, reloads, and time that runs out."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.buyer import Buyer
from tests.browser.sales import Sales


def test_a_double_click_reserves_and_pays_once(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    buyer.page.get_by_role("button", name="Reserve for").dblclick()
    buyer.sees("Reserved for you")
    buyer.page.get_by_role("button", name="Pay €").dblclick()
    buyer.sees("Thank you")
    assert sales.pools(drop)["eu-42"] == (0, 1)
    assert len(buyer.asked("POST", "/v1/checkouts")) == len(buyer.asked("POST", "/payment")) == 1


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(buyer: Buyer, sales: Sales) -> None:
    """The engine does it, and the buyer never hears: the worst that a network can do."""
    drop = sales.opened()
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        path = route.request.url.rpartition("/")[2]
        if path in lost:
            route.continue_()
            return
        lost.append(path)
        route.fetch()
        route.abort("connectionreset")

    buyer.page.route("**/v1/checkouts", lose_the_first)
    buyer.page.route("**/payment", lose_the_first)
    buyer.visit(drop)
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")
    assert lost == ["checkouts", "payment"]
    for path in ("/v1/checkouts", "/payment"):
        keys = {request.headers["idempotency-key"] for request in buyer.asked("POST", path)}
        assert len(keys) == 1
    assert sales.pools(drop)["eu-42"] == (0, 1)


def test_a_buyer_who_loses_the_network_is_told_and_goes_on_when_it_is_back(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    buyer.context.set_offline(True)
    buyer.told("You are offline")
    buyer.press("Reserve for")
    buyer.picture("offline")
    buyer.context.set_offline(False)
    buyer.sees("Reserved for you")
    expect(buyer.page.get_by_text("You are offline")).to_have_count(0)
    assert sales.pools(drop)["eu-42"] == (1, 0)


def test_a_payment_without_a_network_goes_on_when_it_is_back_however_long_that_takes(
    buyer: Buyer, sales: Sales
) -> None:
    drop = sales.opened()
    buyer.page.clock.install()
    buyer.visit(drop)
    buyer.reserves()
    buyer.context.set_offline(True)
    buyer.pays()
    for _ in range(12):
        buyer.page.clock.run_for(10_000)
    buyer.told("You are offline")
    buyer.context.set_offline(False)
    buyer.sees("Thank you")
    expect(buyer.page.get_by_text("You are offline")).to_have_count(0)
    assert sales.pools(drop)["eu-42"] == (0, 1)


def test_a_reload_keeps_the_reservation_and_so_does_another_tab(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    other = buyer.tab()
    buyer.visit(drop, page=other)
    buyer.sees("Choose yours", other)
    buyer.reserves()
    buyer.page.reload()
    buyer.sees("Reserved for you")
    # The other tab takes up what this one has begun: there is one reservation, and it can be paid in either.
    buyer.sees("Reserved for you", other)
    assert sales.pools(drop)["eu-42"] == (1, 0)
    buyer.pays()
    buyer.sees("Thank you")
    assert sales.pools(drop)["eu-42"] == (0, 1)


def test_a_page_that_is_closed_while_it_reserves_sends_the_same_wish_again(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    buyer.page.route("**/v1/checkouts", lambda route: (route.fetch(), route.abort("failed")))
    with buyer.page.expect_request("**/v1/checkouts"):
        buyer.press("Reserve for")
    buyer.page.goto("about:blank")  # Before the answers come through again, or the page itself tries once more.
    buyer.page.unroute_all(behavior="ignoreErrors")
    buyer.visit(drop)
    buyer.reserves()
    assert sales.pools(drop)["eu-42"] == (1, 0)


def test_a_reservation_that_runs_out_says_so_and_lets_the_buyer_start_again(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened(reservation_seconds=4)
    buyer.visit(drop)
    buyer.reserves()
    buyer.sees("The reservation has ended")
    buyer.picture("expired")
    assert sales.pools(drop)["eu-42"] == (0, 0)
    buyer.press("Start again")
    buyer.reserves()
    buyer.pays()
    buyer.sees("Thank you")


def test_the_countdown_goes_by_the_engines_clock(buyer: Buyer, sales: Sales) -> None:
    """This phone is a day late."""
    buyer.page.add_init_script("const now = Date.now; Date.now = () => now() - 86_400_000")
    buyer.visit(sales.opened())
    buyer.reserves()
    left = buyer.page.get_by_role("timer").inner_text()
    minutes, seconds = map(int, left.split(":"))
    assert 280 <= minutes * 60 + seconds <= 301


def test_a_sale_that_ends_meanwhile_is_told(buyer: Buyer, sales: Sales) -> None:
    drop = sales.opened()
    buyer.visit(drop)
    buyer.chooses()
    sales.ask("POST", f"/v1/admin/drops/{drop}/close", {})
    buyer.press("Reserve for")
    buyer.sees("The sale has ended")


def test_a_drop_that_does_not_exist_is_told_in_plain_words(buyer: Buyer) -> None:
    buyer.visit("no-such-drop")
    expect(buyer.told("There is no such sale.")).to_contain_text("Check the address")
    buyer.picture("unknown")


def test_what_another_buyer_has_is_not_shown(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    drop = sales.opened()
    first, second = a_buyer(), a_buyer()
    first.visit(drop)
    first.reserves()
    second.visit(drop, first.page.url.partition(drop)[2])
    second.told("This reservation is not one of this browser's.")
    first.pays()
    first.sees("Thank you")
    second.visit(drop, first.page.url.partition(drop)[2])
    second.told("This order is not one of this browser's.")
