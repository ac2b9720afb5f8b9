"""Retries come soon at first, ever more rarely, for some three days, and spread out."""

import itertools

import pytest

from race_to_purchase.rules.backoff import JITTER, RETRY_AFTER_S, retry_delay_s

DAY_S = 86_400.0
MESSAGES = [f"message-{number}" for number in range(50)]


def delays(message_id: str) -> list[float]:
    """All waits of one message, in order."""
    asked = (retry_delay_s(tries, message_id) for tries in range(1, 100))
    return [delay for delay in asked if delay is not None]


def test_the_first_retry_comes_within_seconds() -> None:
    assert 5 <= delays("any")[0] <= 6


@pytest.mark.parametrize("message_id", MESSAGES)
def test_every_wait_is_longer_than_the_one_before(message_id: str) -> None:
    waits = delays(message_id)
    assert all(shorter < longer for shorter, longer in itertools.pairwise(waits))


@pytest.mark.parametrize("message_id", MESSAGES)
def test_all_waits_together_take_some_three_days(message_id: str) -> None:
    assert 2.5 * DAY_S < sum(delays(message_id)) < 3.7 * DAY_S


def test_in_the_end_it_is_given_up() -> None:
    assert retry_delay_s(len(RETRY_AFTER_S), "any") is not None
    assert retry_delay_s(len(RETRY_AFTER_S) + 1, "any") is None
    assert retry_delay_s(10_000, "any") is None


def test_a_count_of_zero_is_the_first_failure() -> None:
    assert retry_delay_s(0, "any") == retry_delay_s(1, "any")


def test_the_same_question_has_the_same_answer() -> None:
    assert delays("one") == delays("one")


def test_messages_that_failed_together_come_back_apart() -> None:
    waits = [retry_delay_s(1, f"message-{number}") or 0 for number in range(1000)]
    parts = [int((wait / RETRY_AFTER_S[0] - 1) / JITTER * 10) for wait in waits]
    assert all(60 < parts.count(tenth) < 140 for tenth in range(10))


def test_a_message_is_not_early_each_time() -> None:
    """The jitter is of the message and the try, so that two messages do not stay together."""
    first = [retry_delay_s(1, f"message-{number}") or 0 for number in range(100)]
    second = [retry_delay_s(2, f"message-{number}") or 0 for number in range(100)]
    rank = [sorted(first).index(wait) for wait in first]
    assert rank != [sorted(second).index(wait) for wait in second]
