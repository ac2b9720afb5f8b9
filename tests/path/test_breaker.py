"""The circuit breaker: what opens it, what it lets through, and what closes it. It is turned by hand here."""

from race_to_purchase.path.breaker import Breaker, BreakerRule

RULE = BreakerRule(share=0.5, calls_min=10, window_s=10, pause_s=5, pause_max_s=12, probes=2)


def fed(failures: int, answers: int, at_s: float = 100.0) -> Breaker:
    breaker = Breaker(RULE)
    for failed in [False] * answers + [True] * failures:
        breaker.saw(failed=failed, began_s=at_s, now_s=at_s)
    return breaker


class TestOpening:
    def test_half_of_the_calls_without_an_answer_open_it(self) -> None:
        assert fed(failures=5, answers=5).state(100.0) == "open"

    def test_fewer_do_not(self) -> None:
        assert fed(failures=4, answers=6).state(100.0) == "closed"

    def test_a_few_calls_prove_nothing(self) -> None:
        assert fed(failures=9, answers=0).state(100.0) == "closed"

    def test_an_answer_never_opens_it_though_it_makes_them_enough(self) -> None:
        breaker = fed(failures=9, answers=0)
        breaker.saw(failed=False, began_s=100.0, now_s=100.0)
        assert breaker.state(100.0) == "closed"
        breaker.saw(failed=True, began_s=100.0, now_s=100.0)
        assert breaker.state(100.0) == "open"

    def test_what_was_long_ago_does_not_count(self) -> None:
        breaker = fed(failures=9, answers=0)
        breaker.saw(failed=True, began_s=111.0, now_s=111.0)
        assert breaker.state(111.0) == "closed"

    def test_a_second_takes_the_same_room_however_much_is_asked_in_it(self) -> None:
        assert len(fed(failures=0, answers=1000)._seconds) == 1

    def test_calls_that_end_while_it_is_open_neither_close_it_nor_keep_it_open_for_longer(self) -> None:
        breaker = fed(failures=10, answers=0)
        for failed in (False, False, False, True):
            breaker.saw(failed=failed, began_s=99.0, now_s=101.0)
        assert breaker.state(101.0) == "open"
        assert breaker.let_through(101.0) == 4.0

    def test_open_lets_nothing_through_and_says_for_how_long(self) -> None:
        breaker = fed(failures=10, answers=0)
        assert breaker.refuses(101.0)
        assert breaker.let_through(101.0) == 4.0


class TestHalfOpen:
    def test_after_the_pause_it_lets_a_few_probes_through(self) -> None:
        breaker = fed(failures=10, answers=0)
        assert breaker.state(105.0) == "half_open"
        assert [breaker.let_through(105.0) > 0 for _ in range(4)] == [False, False, True, True]

    def test_answered_probes_close_it(self) -> None:
        breaker = fed(failures=10, answers=0)
        for _ in range(2):
            assert breaker.let_through(105.0) == 0
            breaker.saw(failed=False, began_s=105.0, now_s=106.0)
        assert breaker.state(106.0) == "closed"
        assert not breaker.refuses(106.0)

    def test_a_probe_without_an_answer_opens_it_for_twice_as_long(self) -> None:
        breaker = fed(failures=10, answers=0)
        breaker.let_through(105.0)
        breaker.saw(failed=True, began_s=105.0, now_s=106.0)
        assert breaker.let_through(106.0) == 10.0
        breaker.let_through(116.0)
        breaker.saw(failed=True, began_s=116.0, now_s=117.0)
        assert breaker.let_through(117.0) == RULE.pause_max_s

    def test_news_of_calls_from_before_decides_nothing(self) -> None:
        breaker = fed(failures=10, answers=0)
        breaker.let_through(105.0)
        breaker.saw(failed=True, began_s=99.0, now_s=106.0)
        assert breaker.state(106.0) == "half_open"

    def test_probes_that_never_come_back_do_not_keep_it_half_open_for_ever(self) -> None:
        breaker = fed(failures=10, answers=0)
        assert [breaker.let_through(105.0) for _ in range(2)] == [0, 0]
        assert breaker.refuses(109.0)
        assert [breaker.let_through(110.0) > 0 for _ in range(4)] == [False, False, True, True], "as few as before"
