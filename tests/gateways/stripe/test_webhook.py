"""Stripe's messages: what is genuine is told in our words, everything else is a ValueError."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from race_to_purchase.gateways.simulator.signing import forged, signature
from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.gateways.stripe.webhook import KINDS
from tests.gateways.stripe.conftest import SECRETS
from tests.simulator.merchant import Merchant, merchant
from tests.simulator.running import Process


@pytest.fixture(scope="module")
def told(process: Process) -> dict[str, dict[str, Any]]:
    """One event of each type, of a payment of each kind; bodies as the simulator keeps them."""
    ref = {"metadata": {"reference": "checkout-1/1"}}
    process.v1.payment_intents.capture(process.held(**ref).id)
    process.v1.payment_intents.cancel(process.held(**ref).id)
    process.held(card="pm_card_threeDSecure2Required", return_url="https://shop.example/", **ref)
    process.held(card="pm_usBankAccount_processing", **ref)
    process.v1.refunds.create({"payment_intent": process.paid(card="pm_card_refundFail", **ref).id})
    process.post(
        "/v1/payment_intents",
        {
            "amount": 900,
            "currency": "eur",
            "confirm": "true",
            "payment_method": "pm_card_chargeDeclined",
            "metadata[reference]": "checkout-1/1",
        },
    )
    won = process.control("/disputes", {"payment_intent": process.paid(**ref).id})
    process.v1.disputes.update(won["id"], {"evidence": {"uncategorized_text": "winning_evidence"}})
    newest_last = reversed(process.get("/v1/events?limit=100").json()["data"])
    return {event["type"]: event for event in newest_last}


def headers(body: bytes, secret: str = SECRETS[0], at: float | None = None) -> dict[str, str]:
    return {"stripe-signature": signature(body, secret, int(time.time() if at is None else at))}


@pytest.mark.parametrize("kind", sorted(set(KINDS)))
def test_each_type_is_told_in_our_words(gateway: StripeGateway, told: dict[str, dict[str, Any]], kind: str) -> None:
    body = json.dumps(told[kind]).encode()
    event = gateway.verify_webhook(headers(body), body)
    assert (event.id, event.kind) == (told[kind]["id"], KINDS[kind])
    assert event.created_at.timestamp() == told[kind]["created"]
    shown = told[kind]["data"]["object"]
    assert event.ref == (shown["id"] if shown["object"] == "payment_intent" else shown["payment_intent"])
    assert event.ref.startswith("pi_")


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("payment_intent.amount_capturable_updated", "authorized"),
        ("payment_intent.succeeded", "captured"),
        ("payment_intent.canceled", "voided"),
        ("payment_intent.payment_failed", "declined"),
        ("payment_intent.requires_action", "open"),
        ("payment_intent.processing", "open"),
    ],
)
def test_a_payment_comes_with_its_reference_and_state(
    gateway: StripeGateway, told: dict[str, dict[str, Any]], kind: str, state: str
) -> None:
    body = json.dumps(told[kind]).encode()
    event = gateway.verify_webhook(headers(body), body)
    assert (event.reference, event.data["state"]) == ("checkout-1/1", state)


def test_a_dispute_comes_with_amount_fee_and_due_date(gateway: StripeGateway, told: dict[str, dict[str, Any]]) -> None:
    body = json.dumps(told["charge.dispute.funds_withdrawn"]).encode()
    said = gateway.verify_webhook(headers(body), body).data
    assert said["dispute"].startswith("du_")
    assert (said["amount"], said["currency"], said["fee"]) == (1500, "eur", 1500)
    assert (said["status"], said["reason"]) == ("needs_response", "fraudulent")
    assert said["due_at"] > "2026"


def test_a_refund_comes_with_what_became_of_it(gateway: StripeGateway, told: dict[str, dict[str, Any]]) -> None:
    body = json.dumps(told["refund.failed"]).encode()
    said = gateway.verify_webhook(headers(body), body).data
    assert said["refund"].startswith("re_")
    assert (said["status"], said["amount"], said["failure_reason"]) == ("failed", 1500, "lost_or_stolen_card")


@pytest.mark.parametrize("kind", ["payment_intent.created", "charge.succeeded", "invented.next.year"])
def test_other_types_are_unknown_and_harmless(
    gateway: StripeGateway, told: dict[str, dict[str, Any]], kind: str
) -> None:
    body = json.dumps({**told["payment_intent.created"], "type": kind}).encode()
    event = gateway.verify_webhook(headers(body), body)
    assert event.kind == "unknown"
    assert event.data["type"] == kind


def test_an_object_that_is_not_ours_has_no_reference(gateway: StripeGateway) -> None:
    body = b'{"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {"object": "customer"}}}'
    event = gateway.verify_webhook(headers(body), body)
    assert (event.kind, event.ref, event.reference) == ("unknown", "", None)


def test_what_stripe_expanded_or_left_as_a_name_is_read_all_the_same(gateway: StripeGateway) -> None:
    movements = ["txn_1", {"fee": 15}, {"fee": None}, {}]
    shown = {"id": "du_1", "payment_intent": {"id": "pi_1"}, "balance_transactions": movements}
    event = {"id": "evt_1", "type": "charge.dispute.closed", "created": 1, "data": {"object": shown}}
    body = json.dumps(event).encode()
    told = gateway.verify_webhook(headers(body), body)
    assert (told.ref, told.data["fee"]) == ("pi_1", 15)


def test_the_signature_is_found_among_other_headers_and_its_parts_in_any_order(
    gateway: StripeGateway, told: dict[str, dict[str, Any]]
) -> None:
    body = json.dumps(told["payment_intent.succeeded"]).encode()
    parts = ",".join(reversed(headers(body)["stripe-signature"].split(",")))
    sent = {"Host": "shop.example", "Stripe-Signature": parts, "User-Agent": "Stripe/1.0"}
    assert gateway.verify_webhook(sent, body).kind == "payment"
    del sent["Stripe-Signature"]
    with pytest.raises(ValueError, match="Stripe-Signature is missing"):
        gateway.verify_webhook(sent, body)


def test_while_secrets_are_rotated_both_are_good(gateway: StripeGateway, told: dict[str, dict[str, Any]]) -> None:
    body = json.dumps(told["payment_intent.succeeded"]).encode()
    for secret in SECRETS:
        assert gateway.verify_webhook(headers(body, secret), body).kind == "payment"


@pytest.mark.parametrize("form", ["wrong_secret", "changed_body", "malformed", "old"])
def test_a_forgery_is_refused(gateway: StripeGateway, told: dict[str, dict[str, Any]], form: str) -> None:
    genuine = json.dumps(told["payment_intent.succeeded"]).encode()
    body, header = forged(form, genuine, SECRETS[0], int(time.time()))
    with pytest.raises(ValueError, match=r"."):
        gateway.verify_webhook({"stripe-signature": header}, body)


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_message_of_another_time_is_refused(gateway: StripeGateway, seconds: int) -> None:
    body = b'{"id": "evt_1", "type": "x", "created": 1, "data": {"object": {}}}'
    with pytest.raises(ValueError, match="ago"):
        gateway.verify_webhook(headers(body, at=time.time() + seconds), body)


@pytest.mark.parametrize(
    "header", ["", "t=", "t=1", "t=x,v1=00", "v1=00", "t=1,v1=", "t=1,v1=é", ",,,=", "t=9" * 3000, "t=-1,v0=00,v1=\x00"]
)
def test_a_signature_that_is_none_is_refused(gateway: StripeGateway, header: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        gateway.verify_webhook({"stripe-signature": header}, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"id": 7, "type": "payment_intent.succeeded", "created": 1, "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_1"}}}',
        b'{"id": "evt_1", "type": "x", "created": 99999999999999999, "data": {"object": {}}}',
        b'{"id": "evt_1", "object": "v2.core.event", "type": "v1.x", "created": "2026-01-01T00:00:00Z"}',
        b"[" * 100_000,
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(gateway: StripeGateway, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        gateway.verify_webhook(headers(body), body)


@pytest.fixture
def shop(bank: Process) -> Iterator[Merchant]:
    """A merchant that the simulator tells everything."""
    with merchant() as one:
        bank.control("/webhooks", {"endpoint": {"url": one.url, "secret": SECRETS[0], "events": ["*"]}}, "PUT")
        yield one
        bank.control("/webhooks", {"endpoint": None}, "PUT")


def test_what_really_comes_over_http_is_genuine(gateway: StripeGateway, bank: Process, shop: Merchant) -> None:
    ref = bank.paid().id
    shop.wait(lambda: len(shop.bodies) >= 3, "messages")
    events = [gateway.verify_webhook({"Stripe-Signature": signed}, body) for body, signed in list(shop.bodies)]
    assert {event.ref for event in events} == {ref}
