"""The sandbox keeps to the contract of all gateways, and its payment methods do what their names say."""

import asyncio

import asyncpg
import pytest
from msgspec.structs import replace

from race_to_purchase.gateways import KeyReused
from race_to_purchase.gateways.sandbox.gateway import LOST_MAX, SandboxGateway
from race_to_purchase.gateways.sandbox.methods import METHODS, UNKNOWN_METHOD
from race_to_purchase.rules.money import MINOR_UNITS_MAX
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    Refunded,
    RefundPending,
    Voided,
)
from tests.gateways.contract import AMOUNT, Cards, GatewayContract, authorized, captured, new_key, request_of


class TestTheSandbox(GatewayContract):
    """The contract."""

    @pytest.fixture
    def cards(self) -> Cards:
        """As a buyer's request names them."""
        return Cards("pm_approved", "pm_declined", "pm_insufficient_funds", garbage="pm_\x00 '; DROP TABLE payment")


class TestPaymentMethods:
    """Each stands for one thing that a real gateway does."""

    @pytest.mark.parametrize(
        ("method", "declined"),
        [
            ("pm_declined", Declined("generic_decline", False)),
            ("pm_insufficient_funds", Declined("insufficient_funds", True, "other_card")),
            ("pm_expired_card", Declined("expired_card", False)),
            ("pm_try_again", Declined("try_again_later", True, "other_gateway")),
            ("pm_of_another_shop", Declined(UNKNOWN_METHOD, False)),
            ("", Declined(UNKNOWN_METHOD, False)),
        ],
    )
    async def test_declines_have_their_code(self, gateway: SandboxGateway, method: str, declined: Declined) -> None:
        assert await gateway.authorize(request_of(method), None) == declined

    async def test_a_slow_one_is_authorized_in_the_end(self, gateway: SandboxGateway) -> None:
        assert isinstance(await gateway.authorize(request_of("pm_slow"), None), Authorized)

    async def test_a_slow_one_is_not_in_the_books_yet(self, books_dsn: str) -> None:
        gateway = SandboxGateway(books_dsn, slow_s=3600)
        request = request_of("pm_slow")
        waiting = asyncio.ensure_future(gateway.authorize(request, None))
        assert await gateway.look_up(request, None) == Absent()
        assert not waiting.done()
        waiting.cancel()
        await gateway.close()

    async def test_a_lost_answer_is_found_by_asking(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_answer_lost")
        assert isinstance(await gateway.authorize(request, None), NoAnswer)
        assert isinstance(await gateway.look_up(request, None), Authorized)

    async def test_a_lost_answer_comes_when_the_key_is_sent_again(
        self, gateway: SandboxGateway, neighbour: SandboxGateway
    ) -> None:
        request = request_of("pm_answer_lost")
        await gateway.authorize(request, None)
        assert isinstance(await neighbour.authorize(request, None), Authorized)

    async def test_a_lost_request_has_left_nothing(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_lost_request")
        assert isinstance(await gateway.authorize(request, None), NoAnswer)
        assert await gateway.look_up(request, None) == Absent()

    async def test_a_lost_request_arrives_when_it_is_sent_again(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_lost_request")
        await gateway.authorize(request, None)
        assert isinstance(await gateway.authorize(request, None), Authorized)

    async def test_the_memory_of_lost_requests_is_bounded(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_lost_request")
        await gateway.authorize(request, None)
        await asyncio.gather(*(gateway.authorize(request_of("pm_lost_request"), None) for _ in range(LOST_MAX)))
        assert isinstance(await gateway.authorize(request, None), NoAnswer)

    async def test_an_authorization_can_lapse_before_its_capture(self, gateway: SandboxGateway) -> None:
        ref = await authorized(gateway, "pm_capture_refused")
        assert await gateway.capture(ref, AMOUNT, new_key()) == CaptureRefused("authorization_expired")
        assert await gateway.void(ref, new_key()) == Voided(ref)

    @pytest.mark.parametrize("method", sorted(METHODS))
    async def test_the_second_answer_to_a_key_is_the_last(self, gateway: SandboxGateway, method: str) -> None:
        """The first may be lost; from the second on, nothing changes any more."""
        request = request_of(method)
        answers = [await gateway.authorize(request, None) for _ in range(3)]
        assert answers[1] == answers[2]
        assert not isinstance(answers[2], NoAnswer)


class TestLateNews:
    """What is asked too late, or of nothing, has an answer too."""

    async def test_a_replay_has_the_first_answer_after_everything(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_approved")
        first = await gateway.authorize(request, None)
        assert isinstance(first, Authorized)
        await gateway.void(first.ref, new_key())
        assert await gateway.authorize(request, None) == first

    async def test_a_decline_voids_to_nothing(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_declined")
        await gateway.authorize(request, None)
        ref = f"sbx_{request.key}"
        assert await gateway.void(ref, new_key()) == Voided(ref)
        assert await gateway.capture(ref, AMOUNT, new_key()) == CaptureRefused("payment_declined")
        assert await gateway.look_up(request, ref) == Declined("generic_decline", retryable=False)

    async def test_of_an_unknown_payment_nothing_can_be_done(self, gateway: SandboxGateway) -> None:
        assert await gateway.capture("sbx_none", AMOUNT, new_key()) == CaptureRefused("unknown_payment")
        assert await gateway.void("sbx_none", new_key()) == Absent()
        assert await gateway.refund("sbx_none", AMOUNT, new_key()) == Declined("not_captured", retryable=False)

    async def test_a_ref_is_no_key_and_a_key_no_ref(self, gateway: SandboxGateway) -> None:
        request = request_of("pm_approved")
        verdict = await gateway.authorize(request, None)
        assert isinstance(verdict, Authorized)
        assert await gateway.void(request.key, new_key()) == Absent()
        assert await gateway.look_up(replace(request, key=verdict.ref), None) == Absent()


class TestCallsOfOneMoment:
    """Calls are combined into one transaction; each gets its own answer all the same."""

    async def test_neighbours_in_a_batch_do_not_disturb_each_other(self, gateway: SandboxGateway) -> None:
        known = request_of("pm_approved")
        await gateway.authorize(known, None)
        methods = ["pm_approved", "pm_declined", "pm_answer_lost", "pm_approved", "pm_try_again"]
        requests = [request_of(method) for method in methods]
        asked = [*requests, known, requests[0], replace(requests[1], amount=1), requests[2]]
        told = await asyncio.gather(*(gateway.authorize(request, None) for request in asked), return_exceptions=True)
        assert [type(verdict) for verdict in told] == [
            Authorized, Declined, NoAnswer, Authorized, Declined, Authorized, Authorized, KeyReused, Authorized,
        ]  # fmt: skip
        assert told[0] == told[6]

    async def test_one_capture_asked_for_twice_at_once_is_one(
        self, gateway: SandboxGateway, books: asyncpg.Connection
    ) -> None:
        ref = await authorized(gateway, "pm_approved")
        calls = [gateway.capture(ref, AMOUNT, "k1"), gateway.capture(ref, 5_000, "k2"), gateway.capture(ref, 1, "k1")]
        first, other, bug = await asyncio.gather(*calls, return_exceptions=True)
        assert first == other == Captured(ref, AMOUNT)
        assert isinstance(bug, KeyReused)
        assert await books.fetchval("SELECT captured FROM sandbox.payment WHERE ref = $1", ref) == AMOUNT

    async def test_a_caller_that_goes_away_takes_no_one_with_it(self, gateway: SandboxGateway) -> None:
        gone, stays = request_of("pm_approved"), request_of("pm_approved")
        leaving = asyncio.ensure_future(gateway.authorize(gone, None))
        staying = asyncio.ensure_future(gateway.authorize(stays, None))
        await asyncio.sleep(0)
        leaving.cancel()
        assert isinstance(await staying, Authorized)


class TestWrongArguments:
    """What could spoil a batch for others does not get into one."""

    @pytest.mark.parametrize("text", ["", "k" * 256, "a\x00b", "clé", "\ud800", "two\nlines"])
    async def test_a_text_that_is_no_key_is_a_bug(self, gateway: SandboxGateway, text: str) -> None:
        request = request_of("pm_approved")
        with pytest.raises(ValueError, match="no key or id"):
            await gateway.look_up(replace(request, key=text), None)
        with pytest.raises(ValueError, match="no key or id"):
            await gateway.capture(text, 1, new_key())
        with pytest.raises(ValueError, match="no key or id"):
            await gateway.authorize(replace(request, key=text), None)
        with pytest.raises(ValueError, match="no key or id"):
            await gateway.authorize(replace(request, reference=text), None)

    @pytest.mark.parametrize("amount", [-1, MINOR_UNITS_MAX + 1, 1 << 80])
    async def test_an_amount_that_is_none_is_a_bug(self, gateway: SandboxGateway, amount: int) -> None:
        with pytest.raises(ValueError, match="no amount"):
            await gateway.authorize(request_of("pm_approved", amount=amount), None)
        with pytest.raises(ValueError, match="no amount"):
            await gateway.capture("sbx_any", amount, new_key())

    async def test_nothing_cannot_be_refunded(self, gateway: SandboxGateway) -> None:
        with pytest.raises(ValueError, match="no amount"):
            await gateway.refund("sbx_any", 0, new_key())

    async def test_a_refund_that_takes_its_time_is_pending_until_it_is_done(self, gateway: SandboxGateway) -> None:
        ref, key = await captured(gateway, "pm_refund_pending"), new_key()
        assert await gateway.refund(ref, 100, key) == RefundPending(ref)
        await asyncio.sleep(gateway._slow_s + 0.05)
        assert await gateway.look_up_refund(ref, key) == await gateway.refund(ref, 100, key) == Refunded(ref, 100)

    async def test_a_refund_that_is_refused_leaves_nothing_behind(self, gateway: SandboxGateway) -> None:
        ref, key = await captured(gateway, "pm_refund_refused"), new_key()
        assert await gateway.refund(ref, 100, key) == Declined("refund_refused", retryable=False)
        assert await gateway.look_up_refund(ref, key) == Absent()

    async def test_a_secret_that_is_none_is_refused_at_once(self, books_dsn: str) -> None:
        with pytest.raises(ValueError, match="secret"):
            SandboxGateway(books_dsn, webhook_secret="open sesame")
