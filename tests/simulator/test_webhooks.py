"""Messages to the merchant: signed as Stripe signs, each event once, again until accepted, and faults on demand."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from race_to_purchase.gateways.simulator.signing import forged, signature
from tests.simulator.merchant import SECRET, Merchant, merchant
from tests.simulator.running import Running, running

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture
def shop() -> Iterator[tuple[Running, Merchant]]:
    """A gateway and the merchant it tells everything, tries following each other quickly."""
    with merchant() as one, running(**told(one)) as gateway:
        yield gateway, one
        assert gateway.violations() == []


def told(one: Merchant, **more: Any) -> dict[str, Any]:
    """Options of a gateway that tells this merchant."""
    return {"webhook_url": one.url, "webhook_secret": SECRET, "webhook_retry_s": (0.05,) * 5, **more}


def settled(gateway: Running) -> dict[str, Any]:
    """The state of all messages, once none is waiting."""
    while gateway.control("/webhooks")["waiting"]:
        pass
    return gateway.control("/webhooks")


def test_every_event_comes_once_and_is_genuine(shop: tuple[Running, Merchant]) -> None:
    gateway, one = shop
    intent = gateway.paid()
    one.wait(lambda: len(one.events) >= 3, "three events")
    assert settled(gateway)["true"] == {"done": 3}
    assert (sorted(one.types()), one.refused) == (sorted(PAID), [])
    assert {event.data.object["id"] for event in one.events} == {intent.id, intent.latest_charge}
    assert all(gateway.v1.events.retrieve(event.id).to_dict() == event.to_dict() for event in one.events)


def test_what_is_not_accepted_is_sent_again(shop: tuple[Running, Merchant]) -> None:
    gateway, one = shop
    one.statuses = [500, 404, 301]
    gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    one.wait(lambda: one.events, "the event")
    (delivery,) = settled(gateway)["deliveries"]
    assert (delivery["tries"], delivery["status"], delivery["state"]) == (4, 200, "done")
    assert len({body for body, _ in one.bodies}) == 1, "the same event each time"


def test_after_the_last_try_it_is_given_up(shop: tuple[Running, Merchant]) -> None:
    gateway, one = shop
    one.statuses = [500] * 6
    gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    one.wait(lambda: len(one.bodies) == 6, "six tries")
    assert settled(gateway)["true"] == {"failed": 1}


def test_a_merchant_who_is_away_is_waited_for(shop: tuple[Running, Merchant]) -> None:
    gateway, one = shop
    away = {"endpoint": {"url": "http://127.0.0.1:9/", "secret": SECRET}}
    gateway.control("/webhooks", away, "PUT")
    gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    while not any(delivery["tries"] for delivery in gateway.control("/webhooks")["deliveries"]):
        pass
    gateway.control("/webhooks", {"endpoint": {"url": one.url, "secret": SECRET}}, "PUT")
    one.wait(lambda: one.types() == ["payment_intent.created"], "the event")


def test_only_what_is_wanted_is_told() -> None:
    with merchant() as one, running(**told(one, webhook_events=("charge.*",))) as gateway:
        gateway.paid()
        one.wait(lambda: one.types() == ["charge.succeeded"], "the event")
        assert settled(gateway)["true"] == {"done": 1}
        assert gateway.v1.events.list({"type": "payment_intent.succeeded"}).data[0].pending_webhooks == 0


class TestFaults:
    """What goes wrong with messages, on demand."""

    def test_lost_ones_never_come_but_can_be_read_and_sent_again(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_lost", "on": "payment_intent.succeeded"})
        gateway.paid()
        one.wait(lambda: len(one.events) == 2, "the others")
        assert settled(gateway)["true"] == {"done": 2, "lost": 1}
        (event,) = gateway.v1.events.list({"type": "payment_intent.succeeded"}).data
        gateway.control("/webhooks/resend", {"event": event.id})
        one.wait(lambda: "payment_intent.succeeded" in one.types(), "the lost one")

    def test_doubled_ones_come_twice_with_one_id(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_twice", "on": "payment_intent.*"})
        gateway.paid()
        one.wait(lambda: len(one.events) == 5, "two of them twice")
        counts = Counter((event.type, event.id) for event in one.events)
        assert {kind: n for (kind, _), n in counts.items()} == {PAID[0]: 2, PAID[1]: 1, PAID[2]: 2}

    def test_late_ones_come_after_what_happened_since(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_late", "on": PAID[0], "delay": {"distribution": "constant", "ms": 3_600_000}})
        gateway.paid()
        one.wait(lambda: len(one.events) == 2, "the others")
        assert PAID[0] not in one.types()
        gateway.control("/clock", {"advance_s": 3601})
        one.wait(lambda: one.types()[-1] == PAID[0], "the late one")

    def test_reordered_ones_come_after_a_later_one_of_the_same_payment(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_reordered", "on": PAID[0], "hold_ms": 3_600_000})
        first, second = gateway.held(), gateway.held()
        one.wait(lambda: len(one.events) == 6, "all of them")
        for intent in (first, second):
            mine = [event.type for event in one.events if event.data.object["id"] == intent.id]
            assert mine == ["payment_intent.amount_capturable_updated", "payment_intent.created"]

    def test_one_that_waits_for_another_in_vain_comes_at_last(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_reordered", "hold_ms": 50})
        gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"})
        one.wait(lambda: one.types() == ["payment_intent.created"], "the event")

    @pytest.mark.parametrize("form", ["wrong_secret", "changed_body", "malformed", "old"])
    def test_forged_ones_are_refused_by_whoever_looks(self, shop: tuple[Running, Merchant], form: str) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_forged", "form": form, "on": "payment_intent.succeeded"})
        gateway.paid()
        one.wait(lambda: len(one.events) == 3 and one.refused, "three and a forgery")
        state = settled(gateway)
        assert (state["forged"], state["true"]) == ({"failed": 1}, {"done": 3})
        (forgery,) = [one for one in state["deliveries"] if one["form"] != "true"]
        assert (forgery["form"], forgery["status"], forgery["tries"]) == (form, 400, 1)

    def test_while_the_gateway_is_down_it_says_nothing(self, shop: tuple[Running, Merchant]) -> None:
        gateway, one = shop
        gateway.faults({"fault": "webhook_late", "delay": {"distribution": "constant", "ms": 60_000}})
        gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"})
        gateway.control("/outage", {"mode": "hang"}, "PUT")
        gateway.control("/clock", {"advance_s": 61})
        time.sleep(0.3)  # Time enough to send it, if it were sent.
        assert gateway.control("/webhooks")["waiting"] == 1
        assert one.bodies == []
        gateway.control("/outage", {"mode": "none"}, "PUT")
        one.wait(lambda: one.events, "the event")


class TestSignatures:
    """Checked with Stripe's own library."""

    BODY = json.dumps({"id": "evt_1", "object": "event", "type": "x"}).encode()

    def test_a_genuine_one_is_believed(self) -> None:
        assert stripe.Webhook.construct_event(self.BODY, signature(self.BODY, SECRET, now()), SECRET).id == "evt_1"

    @pytest.mark.parametrize("form", ["wrong_secret", "changed_body", "malformed", "old"])
    def test_a_forgery_is_not(self, form: str) -> None:
        body, header = forged(form, self.BODY, SECRET, now())
        with pytest.raises((ValueError, stripe.SignatureVerificationError)):
            stripe.Webhook.construct_event(body, header, SECRET)

    @pytest.mark.parametrize("form", ["wrong_secret", "malformed", "old"])
    def test_a_forgery_is_wrong_in_its_signature_alone(self, form: str) -> None:
        assert forged(form, self.BODY, SECRET, now())[0] == self.BODY

    def test_a_changed_body_is_still_json(self) -> None:
        body, header = forged("changed_body", self.BODY, SECRET, 5)
        assert (json.loads(body), body == self.BODY) == (json.loads(self.BODY), False)
        assert header == signature(self.BODY, SECRET, 5)

    def test_there_are_no_other_forgeries(self) -> None:
        with pytest.raises(ValueError, match="no way"):
            forged("true", self.BODY, SECRET, 5)


@pytest.mark.parametrize(
    "endpoint",
    [{"url": "ftp://shop", "secret": "x"}, {"url": "http://shop", "secret": ""}, {"url": "http://shop"}, {"colour": 1}],
)
def test_an_endpoint_that_cannot_be_is_refused(gateway: Running, endpoint: dict[str, Any]) -> None:
    assert gateway.ask_control("/webhooks", {"endpoint": endpoint}, "PUT").status_code == 400


def test_without_an_endpoint_nobody_is_told(gateway: Running) -> None:
    gateway.paid()
    state = gateway.control("/webhooks")
    assert (state["endpoint"], state["deliveries"]) == (None, [])


def now() -> int:
    return int(time.time())
