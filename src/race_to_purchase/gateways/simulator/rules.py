"""The rules of misbehaviour: one kind of fault each, as the control API takes them in JSON.

Each says where it applies (`on`, a pattern over operations or event types), how often (`rate`), from which time on
(`after` so many that passed unharmed) and how many times at most. This file holds words alone; `faults` draws by them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from random import Random
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from race_to_purchase.gateways.simulator.cards import DECLINES

Share = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=3_600_000)]
Count = Annotated[int, Meta(ge=0)]


class Constant(msgspec.Struct, frozen=True, tag_field="distribution", tag="constant", forbid_unknown_fields=True):
    """Always the same."""

    ms: Milliseconds

    def draw_ms(self, random: Random) -> float:
        """One value; `random` is not needed."""
        return self.ms


class Uniform(msgspec.Struct, frozen=True, tag_field="distribution", tag="uniform", forbid_unknown_fields=True):
    """Anything between two values, with equal chance."""

    low_ms: Milliseconds
    high_ms: Milliseconds

    def draw_ms(self, random: Random) -> float:
        """One value."""
        return random.uniform(self.low_ms, self.high_ms)


class Lognormal(msgspec.Struct, frozen=True, tag_field="distribution", tag="lognormal", forbid_unknown_fields=True):
    """Mostly about the median, now and then much longer, as networks are; never above `max_ms`."""

    median_ms: Annotated[float, Meta(gt=0, le=3_600_000)]
    sigma: Annotated[float, Meta(ge=0, le=5)] = 0.5
    max_ms: Milliseconds = 60_000

    def draw_ms(self, random: Random) -> float:
        """One value."""
        return min(self.max_ms, self.median_ms * random.lognormvariate(0, self.sigma))


Delay = Constant | Uniform | Lognormal


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", forbid_unknown_fields=True):
    """What every rule has. `on` is a pattern such as `payment_intents.*`, for webhooks one over event types."""

    name: Annotated[str, Meta(max_length=100)] = ""
    on: Annotated[str, Meta(max_length=100)] = "*"
    rate: Share = 1.0
    after: Count = 0
    times: Count | None = None

    def covers(self, what: str) -> bool:
        """Whether an operation or an event type is meant."""
        return fnmatchcase(what, self.on)


class Latency(Rule, frozen=True, kw_only=True, tag="latency"):
    """The answer takes longer: before anything is done, or after it."""

    delay: Delay
    where: Literal["before", "after"] = "before"


class CutBefore(Rule, frozen=True, kw_only=True, tag="cut_before"):
    """The connection breaks, nothing was done."""


class CutAfter(Rule, frozen=True, kw_only=True, tag="cut_after"):
    """It was done, and the connection breaks before the answer."""


class ErrorBefore(Rule, frozen=True, kw_only=True, tag="error_before"):
    """5xx, nothing was done. `stored`: the key remembers the error and will answer it for ever."""

    status: Annotated[int, Meta(ge=500, le=599)] = 500
    stored: bool = False


class ErrorAfter(Rule, frozen=True, kw_only=True, tag="error_after"):
    """It was done, but the answer is 5xx, and so is every answer under this key."""

    status: Annotated[int, Meta(ge=500, le=599)] = 500


class Garbage(Rule, frozen=True, kw_only=True, tag="garbage"):
    """It was done, but the answer is a web page, half of itself, no JSON, or nothing at all."""

    form: Literal["html", "half", "text", "empty"] = "html"


class RateLimit(Rule, frozen=True, kw_only=True, tag="rate_limit"):
    """429, nothing was done and nothing is remembered; `lock_timeout` where another request has the object."""

    code: Literal["rate_limit", "lock_timeout"] = "rate_limit"


class Declining(Rule, frozen=True, kw_only=True, tag="decline"):
    """The bank refuses cards that it would have accepted; `card` is a pattern over payment methods."""

    card: str = "*"
    decline_code: str = "generic_decline"

    def __post_init__(self) -> None:
        """Raises ValueError for a code that no bank of ours gives."""
        if self.decline_code not in DECLINES:
            raise ValueError(f"decline_code must be one of {', '.join(DECLINES)}")


class Waiting(Rule, frozen=True, kw_only=True, tag="processing"):
    """The bank takes its time: the payment stays in processing, and settles by itself after `delay`, if given."""

    card: str = "*"
    delay: Delay | None = None


class WebhookLate(Rule, frozen=True, kw_only=True, tag="webhook_late"):
    """The message is sent later."""

    delay: Delay


class WebhookTwice(Rule, frozen=True, kw_only=True, tag="webhook_twice"):
    """The message is sent again, though it was accepted."""

    delay: Delay = Constant(ms=50)


class WebhookReordered(Rule, frozen=True, kw_only=True, tag="webhook_reordered"):
    """The message waits until a later one about the same object went out, or `hold_ms` have passed."""

    hold_ms: Milliseconds = 2000


class WebhookForged(Rule, frozen=True, kw_only=True, tag="webhook_forged"):
    """Somebody else sends a message like it, which no receiver may believe; the true one comes as well."""

    form: Literal["wrong_secret", "changed_body", "malformed", "old"] = "wrong_secret"


class WebhookLost(Rule, frozen=True, kw_only=True, tag="webhook_lost"):
    """The message never comes; the event stands in the list all the same."""


CallRule = Latency | CutBefore | CutAfter | ErrorBefore | ErrorAfter | Garbage | RateLimit
BankRule = Declining | Waiting
WebhookRule = WebhookLate | WebhookTwice | WebhookReordered | WebhookForged | WebhookLost
AnyRule = CallRule | BankRule | WebhookRule


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the control API takes and shows."""

    rules: list[AnyRule]
