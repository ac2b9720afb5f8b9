"""What should not happen is noticed in what the processes wrote down, whichever of them it was, and told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from race_to_purchase.observe.series import Counted, Slice, labels_of
from race_to_purchase.operate.console.noticing import GONE, KEPT_MAX, SIGNS, TOGETHER, Noticing

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def slice_at(seconds: float, source: str = "one", drop: str = "", **counts: dict[tuple[str, ...], float]) -> Slice:
    return Slice(drop, NOON + timedelta(seconds=seconds), source, Counted(counts=dict(counts)))


def unanswered(seconds: float, count: int = 1, source: str = "one", gateway: str = "bank") -> Slice:
    answers = {(gateway, "authorize", "no_answer"): float(count), (gateway, "authorize", "authorized"): 9.0}
    return slice_at(seconds, source, race_gateway_answers_total=answers)


def breaker(seconds: float, is_open: bool, source: str = "one") -> Slice:
    levels = {"race_gateway_breaker_open": {("bank",): float(is_open)}}
    return Slice("", NOON + timedelta(seconds=seconds), source, Counted(levels=levels))


def told(noticing: Noticing, seconds: float) -> list[tuple[str, str, int]]:
    return [(one.what, one.which, one.count) for one in noticing.told(NOON + timedelta(seconds=seconds))]


def test_what_goes_well_is_not_worth_a_word() -> None:
    noticing = Noticing()
    noticing.look(slice_at(0, race_gateway_answers_total={("bank", "authorize", "authorized"): 9.0}))
    noticing.look(slice_at(5, race_http_requests_total={("pay", "2xx"): 9.0}))
    assert told(noticing, 6) == []


def test_one_trouble_of_several_processes_is_told_once_with_how_long_it_lasts() -> None:
    noticing = Noticing()
    for seconds in range(0, 200, 5):
        noticing.look(unanswered(seconds, 2, source="one" if seconds % 10 else "other"))
    assert told(noticing, 196) == [("unanswered", "bank", 80)]
    [one] = noticing.told(NOON + timedelta(seconds=196))
    assert (one.until - one.at) == timedelta(seconds=195)


def test_what_comes_back_later_is_another_trouble() -> None:
    noticing = Noticing()
    noticing.look(unanswered(0))
    noticing.look(unanswered(TOGETHER.total_seconds() + 1))
    assert [what for what, _, _ in told(noticing, TOGETHER.total_seconds() + 2)].count("unanswered") == 2


def test_each_gateway_and_route_stands_for_itself() -> None:
    noticing = Noticing()
    noticing.look(unanswered(0))
    noticing.look(unanswered(1, gateway="other-bank"))
    noticing.look(slice_at(2, race_http_requests_total={("pay", "5xx"): 3.0, ("reserve", "5xx"): 1.0}))
    assert set(told(noticing, 3)) == {
        ("unanswered", "bank", 1), ("unanswered", "other-bank", 1), ("failed", "pay", 3), ("failed", "reserve", 1),
    }  # fmt: skip


def test_a_breaker_is_told_when_it_turns_in_each_process() -> None:
    noticing = Noticing()
    for seconds, is_open in ((0, False), (5, True), (10, True), (15, False)):
        noticing.look(breaker(seconds, is_open))
    noticing.look(breaker(16, True, source="other"))
    assert told(noticing, 17) == [("breaker_open", "bank", 2), ("breaker_closed", "bank", 1)]


def test_processes_come_and_go_but_those_that_were_there_are_not_told_of() -> None:
    noticing = Noticing()
    for source in ("one", "other"):
        noticing.look(slice_at(0, source))
    for seconds in range(5, 65, 5):
        noticing.look(slice_at(seconds, "one"))
    assert told(noticing, 60) == [("process_gone", "", 1)]
    noticing.look(slice_at(62, "a-new-one"))
    assert told(noticing, 63) == [("process_started", "", 1), ("process_gone", "", 1)]
    assert [one.at for one in noticing.told(NOON + timedelta(seconds=63))][1] == NOON, "when it was heard of last"


def test_it_keeps_the_latest_and_does_not_grow() -> None:
    noticing = Noticing()
    for number in range(500):
        noticing.look(unanswered(number * 100, gateway=f"bank-{number}", source=f"process-{number}"))
    kept = noticing.told(NOON + timedelta(seconds=500 * 100))
    assert len(kept) == KEPT_MAX
    assert len(noticing._wrote) <= 200
    assert kept[0].until > NOON + timedelta(seconds=499 * 100) - GONE


def test_every_sign_is_a_counter_of_the_catalogue_with_the_labels_it_has() -> None:
    for sign in SIGNS:
        assert {*sign.labels, *filter(None, [sign.which])} <= set(labels_of(sign.counter)), sign
