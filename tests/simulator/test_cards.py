"""Every test card does what its name says, and tells it in Stripe's words."""

import pytest
import stripe

from race_to_purchase.gateways.simulator.cards import CARDS
from tests.simulator.running import Running

DECLINING = sorted(name for name, card in CARDS.items() if card.decline is not None and card.authenticates == "never")
PAYING = sorted(name for name, card in CARDS.items() if card == type(card)(card.brand, card.last4, card.country))


@pytest.mark.parametrize("name", DECLINING)
def test_a_declining_card_moves_nothing(gateway: Running, name: str) -> None:
    decline = CARDS[name].decline
    assert decline is not None
    with pytest.raises(stripe.CardError) as refused:
        gateway.paid(card=name, metadata={"checkout": name})
    error = refused.value.error
    assert (refused.value.http_status, refused.value.code) == (402, decline.code)
    assert error.to_dict().get("decline_code") == decline.decline_code
    assert error.to_dict().get("advice_code") == decline.advice_code
    assert error.payment_intent.status == "requires_payment_method"
    charge = gateway.v1.charges.retrieve(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, decline.code)
    assert gateway.book(name)["authorized"] == 0


@pytest.mark.parametrize("name", PAYING)
def test_a_plain_card_pays(gateway: Running, name: str) -> None:
    intent = gateway.paid(card=name, expand=["latest_charge"])
    card = intent.latest_charge.payment_method_details.card
    assert (card.brand, card.last4, card.country) == (CARDS[name].brand, CARDS[name].last4, CARDS[name].country)


def test_stripe_names_declining_cards_with_and_without_the_brand() -> None:
    assert CARDS["pm_card_visa_chargeDeclinedLostCard"] is CARDS["pm_card_chargeDeclinedLostCard"]


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_authenticationRequiredOnSetup"])
def test_a_card_that_wants_its_buyer_declines_while_the_buyer_is_away(gateway: Running, card: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        gateway.paid(card=card, off_session=True)
    assert refused.value.code == "authentication_required"


def test_a_shop_may_ask_for_an_error_instead_of_an_action(gateway: Running) -> None:
    with pytest.raises(stripe.CardError) as refused:
        gateway.paid(card="pm_card_threeDSecure2Required", error_on_requires_action=True)
    assert refused.value.code == "authentication_required"


class TestAPaymentThatIsProcessing:
    """Some banks answer later."""

    @pytest.mark.parametrize(("capture", "status"), [("manual", "requires_capture"), ("automatic", "succeeded")])
    def test_it_succeeds_when_the_bank_agrees(self, gateway: Running, capture: str, status: str) -> None:
        intent = gateway.held(card="pm_usBankAccount_processing", capture_method=capture)
        assert (intent.status, intent.amount_capturable) == ("processing", 0)
        assert gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})["status"] == status

    def test_it_wants_another_card_when_the_bank_does_not(self, gateway: Running) -> None:
        intent = gateway.held(card="pm_usBankAccount_processing")
        ended = gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "failed"})
        assert (ended["status"], ended["last_payment_error"]["code"]) == ("requires_payment_method", "card_declined")

    def test_it_can_be_finished_once(self, gateway: Running) -> None:
        intent = gateway.held(card="pm_usBankAccount_processing")
        gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})
        again = gateway.ask_control(f"/payment_intents/{intent.id}/finish", {"outcome": "failed"})
        assert (again.status_code, gateway.v1.payment_intents.retrieve(intent.id).status) == (400, "requires_capture")
