"""Where a browser without a script stands in a line, when its page looks again, and what it is told of the wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from race_to_purchase.edge.line.shapes import LineStatus
from race_to_purchase.edge.plain import standing as module
from race_to_purchase.edge.plain.standing import (
    Standing,
    Turn,
    View,
    ahead_of,
    look_again_s,
    standing,
    wait_in_words,
    warning_of,
)
from race_to_purchase.edge.plain.words import Languages
from race_to_purchase.rules.line.draw import place
from race_to_purchase.rules.line.tickets import Ticket
from race_to_purchase.rules.phases import Phase

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SEED = "5e" * 32
DRAWN = Ticket(b"t" * 16, 0)
PLACE = place(bytes.fromhex(SEED), DRAWN.tid, 1000)
LATE = Ticket(b"t" * 16, 0, late=3)
GRANTED = Ticket(b"t" * 16, 0, granted=True)
ENGLISH = Languages().of(b"lang=en", {})

OPEN = LineStatus(
    drop="aurora-1",
    phase="open",
    now=NOW,
    opens_at=NOW - timedelta(hours=1),
    registration_opens_at=NOW - timedelta(hours=3),
    registration_closes_at=NOW - timedelta(hours=2),
    commitment="",
    seed=SEED,
    registered=1000,
    root="",
    cursor=0,
    rate_per_s=10.0,
    stock="plenty",
    poll_s=(5, 30),
    message=None,
    slim_from=None,
)


class TestAView:
    @pytest.mark.parametrize("phase", ["announced", "sold_out", "closed"])
    @pytest.mark.parametrize("turn", ["none", "on", "over"])
    def test_says_that_nothing_is_sold_whoever_looks(self, phase: Phase, turn: Turn) -> None:
        status = replace(OPEN, phase=phase)
        assert {standing(status, ticket, turn, asked=True).view for ticket in (None, DRAWN)} == {phase}

    @pytest.mark.parametrize("phase", ["open", "paused"])
    def test_of_whom_is_in_is_the_sale_also_while_nobody_else_is_let_in(self, phase: Phase) -> None:
        assert standing(replace(OPEN, phase=phase), DRAWN, "on", asked=True).view == "admitted"

    @pytest.mark.parametrize("turn", ["none", "over"])
    def test_of_a_line_that_is_paused_says_so_to_all_others(self, turn: Turn) -> None:
        status = replace(OPEN, phase="paused")
        assert {standing(status, ticket, turn, asked=True).view for ticket in (None, DRAWN)} == {"paused"}

    @pytest.mark.parametrize(
        ("phase", "seed", "view"),
        [
            ("registration", None, "registration"),
            ("draw", None, "draw"),
            ("draw", SEED, "join"),
            ("open", SEED, "join"),
        ],
    )
    def test_of_whom_has_no_place_is_how_to_get_one(self, phase: Phase, seed: str | None, view: View) -> None:
        status = replace(OPEN, phase=phase, seed=seed)
        assert standing(status, None, "none", asked=False) == Standing(view)
        assert standing(status, None, "none", asked=True) == Standing("code")

    @pytest.mark.parametrize(
        ("phase", "seed", "opens_in_s", "view"),
        [
            ("registration", None, 60, "registered"),
            ("draw", None, 60, "draw"),
            ("draw", SEED, 60, "drawn"),
            ("draw", SEED, 0, "opening"),
            ("draw", SEED, -60, "opening"),
            ("open", None, -60, "waiting"),
            ("open", SEED, -60, "waiting"),
        ],
    )
    def test_of_whom_has_a_place_follows_the_sale(
        self, phase: Phase, seed: str | None, opens_in_s: int, view: View
    ) -> None:
        status = replace(OPEN, phase=phase, seed=seed, opens_at=NOW + timedelta(seconds=opens_in_s))
        assert standing(status, DRAWN, "none", asked=True).view == view

    def test_is_the_way_in_from_the_moment_that_the_place_is_called(self) -> None:
        assert standing(replace(OPEN, cursor=PLACE), DRAWN, "none", asked=False) == Standing("waiting", 0)
        assert standing(replace(OPEN, cursor=PLACE + 1), DRAWN, "none", asked=False) == Standing("called", -1)
        assert standing(replace(OPEN, cursor=PLACE + 1), DRAWN, "over", asked=False) == Standing("lapsed", -1)


class TestThoseAhead:
    def test_are_counted_from_the_place_to_the_cursor(self) -> None:
        assert ahead_of(replace(OPEN, cursor=7), DRAWN) == PLACE - 7

    def test_of_a_late_comer_are_all_who_were_drawn_and_all_who_came_before(self) -> None:
        assert ahead_of(replace(OPEN, cursor=7), LATE) == 1000 + 3 - 7

    def test_of_a_grant_are_none(self) -> None:
        assert ahead_of(replace(OPEN, seed=None, registered=None), GRANTED) == -1

    @pytest.mark.parametrize("missing", [{"seed": None}, {"registered": None}])
    def test_are_not_known_before_the_draw_nor_to_whom_has_no_ticket(self, missing: dict[str, None]) -> None:
        assert ahead_of(replace(OPEN, **missing), DRAWN) is None
        assert ahead_of(OPEN, None) is None


class TestTheNextLook:
    @pytest.fixture(autouse=True)
    def _no_chance(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "random", lambda: 0.0)

    @pytest.mark.parametrize(
        ("ahead", "rate_per_s", "seconds"),
        [(-1, 10.0, 5), (0, 10.0, 5), (400, 10.0, 10), (100_000, 10.0, 30), (400, 0.0, 30), (-5, 0.0, 5)],
    )
    def test_comes_the_sooner_the_fewer_are_ahead(self, ahead: int, rate_per_s: float, seconds: int) -> None:
        assert look_again_s(replace(OPEN, rate_per_s=rate_per_s), ahead) == seconds

    @pytest.mark.parametrize(("left_s", "seconds"), [(2, 5), (17, 17), (600, 30), (0, 5), (-9, 5)])
    @pytest.mark.parametrize(
        ("phase", "name"),
        [("announced", "registration_opens_at"), ("registration", "registration_closes_at"), ("draw", "opens_at")],
    )
    def test_of_whom_has_no_place_is_when_the_phase_ends(
        self, phase: Phase, name: str, left_s: int, seconds: int
    ) -> None:
        """And soon where it should have ended: what was said was a moment old, and the next moment is far away."""
        far = {each: NOW + timedelta(hours=1) for each in ("registration_closes_at", "opens_at")}
        ends = far | {name: NOW + timedelta(seconds=left_s)}
        assert look_again_s(replace(OPEN, phase=phase, **ends), None) == seconds

    def test_is_soon_while_the_draw_is_under_way(self) -> None:
        drawing = replace(OPEN, phase="draw", seed=None, opens_at=NOW + timedelta(hours=1))
        assert look_again_s(drawing, None) == 5

    def test_is_soon_for_whoever_comes_while_the_line_moves(self) -> None:
        assert look_again_s(OPEN, None) == 5

    def test_is_not_at_the_same_time_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "random", lambda: 1.0)
        assert look_again_s(OPEN, 100_000) == 36


@pytest.mark.parametrize(
    ("ahead", "rate_per_s", "said"),
    [
        (100, 0.0, "Nobody can say yet how long"),
        (100, -1.0, "Nobody can say yet how long"),
        (86_400, 1.0, "24 to 32 hours"),
        (86_401, 1.0, "Nobody can say yet how long"),
        (45, 1.0, "Less than a minute"),
        (46, 1.0, "1 to 2 minutes"),
        (60, 1.0, "1 to 2 minutes"),
        (600, 1.0, "10 to 14 minutes"),
        (4050, 1.0, "67 to 90 minutes"),
        (4051, 1.0, "1 to 2 hours"),
    ],
)
def test_the_wait_is_told_as_people_speak_and_not_at_all_where_nobody_can_know(
    ahead: int, rate_per_s: float, said: str
) -> None:
    assert wait_in_words(ahead, rate_per_s, ENGLISH) == said


@pytest.mark.parametrize(
    ("changes", "ahead", "warning"),
    [
        ({}, 500, None),
        ({"stock": "few"}, 500, "fewLeft"),
        ({"stock": "none"}, 500, "noneFree"),
        ({"slim_from": 510, "cursor": 10}, 499, None),
        ({"slim_from": 510, "cursor": 10}, 500, "slim"),
        ({"slim_from": 510, "cursor": 10, "stock": "none"}, 500, "slim"),
    ],
)
def test_of_what_is_plainly_so_the_worst_is_told(changes: dict[str, object], ahead: int, warning: str | None) -> None:
    assert warning_of(replace(OPEN, **changes), ahead) == warning
