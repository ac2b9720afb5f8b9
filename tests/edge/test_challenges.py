"""A door over real HTTP: what is asked, what is accepted, and for whom."""

from typing import Any

import msgspec
import pytest

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.outcome import Demanded, Passed
from race_to_purchase.edge.challenge.wanted import Purpose
from race_to_purchase.edge.principals import Principal
from race_to_purchase.observe.events.guard import ChallengeAsked, ChallengeFailed, ChallengePassed
from tests.edge.door import Door, payload, solved
from tests.edge.wire import Client

BROWSER = {
    b"user-agent": b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    b"accept": b"*/*",
    b"accept-language": b"en",
    b"accept-encoding": b"gzip",
}


def a_call(buyer: str | None = "ada", headers: dict[bytes, bytes] | None = None) -> Call:
    """A request of a buyer's browser."""
    given = BROWSER if headers is None else headers
    return Call("join", given, {"drop": "aurora-1"}, lambda: True, Principal("shop", "admin"), buyer)


async def ask(
    door: Door, given: str | None = None, *, drop: str = "aurora-1", purpose: Purpose = "line", call: Call | None = None
) -> Passed | Demanded:
    """The door's answer."""
    return await door.challenges.require(call or a_call(), drop, purpose, given)


def code_of(told: Passed | Demanded) -> tuple[int, str]:
    """Status and code of what was demanded."""
    assert isinstance(told, Demanded)
    return told.problem.status, msgspec.json.decode(told.problem.body)["code"]


def challenge_in(told: Passed | Demanded) -> dict[str, Any]:
    """The challenge that came along."""
    assert isinstance(told, Demanded)
    found: dict[str, Any] = msgspec.json.decode(told.problem.body)["challenge"]
    return found


def wrong(door: Door) -> str:
    """What was wrong with the last answer."""
    event = door.told[-1]
    assert isinstance(event, ChallengeFailed)
    return event.wrong


@pytest.fixture
def door() -> Door:
    """A door with everything set up."""
    return Door()


class TestABuyerWithNothingToShow:
    async def test_is_given_a_challenge(self, door: Door) -> None:
        told = await ask(door)
        assert code_of(told) == (403, "challenge_required")
        assert challenge_in(told).keys() == {"algorithm", "challenge", "salt", "signature", "maxnumber"}
        assert [type(event) for event in door.told] == [ChallengeAsked]

    async def test_passes_with_its_solution(self, door: Door) -> None:
        told = await ask(door, payload(solved(challenge_in(await ask(door)))))
        assert isinstance(told, Passed)
        assert told.tier == 1
        assert [type(event) for event in door.told] == [ChallengeAsked, ChallengePassed]


class TestASolution:
    async def test_is_the_same_however_often_it_is_sent(self, door: Door) -> None:
        given = payload(solved(challenge_in(await ask(door))))
        first, again = await ask(door, given), await ask(door, given)
        assert isinstance(first, Passed)
        assert first == again

    async def test_differs_from_any_other(self, door: Door) -> None:
        one = await ask(door, payload(solved(challenge_in(await ask(door)))))
        other = await ask(door, payload(solved(challenge_in(await ask(door)))))
        assert isinstance(one, Passed)
        assert isinstance(other, Passed)
        assert one.id != other.id

    async def test_is_for_one_drop(self, door: Door) -> None:
        given = payload(solved(challenge_in(await ask(door))))
        assert code_of(await ask(door, given, drop="aurora-2")) == (403, "challenge_failed")
        assert wrong(door) == "other_drop"

    async def test_is_for_one_purpose(self, door: Door) -> None:
        given = payload(solved(challenge_in(await ask(door))))
        assert code_of(await ask(door, given, purpose="reserve")) == (403, "challenge_failed")
        assert wrong(door) == "other_purpose"

    async def test_is_for_one_buyer(self, door: Door) -> None:
        given = payload(solved(challenge_in(await ask(door))))
        assert code_of(await ask(door, given, call=a_call("eve"))) == (403, "challenge_failed")
        assert wrong(door) == "other_holder"

    async def test_expires(self, door: Door) -> None:
        given = payload(solved(challenge_in(await ask(door))))
        door.offset_s = 599
        assert isinstance(await ask(door, given), Passed)
        door.offset_s = 601
        told = await ask(door, given)
        assert code_of(told) == (403, "challenge_expired")
        assert isinstance(await ask(door, payload(solved(challenge_in(told)))), Passed)


def test_a_challenge_can_be_fetched_ahead(storefront: Client) -> None:
    answer = storefront.ask("GET", "/v1/challenges?drop=aurora-1&purpose=line", race_buyer="ada")
    assert answer.status == 200
    assert answer.json["ways"] == ["proof_of_work", "email_code"]
    assert answer.json["challenge"]["algorithm"] == "SHA-256"


@pytest.mark.parametrize(("query", "field"), [("", "drop"), ("drop=../x", "drop"), ("drop=a&purpose=sleep", "purpose")])
def test_a_question_that_is_none_is_refused(storefront: Client, query: str, field: str) -> None:
    answer = storefront.ask("GET", f"/v1/challenges?{query}")
    assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), field)
