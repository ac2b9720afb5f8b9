"""Watching budgets: what is done at which burn, and what is left alone."""

from race_to_purchase.loops.budget import WatchBudgets
from race_to_purchase.observe.slo.burn import Burning
from race_to_purchase.observe.slo.drops import DROPS_MAX, DropBurns
from race_to_purchase.observe.slo.objectives import DropBudget, Step

POLICY = DropBudget(seconds=800.0, rest_s=15.0)
BUDGET = 0.01


class Sale:
    """A drop whose budget burns as a test says, and what was done about it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.burns = DropBurns(POLICY, BUDGET)
        self.done: list[tuple[str, str]] = []
        self.told: list[tuple[str, float]] = []
        self.length_s: float | None = None
        self.watch = WatchBudgets(POLICY, self.burns, self.length, self.act, self.tell, lambda: self.now_s)

    async def length(self, _drop: str) -> float | None:
        return self.length_s

    async def act(self, drop: str, step: Step, burning: Burning) -> bool:
        self.done.append((drop, step.do))
        return True

    def tell(self, drop: str, burning: Burning) -> None:
        self.told.append((drop, round(burning.rate, 6)))

    def happen(self, *, good: int, bad: int, drop: str = "aurora-1") -> None:
        for number in range(good + bad):
            self.burns.count(drop, self.now_s, good=number < good)


class TestTheWatch:
    async def test_a_sale_that_goes_well_is_left_alone(self) -> None:
        sale = Sale()
        sale.happen(good=1000, bad=10)
        await sale.watch.tick()
        assert (sale.done, sale.told) == ([], [("aurora-1", 0.990099)])

    async def test_at_four_times_it_slows_and_at_eight_it_pauses(self) -> None:
        sale = Sale()
        sale.happen(good=475, bad=25)
        await sale.watch.tick()
        sale.happen(good=0, bad=25)
        await sale.watch.tick()
        assert sale.done == [("aurora-1", "slow"), ("aurora-1", "pause")]

    async def test_a_step_has_time_to_take_effect_before_it_is_repeated(self) -> None:
        sale = Sale()
        sale.happen(good=475, bad=25)
        await sale.watch.tick()
        sale.now_s += 5
        await sale.watch.tick()
        assert sale.done == [("aurora-1", "slow")]
        sale.now_s += 10
        sale.happen(good=475, bad=25)
        await sale.watch.tick()
        assert sale.done == [("aurora-1", "slow"), ("aurora-1", "slow")]

    async def test_a_few_bad_ones_are_no_evidence(self) -> None:
        """Nine of nine is a burn of a hundred, and may be one person's bad network."""
        sale = Sale()
        sale.happen(good=0, bad=POLICY.bad_min - 1)
        await sale.watch.tick()
        assert sale.done == []
        sale.happen(good=0, bad=1)
        await sale.watch.tick()
        assert sale.done == [("aurora-1", "pause")]

    async def test_a_short_drop_has_a_short_window(self) -> None:
        sale = Sale()
        sale.length_s = 80.0
        sale.happen(good=1, bad=0)
        await sale.watch.tick()
        sale.happen(good=0, bad=50)
        sale.now_s += 2.0
        await sale.watch.tick()
        assert sale.done == []

    async def test_how_long_a_drop_lasts_is_asked_for_once(self) -> None:
        sale = Sale()
        sale.happen(good=1, bad=0)
        await sale.watch.tick()
        assert list(sale.burns.unknown()) == []
        sale.happen(good=1, bad=0)
        assert list(sale.burns.unknown()) == []

    async def test_one_drop_that_fails_does_not_stop_another(self) -> None:
        sale = Sale()
        sale.happen(good=0, bad=50, drop="bad")
        sale.happen(good=50, bad=0, drop="well")
        await sale.watch.tick()
        assert sale.done == [("bad", "pause")]


def test_more_drops_than_are_watched_push_out_the_silent_ones() -> None:
    burns = DropBurns(POLICY, BUDGET)
    burns.count("first", 0.0, good=False)
    burns.count("second", 0.0, good=False)
    for number in range(DROPS_MAX - 2):
        burns.count(f"drop-{number}", 1.0, good=True)
    burns.count("first", 2.0, good=True)
    burns.count("one more", 2.0, good=True)
    watched = dict(burns.burning(2.0))
    assert len(watched) == DROPS_MAX
    assert "second" not in watched
    assert watched["first"].bad == 1
