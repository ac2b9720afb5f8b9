"""Which faults strike: drawn from the seed and a count, so that the same calls in the same order fare the same.

A draw belongs to a rule and to the number of things the rule has seen, and to nothing else. Each start of the process
draws anew. What a fault does is done by whoever asked; here it is only decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from random import Random
from typing import Any, TypeVar

import msgspec

from race_to_purchase.gateways.simulator import rules as kinds
from race_to_purchase.gateways.simulator.cards import DECLINES, Decline
from race_to_purchase.gateways.simulator.rules import AnyRule, Rules

RULES_MAX = 200

Kind = TypeVar("Kind", bound=AnyRule)


class CallPlan(msgspec.Struct, frozen=True):
    """What will go wrong with one call; times in seconds."""

    wait_before_s: float = 0.0
    wait_after_s: float = 0.0
    limited: kinds.RateLimit | None = None
    cut_before: bool = False
    error_before: kinds.ErrorBefore | None = None
    error_after: kinds.ErrorAfter | None = None
    cut_after: bool = False
    garbage: kinds.Garbage | None = None


class Sending(msgspec.Struct, frozen=True):
    """One message that goes out for an event: `form` is true, or how it is forged."""

    form: str = "true"
    wait_s: float = 0.0
    held: bool = False
    lost: bool = False


PLAIN_CALL = CallPlan()
PLAIN_SENDING = (Sending(),)


class Faults:
    """The rules in force, and how often each was asked and struck. `run` is the number of this start."""

    def __init__(self, seed: int, run: int = 1) -> None:
        self._chance = f"{seed}:{run}"
        self._rules: tuple[AnyRule, ...] = ()
        self._named = 0
        self.seen: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()

    @property
    def rules(self) -> Rules:
        """All rules, in the order in which they are asked."""
        return Rules(list(self._rules))

    def replace(self, rules: Iterable[AnyRule]) -> None:
        """Have these rules alone, their counts at zero. Raises ValueError for a name that comes twice."""
        self._rules, self._named = (), 0
        self.seen.clear()
        self.struck.clear()
        self.add(rules)

    def add(self, rules: Iterable[AnyRule]) -> None:
        """Have these rules as well; those without a name get one. Raises ValueError, and then adds none."""
        named = [self._with_name(rule) for rule in rules]
        names = [rule.name for rule in (*self._rules, *named)]
        if len(set(names)) < len(names) or len(names) > RULES_MAX:
            raise ValueError(f"every rule has a name of its own, and there are {RULES_MAX} at most")
        self._rules += tuple(named)

    def for_call(self, operation: str) -> CallPlan:
        """What will go wrong with a call of this operation."""
        if not self._rules:
            return PLAIN_CALL
        plan = CallPlan()
        for rule, random in self._striking(kinds.CallRule, operation):
            plan = msgspec.structs.replace(plan, **_damage(plan, rule, random))
        return plan

    def decline(self, operation: str, card: str) -> Decline | None:
        """Why the bank refuses this card although it need not."""
        rules = [rule for rule in self._of(kinds.Declining, operation) if fnmatchcase(card, rule.card)]
        struck = [rule for rule in rules if self._strikes(rule) is not None]
        return DECLINES[struck[0].decline_code] if struck else None

    def waiting(self, operation: str, card: str) -> tuple[bool, float | None]:
        """Whether the payment stays in processing, and for how many seconds; None is for ever."""
        for rule in self._of(kinds.Waiting, operation):
            random = self._strikes(rule) if fnmatchcase(card, rule.card) else None
            if random is not None:
                return True, None if rule.delay is None else rule.delay.draw_ms(random) / 1000
        return False, None

    def for_event(self, event_type: str) -> tuple[Sending, ...]:
        """The messages that go out for an event, the true one last."""
        if not self._rules:
            return PLAIN_SENDING
        true, others = Sending(), list[Sending]()
        for rule, random in self._striking(kinds.WebhookRule, event_type):
            match rule:
                case kinds.WebhookLate(delay=delay):
                    true = msgspec.structs.replace(true, wait_s=true.wait_s + delay.draw_ms(random) / 1000)
                case kinds.WebhookReordered(hold_ms=hold_ms):
                    true = msgspec.structs.replace(true, wait_s=true.wait_s + hold_ms / 1000, held=True)
                case kinds.WebhookLost():
                    true = msgspec.structs.replace(true, lost=True)
                case kinds.WebhookTwice(delay=delay):
                    others.append(Sending(wait_s=delay.draw_ms(random) / 1000))
                case kinds.WebhookForged(form=form):
                    others.append(Sending(form=form))
        again = [msgspec.structs.replace(one, wait_s=one.wait_s + true.wait_s) for one in others if one.form == "true"]
        return (*(one for one in others if one.form != "true"), *again, true)

    def _of(self, kind: type[Kind], what: str) -> list[Kind]:
        return [rule for rule in self._rules if isinstance(rule, kind) and rule.covers(what)]

    def _striking(self, family: Any, what: str) -> Iterator[tuple[AnyRule, Random]]:
        """The rules of one family that strike an operation, or an event type, now."""
        for rule in self._rules:
            if isinstance(rule, family) and rule.covers(what) and (random := self._strikes(rule)):
                yield rule, random

    def _strikes(self, rule: AnyRule) -> Random | None:
        """The chance that goes with this draw; None where the rule lets it pass."""
        n = self.seen[rule.name]
        self.seen[rule.name] += 1
        if n < rule.after or (rule.times is not None and self.struck[rule.name] >= rule.times):
            return None
        random = Random(f"{self._chance}:{rule.name}:{n}")
        if random.random() >= rule.rate:
            return None
        self.struck[rule.name] += 1
        return random

    def _with_name(self, rule: AnyRule) -> AnyRule:
        if rule.name:
            return rule
        self._named += 1
        return msgspec.structs.replace(rule, name=f"{rule.__struct_config__.tag}-{self._named}")


def _damage(plan: CallPlan, rule: AnyRule, random: Random) -> dict[str, object]:
    """What a rule that strikes changes of a call's plan."""
    match rule:
        case kinds.Latency(where="before", delay=delay):
            return {"wait_before_s": plan.wait_before_s + delay.draw_ms(random) / 1000}
        case kinds.Latency(delay=delay):
            return {"wait_after_s": plan.wait_after_s + delay.draw_ms(random) / 1000}
        case kinds.RateLimit():
            return {"limited": rule}
        case kinds.CutBefore():
            return {"cut_before": True}
        case kinds.ErrorBefore():
            return {"error_before": rule}
        case kinds.ErrorAfter():
            return {"error_after": rule}
        case kinds.CutAfter():
            return {"cut_after": True}
        case kinds.Garbage():
            return {"garbage": rule}
    return {}
