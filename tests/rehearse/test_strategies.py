"""Each strategy of bots does what its name says, so that what the scorecard tells of it is told of that."""

from __future__ import annotations

from hashlib import sha256

import pytest
from msgspec.structs import replace

from race_to_purchase.rehearse.crowd.badge import STOREFRONT
from race_to_purchase.rehearse.crowd.bot import bot
from race_to_purchase.rehearse.crowd.diary import Diary, Page
from race_to_purchase.rehearse.crowd.person import Person
from race_to_purchase.rehearse.crowd.plan import Line, Sale, dice, plan
from race_to_purchase.rehearse.crowd.proof import Challenge
from race_to_purchase.rehearse.crowd.steps import Ask, Begin, Body, Claim, Join, Look, Reserve
from race_to_purchase.rehearse.crowd.strategies import RACK, SHARED_BY, STRATEGIES, Strategy
from race_to_purchase.rules.line.tickets import Ticket, sign_ticket
from race_to_purchase.rules.signing import Keyring
from tests.rehearse.shop import BOT, SALE, Shop, live

KEYS = Keyring({1: b"k" * 32}, 1)
DOOR = replace(SALE, line=Line(-10.0, -2.0))
CALLED_S = 20.0
ASKED = Challenge("SHA-256", sha256(b"salt3").hexdigest(), "salt", "signed", 10)


class Door:
    """Asks whoever is unknown for a proof, calls everybody at `CALLED_S`, and gives a pass each time it is asked."""

    def __init__(self) -> None:
        self.passes = 0

    def __call__(self, ask: Ask, shop: Shop) -> Body | tuple[int, Body] | None:
        match ask:
            case Begin():
                return 201, Body(csrf=f"browser-{len(shop.of(Begin))}")
            case Join(answer="") if ask.by.buyer is None:
                return 403, Body(code="challenge_required", challenge=ASKED)
            case Join(answer=answer):
                return 201, Body(ticket=ticket(answer + (ask.by.buyer or ask.by.csrf)))
            case Look():
                called = shop.sends[-1].at_s >= CALLED_S
                return 200, Body(phase="open", seed="00" * 32, registered=10, cursor=10 if called else 0)
            case Claim():
                self.passes += 1
                return 201, Body(admitted=f"pass-{self.passes}")
        return None


def ticket(of: str) -> str:
    return sign_ticket(KEYS, "aurora-1", Ticket(sha256(of.encode()).digest()[:16], 0))


def played(how: Strategy, sale: Sale = DOOR) -> tuple[Shop, Page]:
    """A scalper with that strategy, at a door that lets everybody in."""
    shop, diary = Shop(100, Door()), Diary()
    me = replace(BOT, strategy=how)
    return shop, live(bot(me, Person("bot", me.name, dice(1, me.name), sale, diary)), shop, diary)


def tickets(shop: Shop) -> set[str]:
    """The places with which somebody asked to be let in."""
    return {ask.ticket for ask in shop.asks if isinstance(ask, Claim)}


@pytest.mark.parametrize("how", STRATEGIES)
def test_every_strategy_wins_where_nothing_stops_it(how: Strategy) -> None:
    """None is a straw man: at a door without limits each one buys, and those with several places several times."""
    _, page = played(how)
    assert len(page.purchases) >= STRATEGIES[how].tries


@pytest.mark.parametrize("how", STRATEGIES)
def test_each_brings_as_many_places_as_it_is_said_to_try_for(how: Strategy) -> None:
    shop, _ = played(how)
    assert len(tickets(shop)) == STRATEGIES[how].tries


def test_the_patient_one_looks_as_a_page_does_and_the_solver_without_pause() -> None:
    patient, solver = (len(played(how)[0].of(Look)) for how in ("patient", "solver"))
    assert solver > 2 * patient > 0


def test_the_first_flood_comes_from_one_network_and_the_second_from_one_for_each_session() -> None:
    one, many = (
        [ask.by.network for ask in played(how)[0].of(Begin)] for how in ("flood_one_network", "flood_many_networks")
    )
    assert one == [RACK] * STRATEGIES["flood_one_network"].tries
    assert len(set(many)) == len(many) == STRATEGIES["flood_many_networks"].tries


def test_many_identities_are_accounts_of_the_shop_and_prove_nothing() -> None:
    shop, _ = played("many_identities")
    assert shop.of(Begin) == []
    assert len({ask.by.buyer for ask in shop.of(Join)}) == STRATEGIES["many_identities"].tries
    assert all(isinstance(ask, Join) and ask.answer == "" for ask in shop.of(Join))


def test_a_shared_ticket_is_claimed_in_all_browsers_and_each_pass_is_tried() -> None:
    shop, _ = played("ticket_sharing")
    claims = shop.of(Claim)
    assert len({ask.by.csrf for ask in claims}) == len(claims) == SHARED_BY
    assert {ask.admitted for ask in shop.asks if isinstance(ask, Reserve)} == {
        f"pass-{n + 1}" for n in range(SHARED_BY)
    }


def test_replay_shows_proof_and_pass_again_and_tells_if_either_counts_twice() -> None:
    shop, page = played("replay")
    proofs = [ask for ask in shop.asks if isinstance(ask, Join) and ask.answer]
    assert len({ask.answer for ask in proofs}) == 1
    assert len({ask.by.csrf for ask in proofs}) == 2, "also in a browser that has solved nothing"
    assert page.counts["note/proof_used_twice"] == 1, "this door believes it there"
    struck = [ask.admitted for ask in shop.asks if isinstance(ask, Reserve)]
    assert struck == ["pass-1", "pass-1"]


def test_nobody_goes_by_the_storefront_at_a_door_but_those_with_accounts() -> None:
    for how in STRATEGIES:
        shop, _ = played(how)
        assert STOREFRONT not in {ask.by for ask in (*shop.of(Join), *shop.of(Claim))}, how


def test_the_weights_are_those_of_the_crowd() -> None:
    bots = plan(1, 0, 4000, DOOR).bots
    total = sum(trying.weight for trying in STRATEGIES.values())
    assert total == pytest.approx(1.0)
    for how, trying in STRATEGIES.items():
        found = sum(one.strategy == how for one in bots) / len(bots)
        bound = 3.3 * (trying.weight * (1 - trying.weight) / len(bots)) ** 0.5
        assert abs(found - trying.weight) < bound, how
