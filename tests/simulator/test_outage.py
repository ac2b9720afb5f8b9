"""The whole gateway down: nothing that is asked meanwhile is ever done, and afterwards it is as before."""

import socket
import threading
import time

import pytest
import requests

from tests.simulator.running import Running, running

ASK = {"amount": "1000", "currency": "eur"}


def count(gateway: Running) -> int:
    return int(gateway.control()["objects"]["pi"])


def back(gateway: Running) -> None:
    """End the outage and wait until somebody answers again."""
    gateway.control("/outage", {"mode": "none"}, "PUT")
    wait_until_open(gateway)


def wait_until_open(gateway: Running) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            assert gateway.get("/v1/events").status_code == 200
            return
        except requests.ConnectionError:
            time.sleep(0.02)
    raise AssertionError("the gateway did not come back")


def refused(gateway: Running) -> bool:
    try:
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_refuses_connections_and_cuts_those_that_are_open(gateway: Running) -> None:
    before = count(gateway)
    with requests.Session() as session:
        url = f"{gateway.url}/v1/payment_intents"
        headers = {"Authorization": "Bearer sk_test_simulator"}
        assert session.post(url, ASK, headers=headers, timeout=10).status_code == 200
        gateway.control("/outage", {"mode": "refuse"}, "PUT")
        deadline = time.monotonic() + 10
        while not refused(gateway) and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(requests.ConnectionError):
            session.post(url, ASK, headers=headers, timeout=10)
    assert refused(gateway)
    assert count(gateway) == before + 1, "the control API has a port of its own"
    back(gateway)
    assert gateway.post("/v1/payment_intents", ASK).status_code == 200


def test_whoever_waits_for_an_answer_when_it_begins_gets_none(gateway: Running) -> None:
    gateway.faults({"fault": "latency", "on": "events.list", "delay": {"distribution": "constant", "ms": 500}})
    broken: list[Exception] = []

    def ask() -> None:
        try:
            gateway.get("/v1/events")
        except requests.ConnectionError as error:
            broken.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not gateway.control("/faults")["struck"]:
        time.sleep(0.01)
    gateway.control("/outage", {"mode": "refuse"}, "PUT")
    waiting.join()
    assert len(broken) == 1
    gateway.control("/faults", method="DELETE")
    back(gateway)


def test_it_takes_connections_and_never_answers(gateway: Running) -> None:
    before = count(gateway)
    gateway.control("/outage", {"mode": "hang"}, "PUT")
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{gateway.url}/v1/payment_intents",
            ASK,
            headers={"Authorization": "Bearer sk_test_simulator"},
            timeout=(5, 0.3),
        )
    back(gateway)
    assert count(gateway) == before


def test_it_cuts_whoever_says_something(gateway: Running) -> None:
    before = count(gateway)
    gateway.control("/outage", {"mode": "cut"}, "PUT")
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            gateway.post("/v1/payment_intents", ASK)
    back(gateway)
    assert count(gateway) == before


@pytest.mark.parametrize("mode", ["refuse", "hang", "cut"])
def test_it_comes_back_by_itself(gateway: Running, mode: str) -> None:
    gateway.control("/outage", {"mode": mode, "for_s": 0.2}, "PUT")
    deadline = time.monotonic() + 10
    while gateway.control()["outage"]["mode"] != "none" and time.monotonic() < deadline:
        time.sleep(0.02)
    wait_until_open(gateway)


def test_without_a_port_for_control_a_refusing_outage_needs_an_end() -> None:
    with running(control_port=None) as gateway:
        assert gateway.control_url == gateway.url
        endless = gateway.ask_control("/outage", {"mode": "refuse"}, "PUT")
        assert (endless.status_code, endless.json()["error"]["param"]) == (400, "for_s")
        gateway.control("/outage", {"mode": "refuse", "for_s": 0.2}, "PUT")
        time.sleep(0.1)
        wait_until_open(gateway)
