"""What every payment gateway behind the port has to keep to: one suite for all adapters.

An adapter's tests inherit from `GatewayContract` and give two fixtures: `gateway`, and `cards`, the gateway's own names
for payment methods of each kind. Amounts are such that gateways with a smallest charge accept them.

    class TestTheStripeAdapter(GatewayContract):
        @pytest.fixture
        def cards(self) -> Cards: ...
"""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from race_to_purchase.gateways import KeyReused
from race_to_purchase.ports import Gateway, PaymentRequest
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    Verdict,
    Voided,
)

AMOUNT = 15_900
BEGAN = datetime.now(UTC)


class Cards(msgspec.Struct, frozen=True):
    """Payment methods of one gateway, by what it does with them; `garbage` is none of its methods."""

    approved: str
    declined: str
    insufficient_funds: str
    garbage: str


def new_key() -> str:
    """A key that nobody has used."""
    return str(uuid.uuid4())


def request_of(method: str, key: str | None = None, amount: int = AMOUNT) -> PaymentRequest:
    """A request to authorize `amount` cents under a new key, or under `key`."""
    key = key or new_key()
    return PaymentRequest(key, amount, "EUR", method, reference=f"order-{key}", began_at=BEGAN)


async def send(gateway: Gateway, request: PaymentRequest) -> Verdict:
    """Authorize, by as many steps as this gateway takes."""
    if not gateway.two_step:
        return await gateway.authorize(request, None)
    prepared = await gateway.prepare(request)
    return await gateway.authorize(request, prepared.ref) if isinstance(prepared, Prepared) else prepared


async def authorized(gateway: Gateway, card: str, amount: int = AMOUNT) -> str:
    """The ref of a new authorization."""
    verdict = await send(gateway, request_of(card, amount=amount))
    assert isinstance(verdict, Authorized)
    return verdict.ref


async def captured(gateway: Gateway, card: str) -> str:
    """The ref of a new payment whose whole amount was captured."""
    ref = await authorized(gateway, card)
    assert await gateway.capture(ref, AMOUNT, new_key()) == Captured(ref, AMOUNT)
    return ref


class AuthorizingContract:
    """A key makes one payment, and always has the same answer."""

    async def test_an_approved_card_is_authorized_for_the_whole_amount(self, gateway: Gateway, cards: Cards) -> None:
        verdict = await send(gateway, request_of(cards.approved))
        assert isinstance(verdict, Authorized)
        assert verdict.amount == AMOUNT

    async def test_a_refused_card_is_declined_for_good(self, gateway: Gateway, cards: Cards) -> None:
        verdict = await send(gateway, request_of(cards.declined))
        assert isinstance(verdict, Declined)
        assert not verdict.retryable

    async def test_an_empty_card_is_declined_and_another_may_do(self, gateway: Gateway, cards: Cards) -> None:
        verdict = await send(gateway, request_of(cards.insufficient_funds))
        assert isinstance(verdict, Declined)
        assert (verdict.code, verdict.retryable) == ("insufficient_funds", True)

    async def test_what_is_no_payment_method_is_declined(self, gateway: Gateway, cards: Cards) -> None:
        assert isinstance(await send(gateway, request_of(cards.garbage)), Declined)

    @pytest.mark.parametrize("card", ["approved", "declined", "insufficient_funds"])
    async def test_the_same_key_again_has_the_same_answer(self, gateway: Gateway, cards: Cards, card: str) -> None:
        request = request_of(getattr(cards, card))
        assert await send(gateway, request) == await send(gateway, request)

    async def test_the_same_key_sent_at_the_same_time_makes_one_payment(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        verdicts = await asyncio.gather(*(send(gateway, request) for _ in range(8)), return_exceptions=True)
        refs = {verdict.ref for verdict in verdicts if isinstance(verdict, Authorized)}
        assert len(refs) == 1
        # A gateway may refuse to answer a key that it is working on, but not with another payment.
        assert all(isinstance(verdict, Authorized | NoAnswer | NotSent) for verdict in verdicts)

    async def test_a_key_with_another_request_is_refused_as_a_bug(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        before = await send(gateway, request)
        with pytest.raises(KeyReused):
            await send(gateway, msgspec.structs.replace(request, amount=AMOUNT + 100))
        assert await send(gateway, request) == before

    async def test_two_keys_make_two_payments(self, gateway: Gateway, cards: Cards) -> None:
        assert await authorized(gateway, cards.approved) != await authorized(gateway, cards.approved)


class LookingUpContract:
    """What a lost answer would have said can be asked for."""

    async def test_an_authorization_is_found_by_its_key_alone(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        verdict = await send(gateway, request)
        assert await gateway.look_up(request, None) == verdict

    async def test_an_authorization_is_found_by_its_ref(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        verdict = await send(gateway, request)
        assert isinstance(verdict, Authorized)
        assert await gateway.look_up(request, verdict.ref) == verdict

    async def test_a_decline_is_found(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.declined)
        verdict = await send(gateway, request)
        assert await gateway.look_up(request, None) == verdict

    async def test_a_key_that_was_never_sent_is_absent(self, gateway: Gateway) -> None:
        assert await gateway.look_up(request_of("pm_approved"), None) == Absent()

    async def test_a_capture_is_found(self, gateway: Gateway, cards: Cards) -> None:
        ref = await captured(gateway, cards.approved)
        assert await gateway.look_up(request_of("pm_approved"), ref) == Captured(ref, AMOUNT)

    async def test_a_void_is_found(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        await gateway.void(ref, new_key())
        assert await gateway.look_up(request_of("pm_approved"), ref) == Voided(ref)


class NamingContract:
    """Messages about refunds and disputes name a payment by the gateway's own id alone."""

    async def test_the_reference_of_a_payment_is_told(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        verdict = await send(gateway, request)
        assert isinstance(verdict, Authorized)
        assert await gateway.reference_of(verdict.ref) == request.reference

    async def test_a_payment_that_does_not_exist_has_none(self, gateway: Gateway) -> None:
        assert await gateway.reference_of("pi_3NoSuchPayment") is None


class ListingContract:
    """The gateway's own list has everything, whoever heard of it."""

    async def test_what_was_made_is_listed_once_as_it_stands(self, gateway: Gateway, cards: Cards) -> None:
        request = request_of(cards.approved)
        verdict = await send(gateway, request)
        assert isinstance(verdict, Authorized)
        ref = await captured(gateway, cards.approved)
        since = datetime.now(UTC) - timedelta(minutes=5)
        found = [payment async for payment in gateway.payments(since, since + timedelta(minutes=10))]
        assert len({payment.ref for payment in found}) == len(found)
        by_ref = {payment.ref: payment for payment in found}
        waiting, taken = by_ref[verdict.ref], by_ref[ref]
        assert (waiting.state, waiting.reference, waiting.captured) == ("authorized", request.reference, 0)
        assert (taken.state, taken.amount, taken.currency, taken.captured) == ("captured", AMOUNT, "EUR", AMOUNT)

    async def test_what_was_made_at_another_time_is_not_listed(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        since = datetime.now(UTC) - timedelta(days=2)
        found = [payment async for payment in gateway.payments(since, since + timedelta(days=1))]
        assert ref not in {payment.ref for payment in found}


class CapturingContract:
    """Money is taken once, and only where it was authorized."""

    async def test_the_whole_amount_is_captured(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        assert await gateway.capture(ref, AMOUNT, new_key()) == Captured(ref, AMOUNT)

    async def test_less_than_the_whole_amount_may_be_captured(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        assert await gateway.capture(ref, AMOUNT - 900, new_key()) == Captured(ref, AMOUNT - 900)

    async def test_more_than_was_authorized_is_refused(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        assert isinstance(await gateway.capture(ref, AMOUNT + 1, new_key()), CaptureRefused)

    async def test_a_capture_sent_again_is_one_capture(self, gateway: Gateway, cards: Cards) -> None:
        ref, key = await authorized(gateway, cards.approved), new_key()
        first = await gateway.capture(ref, AMOUNT, key)
        assert await gateway.capture(ref, AMOUNT, key) == first

    async def test_a_capture_key_with_another_amount_is_refused_as_a_bug(self, gateway: Gateway, cards: Cards) -> None:
        ref, key = await authorized(gateway, cards.approved), new_key()
        await gateway.capture(ref, AMOUNT, key)
        with pytest.raises(KeyReused):
            await gateway.capture(ref, AMOUNT - 100, key)

    async def test_what_was_captured_under_another_key_is_captured(self, gateway: Gateway, cards: Cards) -> None:
        """Refused would be a lie that cancels an order whose money was taken."""
        ref = await captured(gateway, cards.approved)
        assert await gateway.capture(ref, AMOUNT, new_key()) == Captured(ref, AMOUNT)

    async def test_a_voided_authorization_is_not_captured(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        await gateway.void(ref, new_key())
        assert isinstance(await gateway.capture(ref, AMOUNT, new_key()), CaptureRefused)


class VoidingContract:
    """What was authorized can be given up, until it is captured."""

    async def test_an_authorization_is_voided(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        assert await gateway.void(ref, new_key()) == Voided(ref)

    async def test_a_void_sent_again_is_one_void(self, gateway: Gateway, cards: Cards) -> None:
        ref, key = await authorized(gateway, cards.approved), new_key()
        assert await gateway.void(ref, key) == await gateway.void(ref, key) == Voided(ref)

    async def test_a_void_that_comes_too_late_says_what_was_captured(self, gateway: Gateway, cards: Cards) -> None:
        ref = await captured(gateway, cards.approved)
        assert await gateway.void(ref, new_key()) == Captured(ref, AMOUNT)

    async def test_of_a_capture_and_a_void_at_once_exactly_one_happens(self, gateway: Gateway, cards: Cards) -> None:
        for _ in range(4):
            ref = await authorized(gateway, cards.approved)
            capture, void = await asyncio.gather(gateway.capture(ref, AMOUNT, "c" + ref), gateway.void(ref, "v" + ref))
            stands = await gateway.look_up(request_of("pm_approved"), ref)
            if stands == Captured(ref, AMOUNT):
                assert (capture, void) == (stands, stands)
            else:
                assert (type(capture), void, stands) == (CaptureRefused, Voided(ref), Voided(ref))


class RefundingContract:
    """Of what was taken, no more than that goes back."""

    async def test_a_captured_payment_is_refunded(self, gateway: Gateway, cards: Cards) -> None:
        ref = await captured(gateway, cards.approved)
        assert await gateway.refund(ref, AMOUNT, new_key()) == Refunded(ref, AMOUNT)

    async def test_a_refund_sent_again_pays_back_once(self, gateway: Gateway, cards: Cards) -> None:
        ref, key = await captured(gateway, cards.approved), new_key()
        again = [await gateway.refund(ref, 10_000, key) for _ in range(3)]
        assert again == [Refunded(ref, 10_000)] * 3
        assert await gateway.refund(ref, AMOUNT - 10_000, new_key()) == Refunded(ref, AMOUNT - 10_000)

    async def test_a_refund_key_with_another_amount_is_refused_as_a_bug(self, gateway: Gateway, cards: Cards) -> None:
        ref, key = await captured(gateway, cards.approved), new_key()
        await gateway.refund(ref, 5_000, key)
        with pytest.raises(KeyReused):
            await gateway.refund(ref, 6_000, key)

    async def test_parts_are_refunded_up_to_what_was_captured(self, gateway: Gateway, cards: Cards) -> None:
        ref = await captured(gateway, cards.approved)
        parts: list[Verdict] = await asyncio.gather(*(gateway.refund(ref, 5_000, new_key()) for _ in range(6)))
        assert sum(isinstance(part, Refunded) for part in parts) == 3
        assert all(isinstance(part, Refunded | Declined) for part in parts)

    async def test_what_was_not_captured_is_not_refunded(self, gateway: Gateway, cards: Cards) -> None:
        ref = await authorized(gateway, cards.approved)
        assert isinstance(await gateway.refund(ref, AMOUNT, new_key()), Declined)

    async def test_a_refund_is_found_by_its_key_and_one_that_was_never_asked_for_is_absent(
        self, gateway: Gateway, cards: Cards
    ) -> None:
        ref, key = await captured(gateway, cards.approved), new_key()
        assert await gateway.look_up_refund(ref, key) == Absent()
        await gateway.refund(ref, 5_000, new_key())
        assert await gateway.look_up_refund(ref, key) == Absent()
        await gateway.refund(ref, 6_000, key)
        assert await gateway.look_up_refund(ref, key) == Refunded(ref, 6_000)


class WebhookContract:
    """Only what the gateway signed is believed."""

    async def test_a_message_without_a_signature_is_refused(self, gateway: Gateway) -> None:
        with pytest.raises(ValueError, match=r"."):
            gateway.verify_webhook({}, b'{"type": "payment.captured", "data": {"ref": "any"}}')

    async def test_a_message_with_a_nonsense_signature_is_refused(self, gateway: Gateway) -> None:
        nonsense = {
            name: "%%%" for name in ("webhook-id", "webhook-timestamp", "webhook-signature", "stripe-signature")
        }
        with pytest.raises(ValueError, match=r"."):
            gateway.verify_webhook(nonsense, b"\xff")


class GatewayContract(
    AuthorizingContract,
    LookingUpContract,
    NamingContract,
    ListingContract,
    CapturingContract,
    VoidingContract,
    RefundingContract,
    WebhookContract,
):
    """All of it."""
