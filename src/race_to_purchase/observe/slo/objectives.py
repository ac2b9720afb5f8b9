"""What `slo.toml` says: objectives with their targets, limits, the burn rates that wake somebody, and a drop's budget.

An objective is a share of good events. Its error budget is the share that may be bad; a burn rate of 1 uses it up in
exactly the period. Values only; `operate/slofile.py` reads them, and `docs/slo.md` says what each field means.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(gt=0, lt=1)]
Seconds = Annotated[float, Meta(gt=0, le=366 * 86_400)]
Rate = Annotated[float, Meta(gt=0, le=100_000)]
Span = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}[smhd]\Z", description="a number of s, m, h or d, such as 5m")]
"""A time as Prometheus writes it: 30s, 5m, 6h, 3d."""

Place = Annotated[
    str,
    Meta(
        pattern=r"^(https?://[^/\s{}\"'<>\\][^\s{}\"'<>\\]*|(?!/{2})[^\s:{}\"'<>\\]+)\Z",
        max_length=2000,
        description="an address that begins with http:// or https://, or a path",
    ),
]
"""What an alert can link to: whoever is woken opens it, and braces would be read as a template by Prometheus."""

Label = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f{}]*\Z", max_length=64, description="one line without braces")]
"""What a rule can have as a label."""

Severity = Literal["page", "ticket"]
"""A page wakes somebody; a ticket waits for the morning."""

MAINTENANCE_MAX = timedelta(days=31)
"""Longer, and somebody has mistyped a year: nobody would be told of anything."""

ROUNDED = 1e-6
"""1 - 0.9 is not quite 0.1."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(span: str) -> int:
    """How long a Span is."""
    return int(span[:-1]) * _SECONDS[span[-1]]


class Ratio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least `target` of the events are good."""

    target: Share

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return 1 - self.target


class Latency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least `target` of the events take less than `below_s`; a 95th percentile below 2 s is 0.95 and 2."""

    target: Share
    below_s: Seconds

    @property
    def budget(self) -> float:
        """The share that may be slower."""
        return 1 - self.target


class Objectives(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The measures that have an error budget; their targets are those of the specification where none is given."""

    checkout_success: Ratio = Ratio(0.99)
    checkout_latency: Latency = Latency(0.95, 2.0)
    reservation_success: Ratio = Ratio(0.995)
    payment_authorization: Ratio = Ratio(0.98)
    payment_latency: Latency = Latency(0.95, 1.0)
    challenge_pass: Ratio = Ratio(0.95)


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must not be exceeded at any time; rates are shares, ages and lags seconds."""

    duplicate_order_rate: Annotated[float, Meta(ge=0, lt=1)] = 0.0001
    chargeback_rate: Share = 0.01
    reconciliation_lag_s: Seconds = 300.0
    backlog_age_s: Seconds = 60.0
    overdue_reservation_s: Seconds = 30.0
    commit_s: Seconds = 0.5
    event_loop_lag_s: Seconds = 0.2
    refused_share: Share = 0.8


class Burn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody is told when the budget burns `rate` times as fast as it may, over both windows."""

    rate: Rate
    long: Span
    short: Span
    severity: Severity

    def __post_init__(self) -> None:
        if seconds_of(self.short) >= seconds_of(self.long):
            raise ValueError(f"short ({self.short}) must be shorter than long ({self.long})")

    def can_come(self, budget: float) -> bool:
        """Whether a budget can burn faster: where everything is bad, one of a tenth does so ten times too fast."""
        return self.rate < 1 / budget - ROUNDED


USUAL_BURNS = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6.0, "6h", "30m", "page"),
    Burn(3.0, "1d", "2h", "ticket"),
    Burn(1.0, "3d", "6h", "ticket"),
    # The specification's own: told at 4, escalated at 8, in a short window.
    Burn(8.0, "15m", "3m", "page"),
    Burn(4.0, "15m", "3m", "ticket"),
)
"""Google's SRE workbook, chapter 5, for a period of 30 days; and those of the specification."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done when a drop's budget burns that fast: `slow` lowers the rate of its line to `factor` of itself."""

    burn: Rate
    do: Literal["slow", "pause"]
    factor: Share = 0.5


class DropBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The budget of one drop, counted over a window of its length ÷ `windows`; 80 spends 5% of it at a burn of 4.

    A drop without an end counts as `seconds` long. Fewer than `bad_min` bad events in a window are no evidence. After a
    step nothing more is done for `rest_s`, so that it can take effect.
    """

    windows: Annotated[int, Meta(ge=1, le=10_000)] = 80
    seconds: Seconds = 1800.0
    bad_min: Annotated[int, Meta(ge=1)] = 10
    rest_s: Seconds = 15.0
    steps: tuple[Step, ...] = (Step(4.0, "slow"), Step(8.0, "pause"))

    def window_s(self, drop_s: float | None) -> float:
        """Seconds of the window of a drop that lasts so long (None: it has no end)."""
        return (drop_s or self.seconds) / self.windows

    def step(self, burn: float) -> Step | None:
        """The strongest step that this burn rate asks for."""
        wanted = [step for step in self.steps if burn >= step.burn]
        return max(wanted, key=lambda step: step.burn) if wanted else None


class Maintenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A time in which nobody is told of anything."""

    since: datetime
    until: datetime
    why: str = ""

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("from and to need a time zone, such as 2026-12-01T18:00:00Z")
        if self.until <= self.since:
            raise ValueError("to must be after from")
        if any(at.second or at.microsecond for at in (self.since, self.until)):
            raise ValueError("from and to are whole minutes: Alertmanager knows no seconds")
        if self.until - self.since > MAINTENANCE_MAX:
            raise ValueError(f"to may be {MAINTENANCE_MAX.days} days after from at most")


class Slo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of the file. `runbooks` is the address below which runbooks are found, `region` a label of every alert."""

    period_days: Annotated[int, Meta(ge=1, le=366)] = 30
    runbooks: Place = "docs/runbooks"
    region: Label = ""
    objectives: Objectives = Objectives()
    bounds: Bounds = Bounds()
    burn: tuple[Burn, ...] = USUAL_BURNS
    drop: DropBudget = DropBudget()
    maintenance: tuple[Maintenance, ...] = ()
