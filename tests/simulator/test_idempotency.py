"""Idempotency keys as Stripe keeps them: the first answer again, whatever it was, for a day."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import stripe

from race_to_purchase.gateways.simulator.books import KEY_LIFE_S, Answer, Books
from race_to_purchase.gateways.simulator.names import Names
from race_to_purchase.gateways.simulator.store import Store
from tests.simulator.running import Running, running

ASK = {"amount": "1000", "currency": "eur", "metadata[checkout]": "k"}
HELD = {**ASK, "capture_method": "manual", "payment_method": "pm_card_visa", "confirm": "true"}


def test_the_same_request_gets_the_same_answer_byte_for_byte(gateway: Running) -> None:
    first = gateway.post("/v1/payment_intents", HELD, Idempotency_Key="same")
    intent = first.json()["id"]
    gateway.v1.payment_intents.capture(intent)
    again = gateway.post("/v1/payment_intents", HELD, Idempotency_Key="same")
    assert (again.status_code, again.content) == (200, first.content), "although it was captured since"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "same"
    assert "Idempotent-Replayed" not in first.headers


def test_parameters_may_come_in_another_order(gateway: Running) -> None:
    first = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="order")
    again = gateway.post("/v1/payment_intents", dict(reversed(ASK.items())), Idempotency_Key="order")
    assert again.content == first.content


def test_other_parameters_are_refused(gateway: Running) -> None:
    first = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="other")
    wrong = gateway.post("/v1/payment_intents", {**ASK, "amount": "1001"}, Idempotency_Key="other")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (400, "idempotency_error")
    assert gateway.post("/v1/payment_intents", ASK, Idempotency_Key="other").content == first.content


def test_another_endpoint_is_refused(gateway: Running) -> None:
    gateway.post("/v1/payment_intents", ASK, Idempotency_Key="endpoint")
    wrong = gateway.post("/v1/refunds", ASK, Idempotency_Key="endpoint")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_decline_is_remembered(gateway: Running) -> None:
    ask = {**HELD, "payment_method": "pm_card_chargeDeclined"}
    first = gateway.post("/v1/payment_intents", ask, Idempotency_Key="declined")
    again = gateway.post("/v1/payment_intents", ask, Idempotency_Key="declined")
    assert (first.status_code, again.status_code, again.content) == (402, 402, first.content)


def test_a_refusal_by_the_payments_state_is_remembered(gateway: Running) -> None:
    intent = gateway.v1.payment_intents.create({"amount": 1000, "currency": "eur", "capture_method": "manual"}).id
    first = gateway.post(f"/v1/payment_intents/{intent}/capture", Idempotency_Key="early")
    gateway.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    again = gateway.post(f"/v1/payment_intents/{intent}/capture", Idempotency_Key="early")
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (400, 400, "true")


def test_a_misspelt_request_is_not_remembered(gateway: Running) -> None:
    wrong = gateway.post("/v1/payment_intents", {**ASK, "colour": "red"}, Idempotency_Key="misspelt")
    right = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="misspelt")
    assert (wrong.status_code, right.status_code) == (400, 200)


def test_a_key_that_is_under_way_is_in_use(gateway: Running) -> None:
    gateway.faults({"fault": "latency", "on": "payment_intents.create", "delay": constant(700), "times": 1})
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(gateway.post("/v1/payment_intents", ASK, Idempotency_Key="busy"))
    )
    slow.start()
    while not gateway.control("/faults")["struck"]:
        pass
    meanwhile = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="busy")
    assert (meanwhile.status_code, meanwhile.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert meanwhile.headers["Stripe-Should-Retry"] == "true"
    slow.join()
    assert gateway.post("/v1/payment_intents", ASK, Idempotency_Key="busy").content == answers[0].content


def test_many_with_one_key_make_one_payment(gateway: Running) -> None:
    before = gateway.control()["objects"]["pi"]

    def ask(_: int) -> tuple[int, bytes]:
        answer = gateway.post("/v1/payment_intents", HELD, Idempotency_Key="crowd")
        return answer.status_code, answer.content

    with ThreadPoolExecutor(32) as crowd:
        answers = list(crowd.map(ask, range(64)))
    assert {status for status, _ in answers} <= {200, 409}
    assert len({body for status, body in answers if status == 200}) == 1
    assert gateway.control()["objects"]["pi"] == before + 1


def test_without_a_key_every_request_counts(gateway: Running) -> None:
    made = {gateway.post("/v1/payment_intents", ASK).json()["id"] for _ in range(3)}
    assert len(made) == 3


def test_reading_takes_no_notice_of_keys(gateway: Running) -> None:
    intent = gateway.held()
    path = f"/v1/payment_intents/{intent.id}"
    gateway.get(path, Idempotency_Key="read")
    gateway.v1.payment_intents.cancel(intent.id)
    assert gateway.get(path, Idempotency_Key="read").json()["status"] == "canceled"


@pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400), (0, 400)])
def test_a_key_has_a_length(gateway: Running, length: int, status: int) -> None:
    assert gateway.post("/v1/payment_intents", ASK, Idempotency_Key="x" * length).status_code == status


class TestTheLifeOfAKey:
    """A day."""

    def test_afterwards_it_may_be_used_for_anything(self) -> None:
        with running() as gateway:
            first = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="day").json()["id"]
            gateway.control("/clock", {"advance_s": 23 * 3600})
            assert gateway.post("/v1/payment_intents", ASK, Idempotency_Key="day").json()["id"] == first
            gateway.control("/clock", {"advance_s": 3601})
            again = gateway.post("/v1/payment_intents", {**ASK, "amount": "2000"}, Idempotency_Key="day")
            assert (again.status_code, again.json()["id"] != first) == (200, True)
            assert gateway.violations() == []

    def test_it_is_over_even_where_nobody_has_cleaned_up(self) -> None:
        store = Store(None)
        books = Books(store, Names(1))
        books.remember("k", Answer("POST /v1/refunds", b"", 200, b"{}", "req_1", created_at=1000.0))
        assert books.answer("k", 1000.0 + KEY_LIFE_S - 1) is not None
        assert books.answer("k", 1000.0 + KEY_LIFE_S) is None
        store.close()

    def test_old_ones_leave_the_books(self, tmp_path: Path) -> None:
        store = tmp_path / "books.db"
        with running(store=store) as gateway:
            for n in range(3):
                gateway.post("/v1/payment_intents", ASK, Idempotency_Key=f"old-{n}")
            gateway.control("/clock", {"advance_s": KEY_LIFE_S + 1})
            gateway.post("/v1/payment_intents", ASK, Idempotency_Key="new")
        with closing(sqlite3.connect(store)) as file:
            assert file.execute("SELECT key FROM answer").fetchall() == [("new",)]


def test_stripes_library_sees_it_as_stripes(gateway: Running) -> None:
    ask = {"amount": 1000, "currency": "eur"}
    create = gateway.v1.payment_intents.create
    first = create(ask, {"idempotency_key": "library"})
    assert create(ask, {"idempotency_key": "library"}).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        create({**ask, "amount": 1001}, {"idempotency_key": "library"})


def constant(ms: float) -> dict[str, object]:
    return {"distribution": "constant", "ms": ms}
