"""3-D Secure: the payment waits for its buyer, who completes or fails it on a page or through the control API."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe

from tests.simulator.running import Running

CARD = "pm_card_threeDSecure2Required"


def test_a_payment_waits_for_its_buyer(gateway: Running) -> None:
    intent = gateway.held(card=CARD, return_url="https://shop.example/back", metadata={"checkout": "waits"})
    assert (intent.status, intent.amount_capturable) == ("requires_action", 0)
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == "https://shop.example/back"
    assert gateway.book("waits")["authorized"] == 0


@pytest.mark.parametrize(("capture", "status"), [("manual", "requires_capture"), ("automatic", "succeeded")])
def test_completed_it_goes_on(gateway: Running, capture: str, status: str) -> None:
    intent = gateway.held(card=CARD, capture_method=capture)
    ended = gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})
    assert (ended["status"], ended["next_action"]) == (status, None)


def test_failed_it_wants_another_card(gateway: Running) -> None:
    intent = gateway.held(card=CARD)
    ended = gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "failed"})
    assert ended["status"] == "requires_payment_method"
    assert ended["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    again = gateway.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "requires_capture"


def test_the_bank_may_decline_after_all(gateway: Running) -> None:
    intent = gateway.held(card="pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    ended = gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})
    assert ended["status"] == "requires_payment_method"
    assert ended["last_payment_error"]["decline_code"] == "insufficient_funds"


def test_a_buyer_who_never_comes_back_can_be_given_up(gateway: Running) -> None:
    intent = gateway.held(card=CARD)
    assert gateway.v1.payment_intents.cancel(intent.id).status == "canceled"
    late = gateway.ask_control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})
    assert (late.status_code, gateway.v1.payment_intents.retrieve(intent.id).status) == (400, "canceled")


class TestThePage:
    """What a buyer's browser sees."""

    @pytest.mark.parametrize(
        ("outcome", "status"), [("succeeded", "requires_capture"), ("failed", "requires_payment_method")]
    )
    def test_it_asks_and_sends_the_buyer_back(self, gateway: Running, outcome: str, status: str) -> None:
        intent = gateway.held(card=CARD, return_url="https://shop.example/back?cart=5")
        address = intent.next_action.redirect_to_url.url
        assert "1500 minor units of EUR" in requests.get(address, timeout=10).text
        answer = requests.post(address, {"outcome": outcome}, timeout=10, allow_redirects=False)
        back = urlsplit(answer.headers["location"])
        assert (answer.status_code, back.netloc, back.path) == (303, "shop.example", "/back")
        assert parse_qs(back.query) == {
            "cart": ["5"],
            "payment_intent": [intent.id],
            "payment_intent_client_secret": [intent.client_secret],
            "redirect_status": [outcome],
        }
        assert gateway.v1.payment_intents.retrieve(intent.id).status == status

    def test_it_asks_once(self, gateway: Running) -> None:
        intent = gateway.held(card=CARD)
        address = intent.next_action.redirect_to_url.url
        assert "Done" in requests.post(address, {"outcome": "succeeded"}, timeout=10).text
        assert "asks for nothing" in requests.post(address, {"outcome": "failed"}, timeout=10).text
        assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    def test_it_knows_no_other_payments(self, gateway: Running) -> None:
        assert requests.get(f"{gateway.url}/authenticate/pi_1<script>", timeout=10).status_code == 404


def test_the_buyer_may_be_sent_there_once_more(gateway: Running) -> None:
    intent = gateway.held(card=CARD)
    again = gateway.v1.payment_intents.confirm(intent.id, {"payment_method": CARD})
    assert (again.status, again.id) == ("requires_action", intent.id)
    gateway.control(f"/payment_intents/{intent.id}/finish", {"outcome": "succeeded"})
    assert gateway.book(intent.id)["authorized"] == 1500


def test_a_secret_belongs_to_one_payment(gateway: Running) -> None:
    secrets = {gateway.held(card=CARD).client_secret for _ in range(3)}
    assert len(secrets) == 3
    assert all(isinstance(secret, str) and "_secret_" in secret for secret in secrets)


def test_an_unknown_payment_cannot_be_finished(gateway: Running) -> None:
    assert gateway.ask_control("/payment_intents/pi_1/finish", {"outcome": "succeeded"}).status_code == 404
    with pytest.raises(stripe.InvalidRequestError):
        gateway.v1.payment_intents.retrieve("pi_1")
