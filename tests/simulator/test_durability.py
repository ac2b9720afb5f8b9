"""What was answered is there after kill -9, and what was not answered is whole or not there at all."""

import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.simulator.merchant import SECRET, merchant
from tests.simulator.running import Process, launched

ROUNDS = 3
BUYERS = 8


def buy(gateway: Process, name: str, done: dict[str, str], stop: threading.Event) -> None:
    """Pay again and again until the gateway is gone, noting every answer."""
    n = 0
    while not stop.is_set():
        key = f"{name}-{n}"
        try:
            form = {"amount": "1000", "currency": "eur", "capture_method": "manual", "metadata[checkout]": key}
            made = gateway.post("/v1/payment_intents", form, Idempotency_Key=f"{key}-a").json()["id"]
            done[f"{key}-a"] = made
            path = f"/v1/payment_intents/{made}"
            assert gateway.post(f"{path}/confirm", {"payment_method": "pm_card_visa"}, Idempotency_Key=f"{key}-b").ok
            done[f"{key}-b"] = made
            assert gateway.post(f"{path}/capture", None, Idempotency_Key=f"{key}-c").ok
            done[f"{key}-c"] = made
        except (requests.ConnectionError, requests.JSONDecodeError):
            return
        n += 1


def test_every_answer_outlives_the_process(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    done: dict[str, str] = {}
    for turn in range(ROUNDS):
        with launched(store) as gateway:
            stop = threading.Event()
            crowd = [
                threading.Thread(target=buy, args=(gateway, f"{turn}-{buyer}", done, stop)) for buyer in range(BUYERS)
            ]
            for one in crowd:
                one.start()
            while len(done) < (turn + 1) * 60:
                pass
            gateway.kill()
            stop.set()
            for one in crowd:
                one.join()
    with launched(store) as gateway:
        assert gateway.violations() == []
        assert_all_there(gateway, done)
        assert gateway.stop() == 0


def assert_all_there(gateway: Process, done: dict[str, str]) -> None:
    """The books hold what each answer said, and each key still gives its first answer."""
    books = {book["reference"]: book for book in gateway.control("/books?limit=5000")["books"]}
    for key, intent in done.items():
        reference, _, step = key.rpartition("-")
        book = books[reference]
        assert book["payment_intents"] == [intent], "one payment for each key"
        assert book["authorized"] >= (1000 if step in "bc" else 0)
        assert book["captured"] == (1000 if f"{reference}-c" in done else book["captured"])
    key = next(key for key in done if key.endswith("-a"))
    form = {"amount": "1000", "currency": "eur", "capture_method": "manual", "metadata[checkout]": key[:-2]}
    again = gateway.post("/v1/payment_intents", form, Idempotency_Key=key)
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (done[key], "true")


def test_messages_that_were_owed_are_still_sent(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    with merchant() as one:
        late = {"fault": "webhook_late", "delay": {"distribution": "constant", "ms": 3_600_000}}
        options: dict[str, Any] = {"webhook_url": one.url, "webhook_secret": SECRET}
        with launched(store, **options) as gateway:
            gateway.faults(late)
            gateway.paid()
            gateway.kill()
        assert one.bodies == []
        with launched(store, **options) as gateway:
            assert gateway.control("/faults")["rules"][0]["fault"] == "webhook_late", "rules stay too"
            gateway.control("/clock", {"advance_s": 3601})
            one.wait(lambda: len(one.events) == 3, "three events")


def test_clock_rules_and_endpoint_are_kept(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    with launched(store) as gateway:
        gateway.control("/clock", {"advance_s": 7200})
        gateway.control("/webhooks", {"endpoint": {"url": "http://127.0.0.1:9/", "secret": SECRET}}, "PUT")
        gateway.kill()
    with launched(store) as gateway:
        assert gateway.control()["clock_offset_s"] == 7200
        assert gateway.control("/webhooks")["endpoint"] == "http://127.0.0.1:9/"


def test_ids_go_on_where_they_ended(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    names: set[str] = set()
    for _ in range(2):
        with launched(store) as gateway:
            names |= {gateway.v1.payment_intents.create({"amount": 500, "currency": "eur"}).id for _ in range(3)}
            gateway.kill()
    assert len(names) == 6


@pytest.mark.parametrize("mode", ["none", "hang", "refuse"])
def test_it_stops_when_it_is_told_to(tmp_path: Path, mode: str) -> None:
    with launched(tmp_path / "books.db") as gateway:
        gateway.control("/outage", {"mode": mode}, "PUT")
        assert gateway.stop() == 0
