"""A door over real HTTP: what is asked, what is accepted, and for whom."""

from typing import Any

import msgspec
import pytest

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge import challenges
from race_to_purchase.edge.challenge.elsewhere import SiteVerify
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.noticing import Known
from race_to_purchase.edge.challenge.outcome import Demanded, Passed
from race_to_purchase.edge.challenge.wanted import Purpose, Wanted
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.edge.principals import Principal
from race_to_purchase.observe.events.guard import (
    ChallengeAsked,
    ChallengeFailed,
    ChallengePassed,
    SignNoticed,
    VisitorRefused,
)
from tests.edge.challenge.servers import site_verify
from tests.edge.door import NUMBERS, Door, payload, solved

BROWSER = {
    b"user-agent": b"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    b"accept": b"*/*",
    b"accept-language": b"en",
    b"accept-encoding": b"gzip",
}


def a_call(buyer: str | None = "ada", headers: dict[bytes, bytes] | None = None) -> Call:
    """A request of a buyer's browser."""
    given = BROWSER if headers is None else headers
    return Call("join", given, {"drop": "aurora-1"}, lambda: True, Principal("~", "buyer", buyer), buyer)


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

    async def test_is_told_of_once_and_remembered_within_bounds(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(challenges, "PASSED_MAX", 1)
        first, second = [payload(solved(challenge_in(await ask(door)))) for _ in range(2)]
        door.told.clear()
        for given in (first, first, second, first):  # The second one has displaced the first.
            await ask(door, given)
        assert [type(event) for event in door.told] == [ChallengePassed] * 3

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


SCRIPT = {b"user-agent": b"python-requests/2.32"}
DATACENTRE = Origin("198.51.100.7", "198.51.100.7")


def suspicious(buyer: str = "ada") -> Call:
    """A request with several signs: a data centre, and hints of another browser."""
    call = a_call(buyer, {**BROWSER, b"sec-ch-ua": b'"Chromium";v="131"', b"sec-fetch-mode": b"cors"})
    call.origin = DATACENTRE
    return call


def watchful(**options: Any) -> Door:
    """A door that knows one data centre."""
    return Door(known=Known(Networks.of("198.51.100.0/24")), **options)


class TestATier:
    async def test_of_somebody_usual_is_passed_by_a_proof_of_work(self, door: Door) -> None:
        told = await ask(door)
        assert isinstance(told, Demanded)
        assert (told.tier, told.reasons, challenge_in(told)["maxnumber"]) == (1, (), NUMBERS[0])

    async def test_of_somebody_odd_is_passed_by_a_harder_one(self, door: Door) -> None:
        call = a_call("ada", SCRIPT)
        told = await ask(door, call=call)
        assert isinstance(told, Demanded)
        assert (told.tier, told.reasons, challenge_in(told)["maxnumber"]) == (2, ("agent_script",), NUMBERS[1])
        passed = await ask(door, payload(solved(challenge_in(told))), call=call)
        assert isinstance(passed, Passed)
        assert passed.tier == 2

    async def test_is_not_passed_by_what_counts_for_a_lower_one(self, door: Door) -> None:
        easy = payload(solved(challenge_in(await ask(door))))
        told = await ask(door, easy, call=a_call("ada", SCRIPT))
        assert code_of(told) == (403, "challenge_required")
        assert isinstance(told, Demanded)
        assert told.tier == 2

    async def test_with_several_signs_wants_a_code_by_mail(self) -> None:
        door = watchful()
        told = await ask(door, call=suspicious())
        assert isinstance(told, Demanded)
        body = msgspec.json.decode(told.problem.body)
        assert (told.tier, body["ways"], "challenge" in body) == (3, ["email_code"], False)
        assert door.codes is not None
        sent = door.codes.issue(Wanted("aurora-1", "line", "ada"), "ada@example.com")
        passed = await ask(door, f"code.{sent.token}.{sent.code}", call=suspicious())
        assert isinstance(passed, Passed)
        assert passed.tier == 3

    async def test_with_several_signs_is_passed_by_no_proof_of_work(self) -> None:
        door = watchful()
        hard = payload(solved(challenge_in(await ask(door, call=a_call("ada", SCRIPT)))))
        assert code_of(await ask(door, hard, call=suspicious())) == (403, "challenge_required")

    async def test_asks_for_nothing_that_is_not_set_up(self) -> None:
        told = await ask(watchful(mail=False), call=suspicious())
        assert isinstance(told, Demanded)
        assert (told.tier, challenge_in(told)["maxnumber"]) == (2, NUMBERS[1])

    async def test_of_a_forger_is_passed_by_nothing(self, door: Door) -> None:
        right = payload(solved(challenge_in(await ask(door))))
        told = await door.challenges.require(a_call(), "aurora-1", "line", right, ("forged_token",))
        assert code_of(told) == (403, "refused_by_guard")
        assert b"forged" not in told.problem.body  # type: ignore[union-attr] # it was demanded
        assert isinstance(door.told[-1], VisitorRefused)
        assert door.told[-1].enforced


class TestWhatIsOnlyWatched:
    async def test_refuses_nobody_where_refusals_are(self) -> None:
        door = Door(log_only=frozenset({"refusals"}))
        told = await door.challenges.require(a_call(), "aurora-1", "line", None, ("honeypot",))
        assert code_of(told) == (403, "challenge_required")
        (refused,) = (event for event in door.told if isinstance(event, VisitorRefused))
        assert not refused.enforced

    async def test_asks_nobody_where_challenges_are_and_still_tells(self) -> None:
        door = watchful(log_only=frozenset({"challenges"}))
        passed = await ask(door, call=suspicious())
        assert isinstance(passed, Passed)
        assert passed.reasons == ("hints_mismatch", "network_datacentre")
        asked = door.told[-1]
        assert isinstance(asked, ChallengeAsked)
        assert (asked.tier, asked.enforced) == (3, False)

    async def test_still_gives_each_buyer_an_id_of_their_own(self) -> None:
        door = watchful(log_only=frozenset({"challenges"}))
        found = [await ask(door, call=a_call(buyer)) for buyer in ("ada", "ada", "bob")]
        ids = [one.id for one in found if isinstance(one, Passed)]
        assert ids[0] == ids[1] != ids[2]


async def test_every_sign_is_told_of_by_its_code() -> None:
    door = watchful()
    await ask(door, call=suspicious())
    assert [event.sign for event in door.told if isinstance(event, SignNoticed)] == [
        "hints_mismatch",
        "network_datacentre",
    ]


async def test_how_fast_it_was_solved_is_not_looked_at(door: Door) -> None:
    challenge = challenge_in(await ask(door))
    quick, slow = ({**solved(challenge), "took": took} for took in (0, 600_000))
    assert await ask(door, payload(quick)) == await ask(door, payload(slow))


async def test_wrong_answers_make_the_next_challenge_harder(door: Door) -> None:
    for _ in range(3):
        assert code_of(await ask(door, "nonsense")) == (403, "challenge_failed")
    told = await ask(door)
    assert isinstance(told, Demanded)
    assert (told.tier, told.reasons) == (2, ("failed_before",))


async def test_an_answer_may_stand_in_a_header(door: Door) -> None:
    given = payload(solved(challenge_in(await ask(door))))
    call = a_call("ada", {**BROWSER, b"race-challenge": given.encode()})
    assert isinstance(await ask(door, call=call), Passed)


async def test_a_third_partys_challenge_passes_where_it_is_set_up() -> None:
    async with site_verify() as server:
        server.good = {"a-token"}
        third = SiteVerify("turnstile", "the-site-key", "the-secret", now=lambda: 0.0, url=server.url)
        door = watchful(third=(third,))
        told = await ask(door, call=suspicious())
        assert isinstance(told, Demanded)
        body = msgspec.json.decode(told.problem.body)
        assert (body["ways"], body["site_keys"]) == (["email_code", "turnstile"], {"turnstile": "the-site-key"})
        assert isinstance(await ask(door, "turnstile.a-token", call=suspicious()), Passed)
        assert code_of(await ask(door, "turnstile.forged", call=suspicious())) == (403, "challenge_failed")
        assert code_of(await ask(door, "hcaptcha.a-token", call=suspicious())) == (403, "challenge_failed")
        await third.close()


async def test_a_signature_that_was_never_ours_is_a_programs(door: Door) -> None:
    given = {**solved(challenge_in(await ask(door))), "signature": "0" * 64}
    assert code_of(await ask(door, payload(given))) == (403, "refused_by_guard")
    watched = Door(log_only=frozenset({"refusals"}))
    assert code_of(await ask(watched, payload(given))) == (403, "challenge_failed")
    assert [event.signs for event in watched.told if isinstance(event, VisitorRefused)] == ["forged_token"]
