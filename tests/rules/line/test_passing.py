"""Who may come in, until when, and what a pass opens: each refusal by the one thing that is wrong."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.drop import item_pools, passes_pool, reserved_pool
from race_to_purchase.rules.line.commands import ClaimPass, ExpirePass
from race_to_purchase.rules.outcomes import (
    Closed,
    Done,
    Ignored,
    LinePaused,
    NoPassFree,
    NotCalled,
    PassGiven,
    PassRefused,
    Reserved,
    Unknown,
)
from tests.rules.line.test_returning import DOOR, TICKET, TID, Sale

PASSES = passes_pool("aurora")
RESERVED = reserved_pool("aurora")


@pytest.fixture
def sale() -> Sale:
    """Nobody is in yet."""
    return Sale()


def line(sale: Sale, **changes: object) -> None:
    """The line is otherwise."""
    lines = sale.rows.of_lines.lines
    lines["aurora"] = replace(lines["aurora"], **changes)


def late(sale: Sale, number: int, *, granted: bool = False) -> object:
    """Somebody who came after the draw asks, or somebody with a grant."""
    pools = (*item_pools(sale.drop), PASSES, TICKET, *((RESERVED,) if granted else ()))
    return sale.ask(ClaimPass("aurora", pools, TID, "aa", late=number, granted=granted))


def take_away(sale: Sale) -> object:
    return sale.ask(ExpirePass("aurora", (TICKET, PASSES), TID))


class TestAPass:
    def test_lasts_to_its_last_moment_and_no_longer(self, sale: Sale) -> None:
        shown = sale.admitted()
        sale.now = shown.expires_at - timedelta(microseconds=1)
        in_time = sale.wish(shown)
        sale.now = shown.expires_at
        assert sale.ask(sale.wish(shown)) == PassRefused("pass_expired")
        sale.now = shown.expires_at - timedelta(microseconds=1)
        assert isinstance(sale.ask(in_time), Reserved)

    def test_of_a_ticket_that_never_had_one_is_none(self, sale: Sale) -> None:
        shown = sale.admitted()
        del sale.rows.pools[TICKET]
        assert sale.ask(sale.wish(shown)) == PassRefused("pass_invalid")

    def test_is_the_same_in_the_same_browser_and_moves_to_another_with_the_time_it_has_left(self, sale: Sale) -> None:
        first = sale.admitted("aa")
        sale.wait(30)
        assert sale.admitted("aa") == first
        moved = sale.claim("bb")
        assert isinstance(moved, PassGiven)
        assert (moved.how, moved.row.n, moved.row.expires_at) == ("moved", 2, first.expires_at)
        assert sale.used("line/passes") == (1, 0)

    def test_that_ran_out_is_taken_over_before_its_place_is_given_back(self, sale: Sale) -> None:
        first = sale.admitted()
        sale.now = first.expires_at
        again = sale.claim()
        assert isinstance(again, PassGiven)
        assert (again.how, again.row.n) == ("returned", 1)
        assert again.row.expires_at > first.expires_at
        assert sale.used("line/passes") == (1, 0)
        assert isinstance(sale.ask(sale.wish(again.row)), Reserved)


class TestWhoIsNotCalled:
    def test_is_told_how_far_the_line_is(self, sale: Sale) -> None:
        line(sale, cursor=0)
        assert sale.claim() == NotCalled(0, DOOR.rate_per_s)
        line(sale, rate_per_s=2.5)
        assert sale.claim() == NotCalled(0, 2.5)

    def test_is_the_first_place_that_the_cursor_has_not_passed(self, sale: Sale) -> None:
        line(sale, cursor=5, registered=3)
        assert late(sale, 2) == NotCalled(5, DOOR.rate_per_s)
        assert isinstance(late(sale, 1), PassGiven)

    def test_is_everybody_before_the_draw(self, sale: Sale) -> None:
        line(sale, seed=None)
        assert sale.claim() == NotCalled(0, 0.0)

    def test_is_nobody_where_there_is_no_line(self, sale: Sale) -> None:
        sale.rows.of_lines.lines.clear()
        assert sale.claim() == Unknown("line", "aurora")

    def test_is_everybody_while_the_line_is_paused_or_the_sale_is_over(self, sale: Sale) -> None:
        line(sale, paused_at=sale.now, message="Back at six.")
        assert sale.claim() == LinePaused("Back at six.")
        sale.rows.drops["aurora"] = replace(sale.rows.drops["aurora"], closed_at=sale.now)
        assert sale.claim() == Closed("aurora")
        sale = Sale()
        ended = replace(sale.drop, closes_at=sale.now)
        sale.rows.drops["aurora"] = replace(sale.rows.drops["aurora"], definition=ended)
        assert sale.claim() == Closed("aurora")


class TestRoom:
    def test_is_never_more_than_the_passes_that_the_door_lets_out(self, sale: Sale) -> None:
        pool = sale.rows.pools[PASSES]
        sale.rows.pools[PASSES] = replace(pool, capacity=100, held=DOOR.passes_outstanding_max)
        assert isinstance(sale.claim(), NoPassFree)
        sale.rows.pools[PASSES] = replace(pool, capacity=100, held=DOOR.passes_outstanding_max - 1)
        assert isinstance(sale.claim(), PassGiven)

    def test_is_never_more_than_the_pieces_that_are_left(self, sale: Sale) -> None:
        for name in item_pools(sale.drop):
            sale.rows.pools[name] = replace(sale.rows.pools[name], capacity=1, held=1)
        assert isinstance(sale.claim(), NoPassFree)
        one = item_pools(sale.drop)[0]
        sale.rows.pools[one] = replace(sale.rows.pools[one], held=0)
        assert isinstance(sale.claim(), PassGiven)

    def test_of_those_with_a_grant_is_their_share_and_needs_no_call(self, sale: Sale) -> None:
        line(sale, cursor=0)
        sale.rows.pools[RESERVED] = replace(sale.rows.pools[PASSES], id=RESERVED, kind="reserved", capacity=0)
        assert isinstance(late(sale, 7, granted=True), NoPassFree)
        assert sale.used("line/passes") == (0, 0)
        sale.rows.pools[RESERVED] = replace(sale.rows.pools[RESERVED], capacity=1)
        assert isinstance(late(sale, 7, granted=True), PassGiven)
        assert sale.rows.pools[RESERVED].sold == 1


class TestAPlaceThatIsGivenBack:
    def test_is_free_once_its_time_is_up_and_not_a_moment_before(self, sale: Sale) -> None:
        shown = sale.admitted()
        sale.now = shown.expires_at - timedelta(microseconds=1)
        assert isinstance(take_away(sale), Ignored)
        sale.now = shown.expires_at
        assert take_away(sale) == Done("expired")
        assert sale.used("line/passes") == (0, 0)
        assert isinstance(take_away(sale), Ignored)

    def test_is_not_given_back_twice_where_the_pass_was_used(self, sale: Sale) -> None:
        shown = sale.admitted()
        sale.ask(sale.wish(shown))
        assert sale.used("line/passes") == (0, 0)
        sale.now = shown.expires_at
        assert take_away(sale) == Done("used")
        assert sale.used("line/passes") == (0, 0)
