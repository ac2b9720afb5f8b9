"""How many may go in now: one decision a second, from what the checkout can bear and what the stock still allows.

The room inside is bounded by `in_flight_max`; it shrinks quickly while the checkout is slow or fails, and grows slowly
when it is well. Of those who are called some never come, so more are called than there is room for: their share is
estimated from what happened, and so is how many of those called are still on their way. Nobody is called for stock
that is spoken for already.
"""

from __future__ import annotations

import math

import msgspec

STEP_MAX = 1.2
"""A rate grows by a fifth a second at most, so that a checkout which was just well is not run over."""

RESTART = 0.05
"""Share of the operator's rate that is always allowed, so that a line which stood still can begin to move."""

SHRINK = 0.7
"""What is left of the room after a second in which the checkout was not well."""

NO_SHOWS_MAX = 0.9
"""More no-shows than that are not believed: the estimate would call everybody at once."""

MEMORY_S = 30.0
"""Time constant of the estimates: what happened so long ago counts a third."""


class Limits(msgspec.Struct, frozen=True):
    """What the operator allows, and when a checkout counts as well; rates are people a second."""

    rate_per_s: float
    in_flight_max: int
    in_flight_min: int = 10
    latency_ms_max: float = 1_000.0
    error_share_max: float = 0.02


class Load(msgspec.Struct, frozen=True):
    """How the checkout is: what it takes from asking to answer, and the share of those who are sent away."""

    latency_ms: float
    error_share: float

    def well(self, limits: Limits) -> bool:
        """Whether the checkout bears what it has."""
        return self.latency_ms <= limits.latency_ms_max and self.error_share <= limits.error_share_max

    def worst(self, other: Load | None) -> Load:
        """The worse of both, in each respect."""
        if other is None:
            return self
        return Load(max(self.latency_ms, other.latency_ms), max(self.error_share, other.error_share))


class Facts(msgspec.Struct, frozen=True):
    """What has happened since the last decision.

    `inside` are those who may buy now, `free` the pieces that nobody holds, `waiting` those not called yet. Of those
    called, `came` came, after `came_after_s` on average, and the time of `lapsed` ran out. `load` is the worst of all
    processes.
    """

    inside: int
    came: int
    came_after_s: float
    lapsed: int
    free: int
    waiting: int
    load: Load


class Control(msgspec.Struct, frozen=True):
    """What is kept from decision to decision; small, so that another process can go on with it."""

    room: float
    rate_per_s: float
    coming: float = 0.0
    """People called who are still on their way, as far as one can tell."""
    came: float = 0.0
    lapsed: float = 0.0
    """Both a fading sum, for the share of no-shows."""
    delay_s: float = 5.0
    """How long people take to come after they were called, by the mean of those who came lately."""
    carry: float = 0.0
    """The fraction of a person that the last decision could not call."""

    @property
    def no_shows(self) -> float:
        """The share of those called who do not come."""
        ended = self.came + self.lapsed
        return min(NO_SHOWS_MAX, self.lapsed / ended) if ended else 0.0


class Release(msgspec.Struct, frozen=True):
    """The decision: `number` more may go in; `why` names what bounded it."""

    number: int
    why: str
    control: Control


def begin(limits: Limits) -> Control:
    """The first second of a sale: all of the room, a gentle rate."""
    return Control(room=float(limits.in_flight_max), rate_per_s=limits.rate_per_s / 5)


def release(limits: Limits, control: Control, facts: Facts, seconds: float = 1.0) -> Release:
    """How many places to give, `seconds` after the last decision."""
    control = _learned(limits, control, facts, seconds)
    shows = 1 - control.no_shows
    spoken_for = facts.inside + control.coming
    bounds = {
        "rate": min(limits.rate_per_s, control.rate_per_s * STEP_MAX) * seconds + control.carry,
        "room": max(0.0, control.room - spoken_for) / shows,
        "stock": max(0.0, facts.free - spoken_for) / shows,
        "nobody waits": float(facts.waiting),
    }
    why = min(bounds, key=lambda name: bounds[name])
    number = int(bounds[why])
    pace = control.rate_per_s if why == "nobody waits" else (bounds[why] - control.carry) / seconds
    return Release(
        number,
        why,
        msgspec.structs.replace(
            control,
            rate_per_s=min(limits.rate_per_s, max(pace, limits.rate_per_s * RESTART)),
            coming=control.coming + number * shows,
            carry=bounds[why] - number if why == "rate" else 0.0,
        ),
    )


def _learned(limits: Limits, control: Control, facts: Facts, seconds: float) -> Control:
    """The estimates, after what has happened."""
    room = control.room * 1.02 + 1 if facts.load.well(limits) else control.room * SHRINK
    fade = math.exp(-seconds / MEMORY_S)
    known = control.came * fade
    delay_s = control.delay_s
    if facts.came:
        # The mean of those who came lately: what was assumed in the beginning counts nothing beside the first of them.
        delay_s = max(0.5, (delay_s * known + facts.came_after_s * facts.came) / (known + facts.came))
    return msgspec.structs.replace(
        control,
        room=min(float(limits.in_flight_max), max(float(limits.in_flight_min), room)),
        coming=control.coming * math.exp(-seconds / delay_s),
        came=known + facts.came,
        lapsed=control.lapsed * fade + facts.lapsed,
        delay_s=delay_s,
    )
