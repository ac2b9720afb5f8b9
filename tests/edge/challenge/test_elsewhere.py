"""Third parties' challenges, against a server that answers as they document it."""

from collections.abc import AsyncIterator

import pytest

from race_to_purchase.edge.challenge import elsewhere
from race_to_purchase.edge.challenge.elsewhere import Name, SiteVerify, ThirdPartyUnavailable
from race_to_purchase.edge.challenge.wanted import Solved, Wanted, Wrong
from tests.edge.challenge.servers import SiteVerifyServer, site_verify

WANTED = Wanted("aurora-1", "line", "ada")


@pytest.fixture
async def server() -> AsyncIterator[SiteVerifyServer]:
    """Theirs."""
    async with site_verify() as running:
        running.good = {"a-token"}
        yield running


@pytest.fixture(params=["turnstile", "hcaptcha"])
async def third(request: pytest.FixtureRequest, server: SiteVerifyServer) -> AsyncIterator[SiteVerify]:
    """Our side of it."""
    name: Name = request.param
    ours = SiteVerify(name, "site-key", "the-secret", now=lambda: 1000.0, url=server.url)
    yield ours
    await ours.close()


async def test_a_token_that_they_confirm_passes(third: SiteVerify, server: SiteVerifyServer) -> None:
    found = await third.check("a-token", "203.0.113.9", WANTED)
    assert isinstance(found, Solved)
    assert (found.way, found.tier) == (third.name, 3)
    sent = {"secret": "the-secret", "response": "a-token", "remoteip": "203.0.113.9"}
    assert server.asked == [sent if third.name == "turnstile" else {**sent, "sitekey": "site-key"}]


async def test_the_same_token_is_the_same_proof_and_is_asked_about_once(
    third: SiteVerify, server: SiteVerifyServer
) -> None:
    first = await third.check("a-token", "203.0.113.9", WANTED)
    assert await third.check("a-token", "203.0.113.9", WANTED) == first
    assert len(server.asked) == 1


async def test_a_token_that_was_used_elsewhere_does_not(third: SiteVerify, server: SiteVerifyServer) -> None:
    await third.check("a-token", "203.0.113.9", WANTED)
    other = Wanted("aurora-1", "line", "eve")
    assert await third.check("a-token", "203.0.113.9", other) == Wrong("third_party")


async def test_a_token_that_was_made_for_another_drop_does_not(third: SiteVerify, server: SiteVerifyServer) -> None:
    server.cdata = "aurora-2"
    assert await third.check("a-token", "203.0.113.9", WANTED) == Wrong("other_drop")


async def test_a_token_is_asked_about_again_when_it_was_remembered_long_enough(server: SiteVerifyServer) -> None:
    clock = [1000.0]
    ours = SiteVerify("turnstile", "site-key", "the-secret", now=lambda: clock[0], url=server.url)
    await ours.check("a-token", "203.0.113.9", WANTED)
    clock[0] += elsewhere.REMEMBERED_S
    assert await ours.check("a-token", "203.0.113.9", WANTED) == Wrong("third_party")
    await ours.close()


async def test_of_an_answer_that_does_not_end_no_more_is_read_than_shows_it(
    third: SiteVerify, server: SiteVerifyServer
) -> None:
    server.body = b'{"success": true, "more": "' + b"x" * 1_000_000 + b'"}'
    with pytest.raises(ThirdPartyUnavailable):
        await third.check("a-token", "203.0.113.9", WANTED)


@pytest.mark.parametrize("token", ["", "x" * 9000, "a\nb", "é"])
async def test_what_is_no_token_is_not_sent_to_them(third: SiteVerify, server: SiteVerifyServer, token: str) -> None:
    assert await third.check(token, "203.0.113.9", WANTED) == Wrong("malformed")
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (503, b"busy"), (200, b"<html>"), (200, b"[]"), (200, b"{" * 20_000)]
)
async def test_an_answer_that_is_not_theirs_confirms_nothing(
    third: SiteVerify, server: SiteVerifyServer, status: int, body: bytes | None
) -> None:
    server.status, server.body = status, body
    with pytest.raises(ThirdPartyUnavailable):
        await third.check("a-token", "203.0.113.9", WANTED)


async def test_they_are_not_waited_for_long(
    third: SiteVerify, server: SiteVerifyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "TIMEOUT_S", 0.05)
    server.pause_s = 1.0
    with pytest.raises(ThirdPartyUnavailable):
        await third.check("a-token", "203.0.113.9", WANTED)


async def test_what_is_remembered_is_bounded(
    third: SiteVerify, server: SiteVerifyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "REMEMBERED_MAX", 3)
    server.good = {f"token-{number}" for number in range(6)}
    for number in range(6):
        assert isinstance(await third.check(f"token-{number}", "203.0.113.9", WANTED), Solved)
    assert len(third._confirmed) == 3
