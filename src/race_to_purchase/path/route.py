"""Which gateway takes a payment, and which one it goes to next where the first could not.

Among the gateways that fit a payment, the cheapest takes it; those that cost the same share by weight. A gateway of
weight 0 only stands by. The draw is by the attempt's key: the same attempt always gets the same answer, and a gateway
that comes or goes moves no payment between the others. What is already begun stays where it was begun.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from math import log

import msgspec

from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.rules.rows import Attempt

PAUSE_S = 5.0
"""Before a payment is tried again that no gateway takes now, where nothing says how long that will last."""


class Rule(msgspec.Struct, frozen=True):
    """What a gateway is for: empty `currencies` or `countries` mean all; amounts in minor units, both bounds included.

    It costs `cost_basis_points` hundredths of a percent of the amount, and `cost_fixed` minor units. A payment whose
    buyer's country is not known fits no gateway that is bound to countries. With `unknown_fails_over`, a payment that
    got no answer is given up and goes elsewhere.
    """

    gateway: str
    currencies: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    amount_min: int = 0
    amount_max: int | None = None
    weight: float = 1.0
    cost_basis_points: float = 0.0
    cost_fixed: int = 0
    unknown_fails_over: bool = False

    def fits(self, facts: Facts) -> bool:
        """Whether the gateway takes such a payment at all."""
        return (
            (not self.currencies or facts.currency in self.currencies)
            and (not self.countries or facts.country in self.countries)
            and self.amount_min <= facts.amount
            and (self.amount_max is None or facts.amount <= self.amount_max)
        )

    def cost(self, amount: int) -> float:
        """Of a payment, in minor units."""
        return amount * self.cost_basis_points / 10_000 + self.cost_fixed


class Facts(msgspec.Struct, frozen=True):
    """What is known of a payment; `key` is the attempt's, `country` the buyer's, by ISO 3166, where known."""

    key: str
    amount: int
    currency: str
    country: str | None = None


def facts_of(attempt: Attempt) -> Facts:
    """Those of an attempt."""
    return Facts(attempt.key, attempt.amount, attempt.currency, attempt.country)


class Router:
    """The gateways of this process, by name, and the choice between them. ValueError where the rules do not fit."""

    def __init__(self, gateways: Iterable[PacedGateway], rules: Sequence[Rule] = ()) -> None:
        self._gateways = {gateway.name: gateway for gateway in gateways}
        self._rules = rules or [Rule(name) for name in self._gateways]
        self._drained: frozenset[str] = frozenset()
        named = [rule.gateway for rule in self._rules]
        for name in named:
            if name not in self._gateways:
                raise ValueError(f"there is no gateway {name}")
            if named.count(name) > 1:
                raise ValueError(f"the gateway {name} has two rules")

    @property
    def gateways(self) -> Mapping[str, PacedGateway]:
        """Every gateway, those without a rule included: they finish what was begun with them."""
        return self._gateways

    @property
    def names(self) -> tuple[str, ...]:
        """The gateways that take payments."""
        return tuple(rule.gateway for rule in self._rules)

    def gateway(self, name: str) -> PacedGateway:
        """The gateway of that name; KeyError where there is none."""
        return self._gateways[name]

    def drain(self, names: Collection[str]) -> None:
        """From now on nothing new is begun with these; what was begun before is finished."""
        self._drained = frozenset(names)

    def choose(self, facts: Facts, tried: Collection[str] = ()) -> str | None:
        """The gateway for a payment, or for what `tried` gateways could not take; None where none takes it now.

        One whose circuit breaker is open takes nothing new.
        """
        if len(self._rules) == 1:
            only = self._rules[0]
            return only.gateway if self._takes(only, facts, tried) and self._gateways[only.gateway].open else None
        left = [rule for rule in self._rules if self._takes(rule, facts, tried) and self._gateways[rule.gateway].open]
        best = min(left, key=lambda rule: _rank(rule, facts), default=None)
        return None if best is None else best.gateway

    def pause_s(self, facts: Facts) -> float:
        """How long until one that takes such payments may take one again, in seconds."""
        pauses = [self._gateways[rule.gateway].pause_s for rule in self._rules if self._takes(rule, facts, ())]
        return min(pauses, default=PAUSE_S)

    def gives_up(self, gateway: str) -> bool:
        """Whether a payment that got no answer there is given up, and goes to another one."""
        return any(rule.gateway == gateway and rule.unknown_fails_over for rule in self._rules)

    def _takes(self, rule: Rule, facts: Facts, tried: Collection[str]) -> bool:
        return rule.gateway not in tried and rule.gateway not in self._drained and rule.fits(facts)


def _rank(rule: Rule, facts: Facts) -> tuple[bool, float, float]:
    """Smaller goes first: standing by last, then by cost, then by a draw in proportion to the weights.

    The draw is weighted rendezvous hashing: -ln(u)/weight is the smallest for each with the probability of its weight.
    """
    digest = blake2b(f"{len(facts.key)}:{facts.key}{rule.gateway}".encode(), digest_size=8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**64
    return rule.weight == 0, rule.cost(facts.amount), -log(uniform) / (rule.weight or 1.0)
