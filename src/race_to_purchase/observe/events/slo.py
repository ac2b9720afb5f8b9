"""The error budget of a drop: how fast it is used up, and what was done about it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId
from race_to_purchase.observe.events.event import Counter, Event, Gauge, Log


class BudgetWatched(Event, frozen=True):
    """A look at the budget of a drop that is on sale, each second. M15 is its rate."""

    metrics = (
        Gauge("race_drop_burn_rate", "How fast the drop's budget is used up; 1 is as planned.", "burn", by=("drop",)),
        Gauge("race_drop_burn_bad", "Bad events within the window.", "bad", by=("drop",)),
    )

    drop: DropId
    burn: Annotated[float, Meta(description="The share of bad events of a window, by the share that may be bad.")]
    bad: Annotated[int, Meta(description="Number of bad events within the window.")]
    total: Annotated[int, Meta(description="Number of events within the window.")]


class BudgetStepTaken(Event, frozen=True):
    """A drop's budget burned so fast that its line was slowed or paused, without anybody being asked."""

    log = Log("warning", "budget step taken")
    metrics = (Counter("race_budget_steps_total", "Steps taken to save a budget.", by=("drop", "budget_step")),)

    drop: DropId
    budget_step: Annotated[Literal["slow", "pause"], Meta(description="What was done with the line.")]
    burn: Annotated[float, Meta(description="The share of bad events of a window, by the share that may be bad.")]
    bad: Annotated[int, Meta(description="Number of bad events within the window.")]
