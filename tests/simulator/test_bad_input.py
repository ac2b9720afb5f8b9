"""Whatever is sent gets an error in Stripe's shape, and nothing of it stays."""

import socket
from typing import Any

import pytest
import requests

from race_to_purchase.gateways.simulator import form
from race_to_purchase.gateways.simulator.refusals import Refused
from tests.simulator.running import Running, running

ASK = {"amount": "1000", "currency": "eur"}


def error(answer: requests.Response) -> dict[str, Any]:
    """The error object of an answer that must be one."""
    assert answer.status_code >= 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["Request-Id"].startswith("req_")
    body = answer.json()["error"]
    assert {"type", "message"} <= body.keys()
    return body


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1e3"}, "parameter_invalid_integer", "amount"),
        ({"amount": "9" * 30}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_empty", "amount"),
        ({"amount[x]": "1"}, None, "amount[x]"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"capture_method": "whenever"}, None, "capture_method"),
        ({"confirm": "perhaps"}, None, "confirm"),
        ({"metadata[a][b]": "1"}, None, "metadata"),
        ({f"metadata[{'x' * 41}]": "1"}, None, "metadata"),
        ({"metadata[a]": "x" * 501}, None, "metadata"),
        ({f"metadata[k{n}]": "1" for n in range(51)}, None, "metadata"),
        ({"description": "x" * 5001}, None, "description"),
        ({"payment_method": "x" * 300}, None, "payment_method"),
        ({"expand": "latest_charge"}, None, "expand"),
        ({"[a]": "1"}, None, "[a]"),
        ({"a[b[c]": "1"}, None, "a[b[c]"),
        ({"a[b][c][d][e][f][g]": "1"}, None, "a[b][c][d][e][f][g]"),
    ],
)
def test_a_wrong_parameter_is_named(gateway: Running, more: dict[str, str], code: str | None, param: str) -> None:
    before = gateway.control()["objects"]
    answer = gateway.post("/v1/payment_intents", {**ASK, **more})
    body = error(answer)
    assert (answer.status_code, body["type"]) == (400, "invalid_request_error")
    assert (body.get("code"), body["param"]) == (code, param)
    assert gateway.control()["objects"] == before


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_a_missing_parameter_is_named(gateway: Running, missing: str) -> None:
    body = error(gateway.post("/v1/payment_intents", {key: value for key, value in ASK.items() if key != missing}))
    assert (body["code"], body["param"]) == ("parameter_missing", missing)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/customers", 404),
        ("GET", "/", 404),
        ("DELETE", "/v1/payment_intents", 404),
        ("OPTIONS", "/v1/payment_intents", 404),
        ("PATCH", "/v1/refunds", 404),
        ("POST", "/v1/payment_intents/pi_1/explode", 404),
        ("GET", "/v1/payment_intents/pi_1", 404),
        ("GET", "/v1/payment_intents/pi_zzzzzzzzzzzzzzzzzzzzzzzz", 404),
        ("GET", "/v1/payment_intents/pi_0000000001ffffffffffffff", 404),
        ("GET", "/v1/payment_intents/..%2f..%2fbooks", 404),
        ("GET", "/v1/charges/pi_1", 404),
        ("POST", "/v1/disputes/du_1/close", 404),
        ("GET", "/v1/events/evt_\u00e4", 404),
        ("GET", "/v1/payment_intents/ ", 404),
    ],
)
def test_what_is_not_there_is_not_found(gateway: Running, method: str, path: str, status: int) -> None:
    answer = gateway.post(path, None, method)
    assert (answer.status_code, error(answer)["type"]) == (status, "invalid_request_error")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer sk_live_1234567890",
        "Bearer pk_test_123456",
        "Basic !!!",
        "Digest x",
        "Bearer \u00e4",
    ],
)
def test_without_a_test_key_nothing_is_done(gateway: Running, authorization: str) -> None:
    headers = {"Authorization": authorization.encode()} if authorization else {}
    answer = requests.post(f"{gateway.url}/v1/payment_intents", ASK, headers=headers, timeout=10)
    body = error(answer)
    assert (answer.status_code, body["type"]) == (401, "invalid_request_error")
    assert "1234567890" not in body["message"], "a key is not repeated"


def test_a_key_may_be_the_only_one() -> None:
    with running(api_key="sk_test_ours") as gateway:
        assert gateway.get("/v1/events").status_code == 401
        ours = requests.get(f"{gateway.url}/v1/events", auth=("sk_test_ours", ""), timeout=10)
        assert ours.status_code == 200, "curl -u works too"


def test_bodies_are_forms(gateway: Running) -> None:
    answer = gateway.post("/v1/payment_intents", b'{"amount":1000}', Content_Type="application/json")
    assert (answer.status_code, error(answer)["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("body", [b"\xff\xfe=\x00", b"amount=%ff", "&".join(f"a{n}=1" for n in range(1001)).encode()])
def test_what_is_no_form_is_refused(gateway: Running, body: bytes) -> None:
    answer = gateway.post("/v1/payment_intents", body, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status_code, error(answer)["type"]) == (400, "invalid_request_error")


def test_a_body_has_a_size(gateway: Running) -> None:
    answer = gateway.post("/v1/payment_intents", {**ASK, "description": "x" * (1 << 20)})
    assert (answer.status_code, error(answer)["type"]) == (413, "invalid_request_error")


def test_another_account_is_not_simulated(gateway: Running) -> None:
    answer = gateway.post("/v1/payment_intents", ASK, Stripe_Account="acct_1")
    assert (answer.status_code, error(answer)["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(("version", "status"), [("2020-08-27", 200), ("2026-10-28.endive", 200), ("tomorrow", 400)])
def test_a_version_is_a_date(gateway: Running, version: str, status: int) -> None:
    answer = gateway.get("/v1/events", Stripe_Version=version)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["Stripe-Version"] == version


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/refunds HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_http_harms_nobody(gateway: Running, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as wire:
        wire.sendall(request_bytes)
        assert b"HTTP/1.1 400" in wire.recv(4096)
    assert gateway.get("/v1/events").status_code == 200


def test_a_caller_who_leaves_in_the_middle_of_a_body_harms_nobody(gateway: Running) -> None:
    before = gateway.control()["objects"]
    head = b"POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_abc\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\namount=10"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as wire:
        wire.sendall(head)
    assert gateway.get("/v1/events").status_code == 200
    assert gateway.control()["objects"] == before


class TestControl:
    """The control API refuses in the same shape."""

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PUT", "/faults", "not a list"),
            ("PUT", "/limits", {"per_second": "many"}),
            ("PUT", "/outage", {"mode": "earthquake"}),
            ("POST", "/clock", {"advance_s": -1}),
            ("POST", "/clock", {"advance_s": 1e12}),
            ("POST", "/disputes", {"payment_intent": "pi_1", "reason": "whim"}),
            ("POST", "/payment_intents/pi_1/finish", {"outcome": "maybe"}),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, gateway: Running, method: str, path: str, body: Any) -> None:
        answer = gateway.ask_control(path, body, method)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    def test_a_web_page_cannot_send_to_it(self, gateway: Running) -> None:
        """A browser sends JSON to another site only after asking, and nobody here answers that question."""
        url = f"{gateway.control_url}/_control/clock"
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = requests.post(url, b'{"advance_s": 5}', headers={"Content-Type": kind}, timeout=10)
            assert answer.status_code == 400
        assert gateway.control()["clock_offset_s"] == 0

    @pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=" + "9" * 30])
    def test_numbers_are_numbers(self, gateway: Running, query: str) -> None:
        assert gateway.ask_control(f"/books?{query}").status_code == 400


class TestForms:
    """Brackets, as Stripe's libraries write them."""

    def test_they_nest(self) -> None:
        fields = form.pairs(
            b"metadata%5Border%5D=7&expand[0]=a&expand[1]=b&types[]=x&types[]=y&shipping[address][city]=K%C3%B6ln"
        )
        assert form.tree(fields) == {
            "metadata": {"order": "7"},
            "expand": {"0": "a", "1": "b"},
            "types": {"0": "x", "1": "y"},
            "shipping": {"address": {"city": "Köln"}},
        }

    def test_the_last_of_several_counts(self) -> None:
        assert form.tree(form.pairs(b"a=1&a=2")) == {"a": "2"}

    @pytest.mark.parametrize("text", [b"a=1&a[b]=2", b"a[b]=2&a=1", b"a[b]=1&a[b][c]=2"])
    def test_they_do_not_contradict_each_other(self, text: bytes) -> None:
        with pytest.raises(Refused):
            form.tree(form.pairs(text))
