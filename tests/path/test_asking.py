"""Asking a gateway: not for ever, and again with the same request where nothing was sent."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.path.asking import asked, request_of
from race_to_purchase.path.patience import Patience
from race_to_purchase.path.pay import RESEND_FOR, wanted
from race_to_purchase.path.within import Within
from race_to_purchase.rules.verdicts import Authorized, NoAnswer, NotSent, Verdict
from tests.samples import NOON, a_checkout, an_attempt

YES = Authorized("ref", 100)
SOON, LATE = NotSent("too many requests", retry_after_s=0.0), NotSent("too many requests", retry_after_s=600.0)


class Gateway:
    """Says one thing after the other, and then nothing any more."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.left = list(verdicts)
        self.asked = 0

    async def ask(self) -> Verdict:
        self.asked += 1
        if not self.left:
            await asyncio.Event().wait()
        return self.left.pop(0)


async def test_what_was_not_sent_is_sent_again_when_the_gateway_wants_it() -> None:
    gateway = Gateway(SOON, SOON, YES)
    assert (await asked(gateway.ask, Within(10.0), again=True), gateway.asked) == (YES, 3)


async def test_who_may_go_elsewhere_does_not_wait() -> None:
    gateway = Gateway(LATE, YES)
    assert (await asked(gateway.ask, Within(10.0)), gateway.asked) == (LATE, 1)


async def test_a_pause_beyond_our_patience_leaves_it_unsent() -> None:
    """Which is known, so that another gateway may take it."""
    assert await asked(Gateway(LATE).ask, Within(0.05), again=True) == LATE


async def test_silence_after_a_refusal_is_silence() -> None:
    """The second request may have arrived, whatever became of the first."""
    assert isinstance(await asked(Gateway(SOON).ask, Within(0.05), again=True), NoAnswer)
    assert isinstance(await asked(Gateway().ask, Within(0.05)), NoAnswer)


def test_the_same_attempt_always_makes_the_same_request() -> None:
    attempt = an_attempt(a_checkout(), return_url="https://shop.example/back")
    assert request_of(attempt) == request_of(attempt)
    assert request_of(attempt).reference == f"{attempt.checkout_id}/1"


def test_pauses_grow_and_the_last_is_repeated() -> None:
    patience = Patience(resolve_after_s=(1.0, 60.0))
    assert [patience.again_s(tries) for tries in range(4)] == [1.0, 60.0, 60.0, 60.0]


@pytest.mark.parametrize("pauses", [(), (0.0,), (5.0, -1.0)])
def test_patience_without_pauses_is_refused(pauses: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="resolve_after_s"):
        Patience(resolve_after_s=pauses)


def test_patience_that_would_take_over_a_call_under_way_is_refused() -> None:
    with pytest.raises(ValueError, match="takeover_s must be longer than gateway_s"):
        Patience(gateway_s=15.0, takeover_s=15.0)


def test_patience_that_ends_while_a_request_may_still_be_on_its_way_is_refused() -> None:
    with pytest.raises(ValueError, match="resolve_for_s must be longer than 300 s"):
        Patience(resolve_for_s=300.0)


class TestWhatIsSentAgain:
    """A request that the gateway does not know."""

    CHECKOUT = a_checkout(state="paying", live_n=1, deadline=NOON + timedelta(days=9))
    ATTEMPT = an_attempt(CHECKOUT, began_at=NOON)

    def test_while_its_reservation_waits_for_it(self) -> None:
        assert wanted(self.ATTEMPT, self.CHECKOUT, NOON)

    @pytest.mark.parametrize("change", [{"state": "lapsed"}, {"live_n": 2}, {"deadline": NOON}])
    def test_not_once_the_reservation_waits_no_longer(self, change: dict[str, Any]) -> None:
        assert not wanted(self.ATTEMPT, replace(self.CHECKOUT, **change), NOON)

    def test_not_once_the_gateway_may_have_forgotten_its_key(self) -> None:
        assert wanted(self.ATTEMPT, self.CHECKOUT, NOON + RESEND_FOR - timedelta(seconds=1))
        assert not wanted(self.ATTEMPT, self.CHECKOUT, NOON + RESEND_FOR)
