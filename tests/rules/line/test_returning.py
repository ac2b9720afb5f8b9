"""A ticket whose reservation came to nothing gets another pass, a few times, and never two ways in at once."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.commands import Reserve
from race_to_purchase.rules.decide.passing import RETURNS_MAX
from race_to_purchase.rules.drop import item_pools, passes_pool, shared_pools, ticket_pool
from race_to_purchase.rules.line.commands import Admitted, ClaimPass, Used
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.line.rows import LineRow, PassRow
from race_to_purchase.rules.outcomes import AllSold, NoPassFree, Outcome, PassGiven, PassRefused, Reserved
from race_to_purchase.rules.rows import Checkout, CheckoutState, DropRow, Pool
from tests.rules.world import World, authorized, begin, cancel, expire, reserve
from tests.samples import NOON, a_drop

TID = "00" * 16
TICKET = ticket_pool("aurora", TID)
DOOR = Door(NOON - timedelta(hours=3), NOON - timedelta(hours=2), 10.0, 5)
USED = PassRefused("pass_used")


class Sale(World):
    """A drop with a door, drawn, and one ticket that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = a_drop(door=DOOR)
        self.rows.drops["aurora"] = DropRow("aurora", self.drop)
        for name, (kind, size) in shared_pools(self.drop).items():
            self.rows.pools[name] = Pool(name, "aurora", kind, size)
        self.rows.of_lines.lines["aurora"] = LineRow(
            "aurora", 1, "", "", NOON, 1, "00", None, "00", "00" * 32, NOON, cursor=1
        )

    def claim(self, browser: str = "aa", used: Used | None = None) -> Outcome:
        """Ask for a pass, with what the ticket was used for as it is now, or as it was."""
        pools = (*item_pools(self.drop), passes_pool("aurora"), TICKET)
        return self.ask(ClaimPass("aurora", pools, TID, browser, used=used or self.uses()))

    def uses(self) -> Used | None:
        ticket = self.rows.pools.get(TICKET)
        mine = tuple(id_ for id_, one in self.rows.checkouts.items() if one.claims.ticket == TICKET)
        return None if ticket is None else Used(ticket.capacity, mine)

    def admitted(self, browser: str = "aa") -> PassRow:
        given = self.claim(browser)
        assert isinstance(given, PassGiven), given
        return given.row

    def wish(self, shown: PassRow) -> Reserve:
        asked = reserve()
        pools = (*asked.pools, passes_pool("aurora"), TICKET)
        return replace(asked, pools=pools, admitted=Admitted(TID, shown.n, shown.expires_at))

    def reserved(self, browser: str = "aa") -> Checkout:
        outcome = self.ask(self.wish(self.admitted(browser)))
        assert isinstance(outcome, Reserved), outcome
        return self.checkout(outcome.checkout.id)


@pytest.fixture
def sale() -> Sale:
    """Nobody is in yet."""
    return Sale()


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_reservation_that_ends_without_an_order_gives_its_ticket_another_pass(sale: Sale, how: str) -> None:
    checkout = sale.reserved()
    assert sale.claim() == USED
    if how == "expired":
        sale.wait(sale.drop.reservation_seconds)
    sale.ask(cancel(checkout) if how == "cancelled" else expire(checkout))
    assert sale.checkout(checkout.id).state == how
    again = sale.claim()
    assert isinstance(again, PassGiven)
    assert (again.how, again.row.n) == ("returned", 2)
    assert isinstance(sale.ask(sale.wish(again.row)), Reserved)


@pytest.mark.parametrize(
    "state", ["open", "reserved", "paying", "lapsed", "review", "paid", "fulfilled", "refunded", "returned"]
)
def test_whatever_may_be_or_was_an_order_gives_none(sale: Sale, state: CheckoutState) -> None:
    checkout = sale.reserved()
    sale.rows.checkouts[checkout.id] = replace(checkout, state=state)
    assert sale.claim() == USED


def test_a_payment_that_lapsed_is_waited_for_since_it_may_still_become_an_order(sale: Sale) -> None:
    checkout = sale.reserved()
    sale.ask(begin(checkout))
    sale.wait(sale.drop.reservation_seconds)
    sale.ask(expire(checkout))
    assert sale.checkout(checkout.id).state == "lapsed"
    assert sale.claim() == USED
    sale.ask(authorized(sale.checkout(checkout.id)))
    assert sale.checkout(checkout.id).state == "paid"
    assert sale.claim() == USED


def test_a_ticket_has_one_pass_or_one_reservation_at_a_time(sale: Sale) -> None:
    sale.ask(cancel(sale.reserved()))
    here = sale.admitted("aa")
    there = sale.admitted("bb")
    assert there.n == here.n + 1
    assert sale.ask(sale.wish(here)) == PassRefused("pass_invalid")
    assert isinstance(sale.ask(sale.wish(there)), Reserved)
    assert [sale.claim(browser) for browser in ("aa", "bb")] == [USED, USED]
    assert sale.used("line/passes") == (0, 0)


def test_a_pass_that_was_used_opens_nothing_a_second_time(sale: Sale) -> None:
    first = sale.admitted()
    reserved = sale.ask(sale.wish(first))
    assert isinstance(reserved, Reserved)
    sale.ask(cancel(reserved.checkout))
    assert sale.ask(sale.wish(first)) == USED
    sale.admitted()
    assert sale.ask(sale.wish(first)) == PassRefused("pass_invalid")


def test_a_ticket_returns_so_often_and_no_more(sale: Sale) -> None:
    for _ in range(1 + RETURNS_MAX):
        sale.ask(cancel(sale.reserved()))
    assert sale.claim() == USED
    assert RETURNS_MAX == 3


def test_what_was_looked_up_before_a_further_pass_says_nothing_of_it(sale: Sale) -> None:
    sale.ask(cancel(sale.reserved()))
    before = sale.uses()
    sale.reserved()
    assert sale.claim(used=before) == USED


def test_nobody_comes_back_by_the_checkout_of_somebody_else(sale: Sale) -> None:
    sale.reserved()
    other = reserve(buyer="eve")
    theirs = sale.ask(replace(other, pools=(*other.pools, TICKET), admitted=None))
    assert theirs == PassRefused("pass_required")
    ended = next(iter(sale.rows.checkouts.values()))
    stranger = replace(ended, id="eves", state="cancelled", claims=replace(ended.claims, ticket="aurora/ticket/11"))
    sale.rows.checkouts["eves"] = stranger
    assert sale.claim(used=Used(1, ("eves",))) == USED
    assert sale.claim(used=Used(1, ("nobodys",))) == USED
    assert sale.claim(used=Used(1, ())) == USED


def test_who_comes_back_finds_what_is_there_and_no_more(sale: Sale) -> None:
    sale.ask(cancel(sale.reserved()))
    passes = passes_pool("aurora")
    full = replace(sale.rows.pools[passes], held=5)
    sale.rows.pools[passes] = full
    assert isinstance(sale.claim(), NoPassFree)
    sale.rows.pools[passes] = replace(full, held=0)
    for name in item_pools(sale.drop):
        sale.rows.pools[name] = replace(sale.rows.pools[name], sold=sale.rows.pools[name].capacity)
    assert sale.claim() == AllSold("aurora")
