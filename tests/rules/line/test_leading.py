"""One process calls at a time, a draw is drawn once and by the secret that was committed to, a grant is used once."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.rules.drop import item_pools, passes_pool
from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.commands import (
    CallNext,
    CloseRegistration,
    Draw,
    GiveLeadBack,
    IssueGrants,
    NewGrant,
    PublishList,
    RedeemGrant,
    RevokeGrant,
    SteerLine,
)
from race_to_purchase.rules.line.controller import Load
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.outcomes import (
    ChangedMeanwhile,
    Done,
    Granted,
    GrantRefused,
    Ignored,
    Released,
    SecretWrong,
    Steered,
    Unknown,
)
from tests.rules.line.test_passing import line
from tests.rules.line.test_returning import DOOR, TICKET, TID, Sale

SECRET = bytes(range(32))
OTHER = "11" * 16
WELL = Load(1.0, 0.0)
SLOW, REFUSED = Load(1_500.0, 0.0), Load(20.0, 1.0)


@pytest.fixture
def sale() -> Sale:
    """A line that is drawn."""
    return Sale()


def row(sale: Sale) -> LineRow:
    return sale.rows.of_lines.lines["aurora"]


class TestALeader:
    def call(self, sale: Sale, leader: str, load: Load = WELL) -> object:
        pools = (*item_pools(sale.drop), passes_pool("aurora"))
        return sale.ask(CallNext("aurora", pools, leader, 5.0, 0, load))

    def test_calls_alone_until_its_lease_is_over(self, sale: Sale) -> None:
        line(sale, registered=1000)
        assert isinstance(self.call(sale, "a"), Released)
        called = row(sale).cursor
        sale.wait(4.999)
        assert isinstance(self.call(sale, "b"), Ignored)
        assert (row(sale).leader, row(sale).cursor) == ("a", called)
        sale.wait(0.001)
        assert isinstance(self.call(sale, "b"), Released)
        assert row(sale).leader == "b"
        assert isinstance(self.call(sale, "a"), Ignored), "and the first one, when it wakes up, calls nobody"

    def test_that_gives_the_lead_back_is_followed_at_once(self, sale: Sale) -> None:
        line(sale, registered=1000)
        self.call(sale, "a")
        assert isinstance(sale.ask(GiveLeadBack("aurora", "b")), Ignored), "it is not b's to give"
        assert isinstance(self.call(sale, "b"), Ignored)
        assert sale.ask(GiveLeadBack("aurora", "a")) == Done("given back")
        assert isinstance(self.call(sale, "b"), Released)
        assert isinstance(sale.ask(GiveLeadBack("aurora", "a")), Ignored), "nor a's any more"
        assert isinstance(self.call(sale, "a"), Ignored)

    @pytest.mark.parametrize("load", [SLOW, REFUSED])
    def test_makes_the_room_smaller_for_what_another_process_suffers_from(self, sale: Sale, load: Load) -> None:
        roomy = replace(sale.drop, door=replace(DOOR, passes_outstanding_max=100))
        sale.rows.drops["aurora"] = replace(sale.rows.drops["aurora"], definition=roomy)
        line(sale, registered=1000)
        room = self.room(sale, "a")
        assert isinstance(self.call(sale, "b", load), Ignored)
        assert isinstance(self.call(sale, "c"), Ignored), "whoever is well takes nothing back"
        smaller = self.room(sale, "a")
        assert smaller < room
        assert self.room(sale, "a") > smaller, "and it was told once, for one decision"

    def test_keeps_the_worst_of_what_several_processes_tell(self, sale: Sale) -> None:
        line(sale, registered=1000)
        self.call(sale, "a")
        self.call(sale, "b", SLOW)
        self.call(sale, "c", REFUSED)
        assert row(sale).load == Load(1_500.0, 1.0)

    def test_is_not_disturbed_by_those_who_are_well(self, sale: Sale) -> None:
        line(sale, registered=1000)
        self.call(sale, "a")
        before = row(sale)
        self.call(sale, "b")
        assert row(sale) == before, "not even its version"

    def test_forgets_while_the_line_is_paused_what_others_suffered_from(self, sale: Sale) -> None:
        line(sale, registered=1000, paused_at=sale.now)
        self.call(sale, "a")
        self.call(sale, "b", SLOW)
        self.call(sale, "a")
        assert row(sale).load is None

    def room(self, sale: Sale, leader: str) -> float:
        """What the leader lets in at a time, by its next decision."""
        sale.wait(1)
        called = self.call(sale, leader)
        assert isinstance(called, Released)
        assert called.line.control is not None
        return called.line.control.room

    def test_calls_nobody_in_a_burst_after_a_pause(self, sale: Sale) -> None:
        line(sale, registered=100_000)
        self.call(sale, "a")
        before = row(sale).cursor
        sale.wait(3600)
        self.call(sale, "a")
        assert row(sale).cursor - before <= 2 * DOOR.rate_per_s

    def test_calls_nobody_while_the_line_is_paused(self, sale: Sale) -> None:
        line(sale, registered=1000, paused_at=sale.now)
        before = row(sale).cursor
        assert isinstance(self.call(sale, "a"), Released)
        assert row(sale).cursor == before

    def test_is_told_where_somebody_else_had_a_hand_on_the_line(self, sale: Sale) -> None:
        seen = row(sale).hand
        assert isinstance(sale.ask(SteerLine("aurora", "ada", paused=True, seen=seen)), Steered)
        assert sale.ask(SteerLine("aurora", "bob", rate_per_s=1.0, seen=seen)) == ChangedMeanwhile("aurora")
        assert row(sale).rate_per_s is None


class TestADraw:
    @pytest.fixture
    def sale(self) -> Sale:
        """Registration is open, and a secret is committed to."""
        sale = Sale()
        sale.rows.of_lines.lines["aurora"] = LineRow("aurora", 1, "", draw.commitment(SECRET).hex())
        return sale

    def closed(self, sale: Sale) -> None:
        assert isinstance(sale.ask(CloseRegistration("aurora")), Steered)

    def published(self, sale: Sale) -> None:
        self.closed(sale)
        assert isinstance(sale.ask(PublishList("aurora", 3, "aa")), Steered)

    def test_does_not_close_the_list_before_its_time_nor_twice(self, sale: Sale) -> None:
        sale.now = DOOR.registration_closes_at - timedelta(microseconds=1)
        assert isinstance(sale.ask(CloseRegistration("aurora")), Ignored)
        sale.now = DOOR.registration_closes_at
        self.closed(sale)
        assert isinstance(sale.ask(CloseRegistration("aurora")), Ignored)

    def test_publishes_a_list_that_is_closed_and_once(self, sale: Sale) -> None:
        assert isinstance(sale.ask(PublishList("aurora", 3, "aa")), Ignored)
        self.published(sale)
        assert isinstance(sale.ask(PublishList("aurora", 4, "bb")), Ignored)
        assert (row(sale).registered, row(sale).root) == (3, "aa")

    def test_takes_the_secret_that_was_committed_to_and_no_other(self, sale: Sale) -> None:
        self.published(sale)
        assert sale.ask(Draw("aurora", "00" * 32, "")) == SecretWrong("aurora")
        assert row(sale).seed is None
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "")), Steered)

    def test_waits_for_the_list_and_is_drawn_once(self, sale: Sale) -> None:
        self.closed(sale)
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "")), Ignored)
        assert isinstance(sale.ask(PublishList("aurora", 3, "aa")), Steered)
        sale.ask(Draw("aurora", SECRET.hex(), ""))
        seed = row(sale).seed
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "")), Ignored)
        assert row(sale).seed == seed is not None

    def test_has_a_beacon_where_one_was_named_and_none_where_none_was(self, sale: Sale) -> None:
        self.published(sale)
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "ab" * 32)), Ignored)
        named = replace(sale.drop, door=replace(DOOR, beacon="drand round 1"))
        sale.rows.drops["aurora"] = replace(sale.rows.drops["aurora"], definition=named)
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "")), Ignored)
        assert isinstance(sale.ask(Draw("aurora", SECRET.hex(), "ab" * 32)), Steered)


class TestAGrant:
    @pytest.fixture
    def sale(self) -> Sale:
        """Ada has a grant for an hour, from in a minute on."""
        sale = Sale()
        since = sale.now + timedelta(minutes=1)
        sale.ask(IssueGrants("aurora", (NewGrant("g", TID, "vip", since, since + timedelta(hours=1)),), "ops"))
        return sale

    def shown(self, sale: Sale, tid: str = TID, grant: str = "g") -> object:
        return sale.ask(RedeemGrant("aurora", (TICKET,), grant, tid))

    def test_counts_between_its_times(self, sale: Sale) -> None:
        sale.wait(59.9)
        assert self.shown(sale) == GrantRefused("grant_not_yet")
        sale.wait(0.1)
        assert isinstance(self.shown(sale), Granted)
        sale.wait(3600)
        assert self.shown(sale) == GrantRefused("grant_expired")

    def test_is_for_one_identity(self, sale: Sale) -> None:
        sale.wait(60)
        assert self.shown(sale, OTHER) == GrantRefused("grant_wrong_identity")
        assert self.shown(sale, grant="none") == GrantRefused("grant_invalid")

    def test_that_was_taken_back_is_good_for_nothing(self, sale: Sale) -> None:
        sale.wait(60)
        assert isinstance(sale.ask(RevokeGrant("aurora", "g")), Granted)
        assert self.shown(sale) == GrantRefused("grant_revoked")

    def test_that_was_taken_back_twice_keeps_the_first_time(self, sale: Sale) -> None:
        sale.ask(RevokeGrant("aurora", "g"))
        first = sale.rows.of_lines.grants[("aurora", "g")]
        sale.wait(10)
        assert sale.ask(RevokeGrant("aurora", "g")) == Granted((first,))

    def test_keeps_the_time_of_its_first_use(self, sale: Sale) -> None:
        sale.wait(60)
        self.shown(sale)
        first = sale.rows.of_lines.grants[("aurora", "g")].used_at
        sale.wait(10)
        self.shown(sale)
        assert sale.rows.of_lines.grants[("aurora", "g")].used_at == first is not None

    def test_can_be_shown_while_its_pass_is_out_and_not_used(self, sale: Sale) -> None:
        sale.wait(60)
        self.shown(sale)
        sale.admitted()
        assert isinstance(self.shown(sale), Granted)

    def test_is_for_a_drop_that_has_a_line(self, sale: Sale) -> None:
        wish = NewGrant("h", TID, "vip", sale.now, sale.now + timedelta(hours=1))
        assert sale.ask(IssueGrants("nowhere", (wish,), "ops")) == Unknown("line", "nowhere")

    def test_that_was_used_cannot_be_taken_back(self, sale: Sale) -> None:
        sale.wait(60)
        self.shown(sale)
        assert sale.ask(RevokeGrant("aurora", "g")) == GrantRefused("grant_used")

    def test_can_be_shown_again_until_its_pass_was_used(self, sale: Sale) -> None:
        sale.wait(60)
        assert isinstance(self.shown(sale), Granted)
        assert isinstance(self.shown(sale), Granted)
        sale.ask(sale.wish(sale.admitted()))
        assert self.shown(sale) == GrantRefused("grant_used")

    def test_that_is_issued_again_by_a_repeated_command_is_the_same(self, sale: Sale) -> None:
        first = sale.rows.of_lines.grants[("aurora", "g")]
        sale.wait(10)
        again = NewGrant("g", OTHER, "press", sale.now, sale.now + timedelta(days=9))
        assert sale.ask(IssueGrants("aurora", (again,), "eve")) == Granted((first,))
