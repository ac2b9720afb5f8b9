"""The choice of a gateway: what fits, what it costs, whose turn it is by weight, and who is left out."""

from collections import Counter

import pytest

from race_to_purchase.path.breaker import BreakerRule
from race_to_purchase.path.paced import USUAL, PacedGateway
from race_to_purchase.path.route import Facts, Router, Rule
from race_to_purchase.rules.verdicts import NoAnswer
from tests.path.scripted import Scripted, a_request

EUR = Facts("key-1", 15900, "EUR", "DE")


def paced(name: str) -> PacedGateway:
    return PacedGateway(Scripted(name), breaker=BreakerRule(calls_min=1))


def router(*rules: Rule) -> Router:
    return Router([paced(rule.gateway) for rule in rules], rules)


async def broken(name: str) -> PacedGateway:
    """One whose circuit breaker is open."""
    opened = PacedGateway(Scripted(name, NoAnswer("nobody there")), breaker=BreakerRule(calls_min=1))
    await opened.authorize(a_request(), None)
    assert not opened.open
    return opened


def keys(number: int) -> list[str]:
    return [f"key-{n}" for n in range(number)]


class TestWhatFits:
    @pytest.mark.parametrize(
        ("rule", "fits"),
        [
            (Rule("a"), True),
            (Rule("a", currencies=frozenset({"EUR", "SEK"})), True),
            (Rule("a", currencies=frozenset({"USD"})), False),
            (Rule("a", countries=frozenset({"DE"})), True),
            (Rule("a", countries=frozenset({"FR"})), False),
            (Rule("a", amount_min=15900, amount_max=15900), True),
            (Rule("a", amount_min=15901), False),
            (Rule("a", amount_max=15899), False),
        ],
    )
    def test_a_gateway_takes_only_what_it_is_for(self, rule: Rule, fits: bool) -> None:
        assert rule.fits(EUR) is fits

    def test_a_buyer_from_nowhere_fits_no_gateway_that_is_bound_to_countries(self) -> None:
        nowhere = Facts("key-1", 15900, "EUR")
        assert not Rule("a", countries=frozenset({"DE"})).fits(nowhere)
        assert Rule("a").fits(nowhere)

    async def test_nothing_is_chosen_where_nothing_fits(self) -> None:
        assert router(Rule("a", currencies=frozenset({"USD"}))).choose(EUR) is None


class TestCostAndWeight:
    async def test_the_cheapest_for_this_amount_takes_it(self) -> None:
        chosen = router(Rule("percent", cost_basis_points=100), Rule("flat", cost_fixed=100))
        assert chosen.choose(Facts("key", 9_000, "EUR")) == "percent"
        assert chosen.choose(Facts("key", 11_000, "EUR")) == "flat"

    async def test_the_same_attempt_always_gets_the_same(self) -> None:
        first, second = (router(Rule("a"), Rule("b"), Rule("c")) for _ in range(2))
        facts = [Facts(key, 100, "EUR") for key in keys(50)]
        assert [first.choose(one) for one in facts] == [second.choose(one) for one in facts]

    async def test_equal_costs_share_by_weight(self) -> None:
        chosen = router(Rule("a", weight=3), Rule("b", weight=1))
        share = Counter(chosen.choose(Facts(key, 100, "EUR")) for key in keys(2000))
        assert 1400 < share["a"] < 1600

    async def test_a_gateway_that_goes_moves_no_payment_between_the_others(self) -> None:
        rules = [Rule("a"), Rule("b"), Rule("c")]
        whole = router(*rules)
        before = {key: whole.choose(Facts(key, 100, "EUR")) for key in keys(200)}
        whole.drain(["b"])
        after = {key: whole.choose(Facts(key, 100, "EUR")) for key in keys(200)}
        assert {key for key in before if before[key] != after[key]} == {key for key in before if before[key] == "b"}

    async def test_a_weight_of_nothing_stands_by(self) -> None:
        chosen = router(Rule("a", cost_fixed=50), Rule("spare", weight=0))
        assert {chosen.choose(Facts(key, 100, "EUR")) for key in keys(50)} == {"a"}
        assert chosen.choose(EUR, tried=["a"]) == "spare"


class TestLeftOut:
    async def test_what_was_tried_is_not_tried_again(self) -> None:
        chosen = router(Rule("a"), Rule("b"))
        first = chosen.choose(EUR)
        assert first is not None
        assert {first, chosen.choose(EUR, [first])} == {"a", "b"}
        assert chosen.choose(EUR, ["a", "b"]) is None

    async def test_a_drained_one_gets_nothing_new_even_if_it_is_the_last(self) -> None:
        chosen = router(Rule("a"))
        chosen.drain(["a"])
        assert chosen.choose(EUR) is None
        chosen.drain([])
        assert chosen.choose(EUR) == "a"

    async def test_an_open_breaker_sends_payments_elsewhere(self) -> None:
        chosen = Router([await broken("a"), paced("b")])
        assert {chosen.choose(Facts(key, 100, "EUR")) for key in keys(20)} == {"b"}

    async def test_an_open_breaker_takes_nothing_new_even_if_it_is_the_last(self) -> None:
        assert Router([await broken("a")]).choose(EUR) is None
        chosen = Router([await broken("a"), paced("b")])
        chosen.drain(["b"])
        assert chosen.choose(EUR) is None
        assert 0 < chosen.pause_s(EUR) <= USUAL.pause_s


class TestTheOnlyOne:
    async def test_is_chosen_and_where_it_could_not_there_is_nowhere_else_to_go(self) -> None:
        only = Router([paced("a")])
        assert (only.choose(EUR), only.choose(EUR, ["a"])) == ("a", None)
        assert not only.gives_up("a")


class TestConfiguration:
    async def test_a_rule_for_nobody_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match="there is no gateway adyen"):
            Router([paced("a")], [Rule("adyen")])

    async def test_two_rules_for_one_are_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match="the gateway a has two rules"):
            Router([paced("a")], [Rule("a"), Rule("a")])
