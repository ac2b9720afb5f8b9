"""The arithmetic of a limit: never more than the burst and what has flowed in since, and never less."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.guard.gcra import Rate, refusal, taken

FORGIVEN = Fraction(1, 1000)
"""Of a request: a hundred times what the roundings come to at these rates."""

RATES = st.builds(Rate, st.integers(1, 50), st.sampled_from([1.0, 2.0, 8.0, 64.0]))
PAUSES = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.125, 0.5, 1.0, 4.0]), max_size=200)


def admitted(rate: Rate, pauses: list[float]) -> list[float]:
    """The times at which requests were let through, asked after each of these pauses."""
    tat, now_s, through = 0.0, 100.0, []
    for pause_s in pauses:
        now_s += pause_s
        then = taken(tat, now_s, rate)
        if then is not None:
            tat = then
            through.append(now_s)
    return through


@given(RATES, PAUSES)
def test_no_stretch_of_time_lets_through_more_than_the_burst_and_its_share(rate: Rate, pauses: list[float]) -> None:
    through = admitted(rate, pauses)
    for first, begin_s in enumerate(through):
        for last in range(first, len(through)):
            share = Fraction(through[last] - begin_s) * rate.quota / Fraction(rate.window_s)
            assert last - first + 1 <= rate.quota + share + FORGIVEN


@given(RATES, st.integers(1, 100))
def test_whoever_keeps_to_the_rate_is_never_refused(rate: Rate, requests: int) -> None:
    interval_s = rate.window_s / rate.quota
    assert len(admitted(rate, [interval_s * 1.0001] * requests)) == requests


@given(RATES)
def test_the_whole_quota_may_come_at_once_and_then_nothing(rate: Rate) -> None:
    assert len(admitted(rate, [0.0] * (rate.quota + 5))) == rate.quota


@given(RATES, PAUSES)
def test_what_is_told_of_a_refusal_is_true(rate: Rate, pauses: list[float]) -> None:
    tat, now_s = 0.0, 100.0
    for pause_s in pauses:
        now_s += pause_s
        then = taken(tat, now_s, rate)
        if then is not None:
            tat = then
            continue
        told = refusal(tat, now_s, rate)
        assert told.remaining == 0
        assert taken(tat, now_s + told.retry_in_s - 1e-5, rate) is None
        assert taken(tat, now_s + told.retry_in_s + 1e-6, rate) is not None
        assert taken(tat, now_s + told.full_in_s, rate, rate.quota) is not None or told.full_in_s < rate.window_s / 1e6


def test_a_request_of_several_tokens_is_let_through_whole_or_not_at_all() -> None:
    rate = Rate(10, 10.0)
    tat = taken(0.0, 100.0, rate, 7)
    assert tat is not None
    assert taken(tat, 100.0, rate, 4) is None
    assert refusal(tat, 100.0, rate, 4).remaining == 3
    assert floor(refusal(tat, 100.0, rate, 4).retry_in_s) == 1
    assert taken(tat, 100.0, rate, 3) is not None


@pytest.mark.parametrize(("quota", "window_s"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0), (1, float("nan"))])
def test_a_rate_that_is_none_is_refused(quota: int, window_s: float) -> None:
    with pytest.raises(ValueError, match="a rate needs"):
        Rate(quota, window_s)
