"""The adapter at Stripe itself, in test mode: opt-in, since it needs an account and a network.

    RACE_STRIPE_TEST_KEY=sk_test_... .venv/bin/pytest tests/gateways/stripe/test_real.py

It makes some hundred payments with Stripe's test cards; no money moves. A live key is refused.
"""

import os
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.gateways.stripe.keys import GatewayKeyRefused
from race_to_purchase.rules.verdicts import ActionRequired, Declined, Refunded, Voided
from tests.gateways.contract import AMOUNT, Cards, GatewayContract, captured, new_key, request_of, send

KEY = os.environ.get("RACE_STRIPE_TEST_KEY", "")

if not KEY:
    pytest.skip("RACE_STRIPE_TEST_KEY holds no test key of Stripe's: see docs/stripe.md", allow_module_level=True)


@pytest.fixture
async def gateway() -> AsyncIterator[StripeGateway]:
    """At Stripe's own address."""
    assert KEY.startswith(("sk_test_", "rk_test_")), "RACE_STRIPE_TEST_KEY must be a test key: this makes payments"
    opened = StripeGateway("stripe", KEY, ["whsec_of_nobody"])
    yield opened
    await opened.close()


class TestStripeItself(GatewayContract):
    """The contract of all gateways."""

    @pytest.fixture
    def cards(self) -> Cards:
        """Stripe's test cards."""
        return Cards(
            approved="pm_card_visa",
            declined="pm_card_visa_chargeDeclinedStolenCard",
            insufficient_funds="pm_card_visa_chargeDeclinedInsufficientFunds",
            garbage="pm_of_nobody",
        )

    async def test_parts_are_refunded_up_to_what_was_captured(self, gateway: StripeGateway, cards: Cards) -> None:
        """One after the other: Stripe answers 429 to those who change one payment at the same time."""
        ref = await captured(gateway, cards.approved)
        parts = [await gateway.refund(ref, 5_000, new_key()) for _ in range(4)]
        assert [type(part) for part in parts] == [Refunded, Refunded, Refunded, Declined]


@pytest.mark.parametrize(
    ("card", "code", "advice"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline", "other_card"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card", "stop"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "fix_data"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "other_gateway"),
    ],
)
async def test_declines(gateway: StripeGateway, card: str, code: str, advice: str | None) -> None:
    verdict = await send(gateway, request_of(card))
    assert isinstance(verdict, Declined)
    assert verdict.code == code
    assert advice is None or verdict.advice == advice


async def test_a_buyer_who_has_to_act_is_sent_to_his_bank(gateway: StripeGateway) -> None:
    request = replace(request_of("pm_card_threeDSecure2Required"), return_url="https://shop.example/back")
    verdict = await send(gateway, request)
    assert isinstance(verdict, ActionRequired)
    assert verdict.url.startswith("https://")
    assert await gateway.look_up(request, verdict.ref) == verdict
    assert await gateway.void(verdict.ref, new_key()) == Voided(verdict.ref)


async def test_a_currency_without_minor_units(gateway: StripeGateway) -> None:
    request = replace(request_of("pm_card_visa"), currency="JPY", amount=AMOUNT)
    assert getattr(await send(gateway, request), "amount", None) == AMOUNT


async def test_a_key_that_is_not_taken_is_named() -> None:
    opened = StripeGateway("stripe", "sk_test_of_nobody_at_all", [])
    with pytest.raises(GatewayKeyRefused):
        await opened.require_key()
    await opened.close()
