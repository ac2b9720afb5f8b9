"""A door over real HTTP: what is asked, what is accepted, and for whom."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.elsewhere import SiteVerify
from race_to_purchase.edge.challenge.mail import MailUnavailable
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.noticing import Known
from race_to_purchase.edge.challenge.outcome import Demanded, Passed
from race_to_purchase.edge.challenge.wanted import Purpose, Solved, Wanted
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.edge.principals import Principal
from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from race_to_purchase.observe.events.guard import (
    ChallengeAsked,
    ChallengeFailed,
    ChallengePassed,
    SignNoticed,
    VisitorRefused,
)
from tests.edge.browser import Browser
from tests.edge.challenge.servers import site_verify
from tests.edge.conftest import opened
from tests.edge.door import NUMBERS, Door, payload, solved
from tests.edge.shop import STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.wire import Client, Response

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


class TestACodeByMail:
    WISH: ClassVar = {"drop": "aurora-1", "email": "ada@example.com"}

    def test_is_sent_and_passes_at_the_door(self, shop: Shop, storefront: Client) -> None:
        answer = storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.status == 202
        ((address, code),) = shop.door.post.sent
        assert address == "ada@example.com"
        assert code not in answer.body.decode()
        assert shop.door.codes is not None
        found = shop.door.codes.check(answer.json["answer"] + code, Wanted("aurora-1", "line", "ada"))
        assert isinstance(found, Solved)

    def test_is_not_sent_again_and_again(self, shop: Shop, storefront: Client) -> None:
        wishes = [storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer=f"b{n}") for n in range(4)]
        assert [wish.status for wish in wishes] == [202, 202, 202, 429]
        assert wishes[-1].problem == (429, "rate_limited")
        assert wishes[-1].json["rate_limit"] == "code_address"
        assert len(shop.door.post.sent) == 3

    def test_is_not_sent_to_many_addresses_for_one_buyer(self, shop: Shop, storefront: Client) -> None:
        wishes = [{**self.WISH, "email": f"ada{n}@example.com"} for n in range(6)]
        told = [storefront.ask("POST", "/v1/challenges/code", wish, race_buyer="ada") for wish in wishes]
        assert [answer.status for answer in told] == [202] * 5 + [429]
        assert told[-1].json["rate_limit"] == "code_holder"

    @pytest.mark.parametrize("email", ["ada,bob@example.com", "ada", "ada@example.com\n", "a@b@c", ""])
    def test_is_not_sent_to_what_is_no_address(self, shop: Shop, storefront: Client, email: str) -> None:
        answer = storefront.ask("POST", "/v1/challenges/code", {**self.WISH, "email": email}, race_buyer="ada")
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "email")
        assert shop.door.post.sent == []

    def test_is_not_sent_to_who_fills_in_what_nobody_sees(self, shop: Shop, storefront: Client) -> None:
        wish = {**self.WISH, "website": "https://spam.example.com"}
        answer = storefront.ask("POST", "/v1/challenges/code", wish, race_buyer="ada")
        assert answer.problem == (403, "refused_by_guard")
        assert shop.door.post.sent == []

    def test_says_so_where_mail_is_down(self, shop: Shop, storefront: Client) -> None:
        shop.door.post.failure = MailUnavailable(reason="down", retry_after_s=5.0)
        answer = storefront.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.problem == (503, "unavailable")

    def test_says_so_where_there_is_no_mail(self) -> None:
        shop = Shop()
        shop.door = Door(mail=False)
        with opened(shop) as server, server.client(STOREFRONT_KEY) as client:
            answer = client.ask("POST", "/v1/challenges/code", self.WISH, race_buyer="ada")
        assert answer.problem == (409, "no_email_codes")


class TestADropThatAsksWhenSomebodyReserves:
    @pytest.fixture
    def guarded(self) -> Iterator[Client]:
        """A storefront's client of a shop with one such drop."""
        shop = Shop()
        shop.door = Door(reserving=frozenset({"aurora-1"}))
        with opened(shop) as server, server.client(STOREFRONT_KEY) as client:
            yield client

    def test_gives_nothing_for_nothing(self, guarded: Client) -> None:
        assert guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT).problem == (403, "challenge_required")

    def test_gives_for_a_solution_of_that_buyer(self, guarded: Client) -> None:
        told = guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
        shown = payload(solved(told.json["challenge"]))
        assert guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT, race_challenge=shown).status == 201

    def test_does_not_give_to_many_buyers_for_one_solution(self, guarded: Client) -> None:
        told = guarded.ask("POST", "/v1/checkouts", NEW_CHECKOUT)
        shown = payload(solved(told.json["challenge"]))
        other = {**NEW_CHECKOUT, "buyer": {"id": "somebody-else"}}
        assert guarded.ask("POST", "/v1/checkouts", other, race_challenge=shown).problem == (403, "challenge_failed")


async def test_a_signature_that_was_never_ours_is_a_programs(door: Door) -> None:
    given = {**solved(challenge_in(await ask(door))), "signature": "0" * 64}
    assert code_of(await ask(door, payload(given))) == (403, "refused_by_guard")
    watched = Door(log_only=frozenset({"refusals"}))
    assert code_of(await ask(watched, payload(given))) == (403, "challenge_failed")
    assert [event.signs for event in watched.told if isinstance(event, VisitorRefused)] == ["forged_token"]


class TestAGuestWhoJoinsALine:
    PATH = "/v1/drops/aurora-1/line"

    @pytest.fixture
    def guest(self, shop: Shop) -> Iterator[Browser]:
        """In the browser of somebody whom nobody knows, before a door that asks."""
        now = datetime.now(UTC)
        registers = {
            "registration_opens_at": now - timedelta(hours=1),
            "registration_closes_at": now + timedelta(hours=1),
        }
        door = {**registers, "rate_per_s": 10.0, "passes_outstanding_max": 10, "challenge": "adaptive"}
        with Server(shop.app) as server, Browser(server) as browser:
            server.do(lambda: shop.catalogue.put(a_definition(opens_at=now + timedelta(hours=2), door=door)))
            browser.open()
            yield browser

    def join(self, guest: Browser, **body: Any) -> Response:
        """As a browser does."""
        named = {name.decode().replace("-", "_"): value.decode() for name, value in BROWSER.items()}
        return guest.ask("POST", self.PATH, body, **named)

    def test_solves_something_once_and_has_one_place(self, guest: Browser) -> None:
        asked = self.join(guest)
        assert asked.problem == (403, "challenge_required")
        shown = payload(solved(asked.json["challenge"]))
        first, again = self.join(guest, challenge=shown), self.join(guest, challenge=shown)
        assert (first.status, again.status) == (201, 201)
        places = [urlsafe_b64decode(answer.json["ticket"] + "==")[3:19] for answer in (first, again)]
        assert places[0] == places[1]

    def test_can_solve_it_before(self, guest: Browser) -> None:
        ahead = guest.ask("GET", "/v1/challenges?drop=aurora-1")
        assert self.join(guest, challenge=payload(solved(ahead.json["challenge"]))).status == 201

    def test_cannot_use_what_another_has_solved(self, guest: Browser) -> None:
        shown = payload(solved(self.join(guest).json["challenge"]))
        guest.cookie = None
        guest.open()
        assert self.join(guest, challenge=shown).problem == (403, "challenge_failed")

    def test_is_refused_where_a_hidden_field_is_filled_in(self, guest: Browser) -> None:
        assert self.join(guest, website="https://spam.example.com").problem == (403, "refused_by_guard")
