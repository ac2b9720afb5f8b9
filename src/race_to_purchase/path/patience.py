"""How long the steps of a payment may take, and how often they are asked for again."""

from __future__ import annotations

import msgspec

from race_to_purchase.rules.decide.waiting import NEVER_RECEIVED_AFTER

RESOLVE_AFTER_S = (5.0, 30.0, 300.0, 3600.0, 86_400.0)


class Patience(msgspec.Struct, frozen=True):
    """How long things may take, in seconds, and what to do where they take longer."""

    gateway_s: float = 10.0
    """One call of a gateway."""
    answer_s: float = 20.0
    """A payment request, before its buyer is told 202 and asks again."""
    takeover_s: float = 15.0
    """A begun payment, before another process may take it over."""
    queued_s: float = 2.0
    """The wait for a turn that a payment request is held open for; who waits longer is told the place at once."""
    action_wait_s: float = 300.0
    """A buyer who has to act, as in 3-D Secure."""
    deadline_extension_max_s: float = 600.0
    """All waits together, by which a reservation may last longer than it was promised."""
    resolve_after_s: tuple[float, ...] = RESOLVE_AFTER_S
    """The pauses before a step without an answer is asked about again; the last is repeated."""
    resolve_for_s: float = 432_000.0
    """An outcome that nobody knows is asked about for so long after its deadline; then people have to look."""

    unknown_fails_over: bool = False
    """Whether a payment that got no answer is given up and goes to another gateway; else its gateway is waited for."""

    def __post_init__(self) -> None:
        if self.takeover_s <= self.gateway_s:
            raise ValueError("takeover_s must be longer than gateway_s: the call under way would be made twice")
        if not self.resolve_after_s or min(self.resolve_after_s) <= 0:
            raise ValueError("resolve_after_s needs at least one pause, and each longer than nothing")
        if self.resolve_for_s <= NEVER_RECEIVED_AFTER.total_seconds():
            raise ValueError("resolve_for_s must be longer than 300 s: so long a request may still be on its way")

    def again_s(self, tries: int) -> float:
        """How long to wait before asking for the `tries`-th time (from 0)."""
        return self.resolve_after_s[min(tries, len(self.resolve_after_s) - 1)]


PATIENT = Patience()
