"""The controller keeps the room full and no fuller, whoever stays away; simulated second by second."""

from random import Random

import msgspec
import pytest

from race_to_purchase.rules.line.controller import RESTART, STEP_MAX, Facts, Limits, Load, begin, release

CALM = Facts(inside=0, came=0, came_after_s=0, lapsed=0, free=10_000, waiting=100_000, load=Load(50, 0))
LIMITS = Limits(rate_per_s=200, in_flight_max=500)
STAY_S = 30
"""So long a called person may take to come."""


class Sale:
    """People who are called, come or do not, buy or go; one second a `tick`."""

    def __init__(self, limits: Limits, *, no_shows: float = 0.0, abandon: float = 0.0, free: int = 10**9) -> None:
        self.chance = Random(7)
        self.limits, self.no_shows, self.abandon, self.free = limits, no_shows, abandon, free
        self.control = begin(limits)
        self.second = 0
        self.called: list[tuple[int, bool, int]] = []
        self.inside: list[int] = []
        self.fullest = 0
        self.sold = 0
        self.released: list[int] = []
        self.last = (0, 0.0, 0)

    def tick(self, latency_ms: float = 50.0) -> None:
        came, came_after_s, lapsed = self.last
        facts = Facts(
            inside=len(self.inside),
            came=came,
            came_after_s=came_after_s,
            lapsed=lapsed,
            free=self.free,
            waiting=10**6,
            load=Load(latency_ms, 0.0),
        )
        given = release(self.limits, self.control, facts)
        self.control = given.control
        self.released.append(given.number)
        for _ in range(given.number):
            comes = self.chance.random() >= self.no_shows
            after_s = self.chance.randint(1, 5) if comes else STAY_S
            self.called.append((self.second + after_s, comes, after_s))
        self.second += 1
        self.last = self._move()
        self.fullest = max(self.fullest, len(self.inside))

    def _move(self) -> tuple[int, float, int]:
        due = [(comes, after_s) for at, comes, after_s in self.called if at <= self.second]
        self.called = [entry for entry in self.called if entry[0] > self.second]
        delays_s = [after_s for comes, after_s in due if comes]
        self.inside += [self.second + self.chance.randint(10, 30) for _ in delays_s]
        leaving = sum(at <= self.second for at in self.inside)
        self.inside = [at for at in self.inside if at > self.second]
        bought = min(self.free, sum(self.chance.random() >= self.abandon for _ in range(leaving)))
        self.free -= bought
        self.sold += bought
        return len(delays_s), sum(delays_s) / max(1, len(delays_s)), len(due) - len(delays_s)


@pytest.mark.parametrize("no_shows", [0.0, 0.3, 0.6])
def test_the_room_is_filled_whatever_share_does_not_come(no_shows: float) -> None:
    sale = Sale(LIMITS, no_shows=no_shows)
    for _ in range(600):
        sale.tick()
    late = []
    for _ in range(200):
        sale.tick()
        late.append(len(sale.inside))
    average = sum(late) / len(late)
    assert 0.8 * LIMITS.in_flight_max < average <= 1.05 * LIMITS.in_flight_max
    assert sale.fullest <= 1.25 * LIMITS.in_flight_max
    assert abs(sale.control.no_shows - no_shows) < 0.1


def test_half_of_them_leaving_without_buying_never_stalls_the_line() -> None:
    sale = Sale(LIMITS, abandon=0.5, free=3_000)
    for _ in range(2_000):
        sale.tick()
    assert sale.sold == 3_000


def test_nobody_staying_away_for_ever_stalls_the_line() -> None:
    """Everybody who was called once stays away: the estimate is bounded, and the next ones come in."""
    sale = Sale(LIMITS, no_shows=1.0)
    for _ in range(300):
        sale.tick()
    sale.no_shows = 0.0
    for _ in range(300):
        sale.tick()
    assert len(sale.inside) > 0.5 * LIMITS.in_flight_max


def test_a_rate_grows_by_a_fifth_at_most() -> None:
    sale = Sale(Limits(rate_per_s=10_000, in_flight_max=100_000))
    for _ in range(40):
        sale.tick()
    for before, after in zip(sale.released, sale.released[1:], strict=False):
        # Two, since a person is whole, in both decisions.
        assert after <= max(before, RESTART * sale.limits.rate_per_s) * STEP_MAX + 2


def test_a_slow_checkout_makes_the_room_smaller_at_once_and_larger_slowly() -> None:
    slow = release(LIMITS, begin(LIMITS), msgspec.structs.replace(CALM, load=Load(5_000, 0)))
    assert slow.control.room == pytest.approx(350)
    well = release(LIMITS, slow.control, CALM)
    assert slow.control.room < well.control.room < 360


def test_the_room_never_closes_by_itself() -> None:
    control = begin(LIMITS)
    for _ in range(100):
        control = release(LIMITS, control, msgspec.structs.replace(CALM, load=Load(50, 1.0), inside=500)).control
    assert control.room == LIMITS.in_flight_min


def test_nobody_is_called_for_stock_that_is_spoken_for() -> None:
    scarce = msgspec.structs.replace(CALM, free=30)
    first = release(LIMITS, begin(LIMITS), scarce)
    assert (first.number, first.why) == (30, "stock")
    second = release(LIMITS, first.control, msgspec.structs.replace(scarce, inside=30, came=30, came_after_s=1))
    assert (second.number, second.why) == (0, "stock")


def test_nobody_is_called_who_is_not_there() -> None:
    given = release(LIMITS, begin(LIMITS), msgspec.structs.replace(CALM, waiting=3))
    assert (given.number, given.why) == (3, "nobody waits")


def test_a_rate_below_one_a_second_still_lets_people_in() -> None:
    limits = Limits(rate_per_s=0.25, in_flight_max=500)
    control = begin(limits)
    numbers = []
    for _ in range(40):
        given = release(limits, control, CALM)
        control = given.control
        numbers.append(given.number)
    assert sum(numbers) == pytest.approx(9, abs=1), "a quarter each second, after a gentle beginning"
