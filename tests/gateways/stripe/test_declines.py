"""Each refusal of Stripe's has advice of its own."""

import pytest
from msgspec.structs import replace

from race_to_purchase.gateways.simulator.cards import CARDS, DECLINES
from race_to_purchase.gateways.stripe.declines import _BY_ADVICE, ADVICE, declined
from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.rules.verdicts import ActionRequired, Declined
from tests.gateways.contract import request_of, send

CARD_CODES = """
    authentication_required approve_with_id call_issuer card_not_supported card_velocity_exceeded
    currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card fraudulent
    generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip insufficient_funds
    invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin
    issuer_not_available lost_card merchant_blacklist mobile_device_authentication_required
    new_account_information_available no_action_taken not_permitted offline_pin_required
    online_or_offline_pin_required pickup_card pin_try_exceeded processing_error reenter_transaction restricted_card
    revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed stolen_card
    stop_payment_order testmode_decline transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
"""
"""Those that https://docs.stripe.com/declines/codes lists for cards."""


def test_every_documented_code_has_advice() -> None:
    assert set(CARD_CODES.split()) - ADVICE.keys() == set()


def test_no_code_has_advice_twice() -> None:
    assert sum(len(codes.split()) for codes in _BY_ADVICE.values()) == len(ADVICE)


@pytest.mark.parametrize("code", ["stolen_card", "lost_card", "fraudulent", "pickup_card", "stop_payment_order"])
def test_a_card_that_may_be_stolen_is_never_tried_again(code: str) -> None:
    assert declined("card_declined", code, "try_again_later") == Declined(code, retryable=False, advice="stop")


def test_the_issuers_word_that_it_is_for_good_is_stronger_than_the_table() -> None:
    assert declined("card_declined", "insufficient_funds", "do_not_try_again").advice == "stop"


def test_the_issuers_advice_helps_where_the_code_is_new() -> None:
    assert declined("card_declined", "made_up_next_year", "confirm_card_data").advice == "fix_data"
    assert declined("card_declined", "made_up_next_year", None).advice == "other_card"
    assert declined(None, None, None) == Declined("declined", retryable=True, advice="other_card")


@pytest.mark.parametrize(
    "card", [name for name, card in CARDS.items() if card.decline and card.authenticates == "never"]
)
async def test_every_card_that_declines(gateway: StripeGateway, card: str) -> None:
    verdict = await send(gateway, request_of(card))
    wanted = CARDS[card].decline
    assert wanted is not None
    assert isinstance(verdict, Declined)
    assert verdict.code == (wanted.decline_code or wanted.code)
    assert verdict.code in {decline.decline_code or decline.code for decline in DECLINES.values()}


async def test_a_card_that_wants_its_buyer_asks_for_him_where_he_can_come_back(gateway: StripeGateway) -> None:
    request = replace(request_of("pm_card_threeDSecure2Required"), return_url="https://shop.example/back")
    verdict = await send(gateway, request)
    assert isinstance(verdict, ActionRequired)
    assert verdict.url.startswith("http")
    assert await gateway.look_up(request, verdict.ref) == verdict


async def test_a_card_that_wants_its_buyer_is_declined_where_he_cannot_come_back(gateway: StripeGateway) -> None:
    verdict = await send(gateway, request_of("pm_card_threeDSecure2Required"))
    assert isinstance(verdict, Declined)
    assert (verdict.code, verdict.advice) == ("authentication_required", "other_card")
