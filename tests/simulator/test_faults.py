"""Every fault does what it says and nothing else: what was done by then is seen in the books, not in the answer."""

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.simulator.running import Running, running

CONFIRM = {"payment_method": "pm_card_visa"}


def unconfirmed(gateway: Running) -> str:
    """A payment that is ready to be confirmed."""
    return str(gateway.v1.payment_intents.create({"amount": 1000, "currency": "eur", "capture_method": "manual"}).id)


def confirm(gateway: Running, intent: str, key: str | None = None) -> requests.Response:
    headers = {} if key is None else {"Idempotency_Key": key}
    return gateway.post(f"/v1/payment_intents/{intent}/confirm", CONFIRM, **headers)


def status(gateway: Running, intent: str) -> str:
    return str(gateway.v1.payment_intents.retrieve(intent).status)


def rule(fault: str, **more: Any) -> dict[str, Any]:
    """A rule over confirmations."""
    return {"fault": fault, "on": "payment_intents.confirm", **more}


class TestNoAnswer:
    """The connection breaks, before or after the effect."""

    @pytest.mark.parametrize(
        ("fault", "after"), [("cut_before", "requires_payment_method"), ("cut_after", "requires_capture")]
    )
    def test_the_connection_breaks_without_a_byte(self, gateway: Running, fault: str, after: str) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule(fault))
        assert raw(gateway, f"/v1/payment_intents/{intent}/confirm", CONFIRM) == b""
        assert status(gateway, intent) == after

    def test_what_was_done_is_answered_to_the_same_key(self, gateway: Running) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("cut_after", times=1))
        with pytest.raises(requests.ConnectionError):
            confirm(gateway, intent, "cut")
        again = confirm(gateway, intent, "cut")
        assert (again.json()["status"], again.headers["Idempotent-Replayed"]) == ("requires_capture", "true")

    def test_what_was_not_done_is_done_for_the_same_key(self, gateway: Running) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("cut_before", times=1))
        with pytest.raises(requests.ConnectionError):
            confirm(gateway, intent, "uncut")
        again = confirm(gateway, intent, "uncut")
        assert again.json()["status"] == "requires_capture"
        assert "Idempotent-Replayed" not in again.headers

    def test_the_next_connection_works(self, gateway: Running) -> None:
        gateway.faults(rule("cut_before", on="*", times=1))
        with pytest.raises(requests.ConnectionError):
            gateway.get("/v1/events")
        assert gateway.get("/v1/events").status_code == 200


class TestServerErrors:
    """5xx says nothing about what was done."""

    @pytest.mark.parametrize("code", [500, 502, 503])
    def test_before_it_nothing_was_done_and_the_key_is_free(self, gateway: Running, code: int) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("error_before", times=1, status=code))
        first = confirm(gateway, intent, f"before-{code}")
        assert (first.status_code, first.json()["error"]["type"]) == (code, "api_error")
        assert "Stripe-Should-Retry" not in first.headers
        assert status(gateway, intent) == "requires_payment_method"
        assert confirm(gateway, intent, f"before-{code}").status_code == 200

    def test_a_stored_one_is_answered_for_ever_though_nothing_was_done(self, gateway: Running) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("error_before", times=1, stored=True))
        first, again = confirm(gateway, intent, "stored"), confirm(gateway, intent, "stored")
        assert (first.status_code, again.status_code, again.content) == (500, 500, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert {answer.headers["Stripe-Should-Retry"] for answer in (first, again)} == {"false"}
        assert status(gateway, intent) == "requires_payment_method"

    def test_after_it_all_was_done_and_the_error_is_answered_for_ever(self, gateway: Running) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("error_after", times=1, status=502))
        first, again = confirm(gateway, intent, "after"), confirm(gateway, intent, "after")
        assert (first.status_code, again.status_code, again.content) == (502, 502, first.content)
        assert status(gateway, intent) == "requires_capture"


class TestGarbage:
    """Machines in between have their own words."""

    @pytest.mark.parametrize(
        ("form", "code", "kind"),
        [("html", 502, "text/html"), ("text", 200, "text/plain"), ("empty", 200, "application/json")],
    )
    def test_no_answer_that_is_json_but_done(self, gateway: Running, form: str, code: int, kind: str) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("garbage", form=form))
        answer = confirm(gateway, intent)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (code, kind)
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.content)
        assert status(gateway, intent) == "requires_capture"

    def test_half_an_answer_promises_the_whole(self, gateway: Running) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("garbage", form="half"))
        wire = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        wire.request("POST", f"/v1/payment_intents/{intent}/confirm", urlencode(CONFIRM), headers())
        answer = wire.getresponse()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)) as broken:
            answer.read()
        wire.close()
        if isinstance(broken.value, http.client.IncompleteRead):
            assert len(broken.value.partial) > 100
        assert status(gateway, intent) == "requires_capture"


class TestTheBank:
    """Declines and waiting that no card asks for."""

    def test_it_declines_by_card(self, gateway: Running) -> None:
        gateway.faults(rule("decline", card="pm_card_*master*", decline_code="insufficient_funds"))
        answer = gateway.post("/v1/payment_intents", paying("pm_card_mastercard"))
        assert (answer.status_code, answer.json()["error"]["decline_code"]) == (402, "insufficient_funds")
        assert gateway.post("/v1/payment_intents", paying("pm_card_visa")).status_code == 200

    def test_it_declines_by_rate(self, gateway: Running) -> None:
        gateway.faults(rule("decline", rate=0.4))
        codes = [gateway.post("/v1/payment_intents", paying("pm_card_visa")).status_code for _ in range(60)]
        assert 8 <= codes.count(402) <= 40
        assert codes.count(200) + codes.count(402) == 60

    def test_it_takes_its_time(self, gateway: Running) -> None:
        gateway.faults(rule("processing", delay={"distribution": "constant", "ms": 100}))
        intent = gateway.post("/v1/payment_intents", paying("pm_card_visa")).json()
        assert intent["status"] == "processing"
        gateway.control("/clock", {"advance_s": 1})
        assert status(gateway, intent["id"]) == "succeeded"


class TestTooFast:
    """429 by decree; the limiter itself has tests of its own."""

    @pytest.mark.parametrize("code", ["rate_limit", "lock_timeout"])
    def test_nothing_is_done_and_the_key_is_free(self, gateway: Running, code: str) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("rate_limit", code=code, times=1))
        first = confirm(gateway, intent, f"fast-{code}")
        assert (first.status_code, first.json()["error"]["code"]) == (429, code)
        assert first.headers["Stripe-Rate-Limited-Reason"]
        assert confirm(gateway, intent, f"fast-{code}").json()["status"] == "requires_capture"


class TestLatency:
    """Longer, by distribution; how long is drawn, and not measured here."""

    @pytest.mark.parametrize("where", ["before", "after"])
    def test_a_caller_who_gives_up_knows_nothing_of_what_is_done(self, gateway: Running, where: str) -> None:
        intent = unconfirmed(gateway)
        gateway.faults(rule("latency", where=where, delay={"distribution": "constant", "ms": 400}))
        path = f"{gateway.url}/v1/payment_intents/{intent}/confirm"
        with pytest.raises(requests.Timeout):
            requests.post(path, CONFIRM, headers=headers(), timeout=0.1)
        while status(gateway, intent) != "requires_capture":
            pass

    @pytest.mark.parametrize(
        "delay",
        [
            {"distribution": "uniform", "low_ms": 1, "high_ms": 3},
            {"distribution": "lognormal", "median_ms": 2, "sigma": 0.5, "max_ms": 10},
        ],
    )
    def test_every_distribution_lets_answers_through(self, gateway: Running, delay: dict[str, Any]) -> None:
        gateway.faults({"fault": "latency", "delay": delay})
        assert gateway.get("/v1/events").status_code == 200


class TestRules:
    """Rules strike where, when and as often as they say, and again so after the same seed."""

    def test_they_wait_and_they_end(self, gateway: Running) -> None:
        gateway.faults({"name": "third", "fault": "error_before", "on": "events.list", "after": 2, "times": 2})
        codes = [gateway.get("/v1/events").status_code for _ in range(6)]
        assert codes == [200, 200, 500, 500, 200, 200]
        told = gateway.control("/faults")
        assert (told["seen"], told["struck"]) == ({"third": 6}, {"third": 2})

    def test_they_strike_where_they_say(self, gateway: Running) -> None:
        gateway.faults({"fault": "error_before", "on": "payment_intents.*"})
        assert gateway.get("/v1/payment_intents").status_code == 500
        assert gateway.get("/v1/refunds").status_code == 200

    def test_they_can_be_added_and_cleared(self, gateway: Running) -> None:
        gateway.faults({"fault": "error_before", "on": "events.list"})
        gateway.control("/faults", {"rules": [{"fault": "error_before", "on": "refunds.list"}]})
        assert {gateway.get(f"/v1/{name}").status_code for name in ("events", "refunds")} == {500}
        assert len(gateway.control("/faults")["rules"]) == 2
        gateway.control("/faults", method="DELETE")
        assert {gateway.get(f"/v1/{name}").status_code for name in ("events", "refunds")} == {200}

    def test_the_same_seed_strikes_the_same_calls(self) -> None:
        rules = [{"fault": "error_before", "rate": 0.5}, {"fault": "decline", "rate": 0.3}]

        def play(seed: int) -> list[Any]:
            with running(seed=seed) as gateway:
                gateway.faults(*rules)
                answers = [gateway.post("/v1/payment_intents", paying("pm_card_visa")) for _ in range(30)]
                return [(answer.status_code, answer.json().get("id")) for answer in answers]

        assert play(7) == play(7), "ids included"
        assert play(7) != play(8)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"fault": "earthquake"},
            {"fault": "cut_before", "rate": 1.5},
            {"fault": "cut_before", "colour": "red"},
            {"fault": "latency"},
            {"fault": "latency", "delay": {"distribution": "constant", "ms": -1}},
            {"fault": "decline", "decline_code": "no_such_code"},
            {"fault": "error_before", "status": 200},
        ],
    )
    def test_a_rule_that_cannot_be_changes_nothing(self, gateway: Running, wrong: dict[str, Any]) -> None:
        gateway.faults({"name": "kept", "fault": "error_before", "on": "events.list"})
        answer = gateway.ask_control("/faults", {"rules": [wrong]}, "PUT")
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
        assert [one["name"] for one in gateway.control("/faults")["rules"]] == ["kept"]

    def test_two_rules_of_one_name_are_refused(self, gateway: Running) -> None:
        twice = [{"name": "a", "fault": "cut_before"}] * 2
        assert gateway.ask_control("/faults", {"rules": twice}, "PUT").status_code == 400


def paying(card: str) -> dict[str, str]:
    """The form of a payment in one call."""
    return {"amount": "1000", "currency": "eur", "payment_method": card, "confirm": "true"}


def headers() -> dict[str, str]:
    return {"Authorization": "Bearer sk_test_simulator", "Content-Type": "application/x-www-form-urlencoded"}


def raw(gateway: Running, path: str, form: dict[str, str]) -> bytes:
    """Every byte that comes back on a socket of its own."""
    body = urlencode(form).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers().items())
    request = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as wire:
        wire.sendall(request)
        received = b""
        try:
            while part := wire.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received
