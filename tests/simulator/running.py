"""A gateway simulator as tests use it: a real server on a port of its own, in a thread or as a process."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import requests
import stripe

from race_to_purchase.gateways.simulator import GatewayOptions
from race_to_purchase.gateways.simulator.server import Server

START_S = 30
LAUNCH = """
import sys, msgspec
from race_to_purchase.gateways.simulator import GatewayOptions, run_gateway
options = msgspec.json.decode(sys.argv[1], type=GatewayOptions, dec_hook=lambda kind, value: kind(value))
run_gateway(options, lambda at: print(at.url, at.control_url, flush=True))
"""


class Running:
    """Where it is reached, and short words for what tests do to it."""

    def __init__(self, url: str, control_url: str) -> None:
        self.url = url
        self.control_url = control_url
        self.stripe = stripe.StripeClient(
            "sk_test_simulator",
            base_addresses={"api": url, "connect": url, "files": url, "meter_events": url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=10),
        )
        self.v1 = self.stripe.v1

    @property
    def port(self) -> int:
        """Of the main address."""
        return int(self.url.rpartition(":")[2])

    def post(self, path: str, body: Any = None, method: str = "POST", **headers: str) -> requests.Response:
        """A form-encoded request with a key; `Idempotency_Key=...` becomes the header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": "Bearer sk_test_simulator", **named}
        return requests.request(method, self.url + path, data=body, headers=headers, timeout=20)

    def get(self, path: str, **headers: str) -> requests.Response:
        """The same without a body."""
        return self.post(path, None, "GET", **headers)

    def control(self, path: str = "", body: Any = None, method: str | None = None) -> Any:
        """What the control API answers, which must be 200."""
        answer = self.ask_control(path, body, method)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask_control(self, path: str = "", body: Any = None, method: str | None = None) -> requests.Response:
        """A request to the control API: GET without a body, POST with one, unless said otherwise."""
        verb = method or ("GET" if body is None else "POST")
        return requests.request(verb, f"{self.control_url}/_control{path}", json=body, timeout=20)

    def faults(self, *rules: dict[str, Any]) -> None:
        """Have these rules alone."""
        self.control("/faults", {"rules": list(rules)}, "PUT")

    def violations(self) -> list[Any]:
        """What the books say against themselves."""
        return self.control("/audit")["violations"]

    def book(self, reference: str) -> dict[str, Any]:
        """The money of one reference."""
        (book,) = self.control(f"/books?reference={reference}")["books"]
        return book

    def held(self, amount: int = 1500, card: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
        """A payment that waits to be captured."""
        ask = {"amount": amount, "currency": "eur", "capture_method": "manual", "confirm": True, "payment_method": card}
        return self.v1.payment_intents.create({**ask, **more})

    def paid(self, amount: int = 1500, card: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
        """A payment that was captured."""
        return self.held(amount, card, capture_method="automatic", **more)


@contextmanager
def running(**options: Any) -> Iterator[Running]:
    """A gateway in a thread of this process while the block runs; on a free port, its books in a temporary file."""
    given = GatewayOptions(**{"port": 0, "control_port": 0, **options})
    started: list[Any] = []
    ready = threading.Event()

    async def serve() -> None:
        server = Server(given)
        stop = asyncio.Event()
        try:
            listening = await server.start()
            started.extend([listening, asyncio.get_running_loop(), stop])
            ready.set()
            await stop.wait()
            await server.stop()
        except BaseException as error:
            started.append(error)
            ready.set()
            raise

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(START_S)
    if len(started) == 1:
        thread.join()
        raise started[0]
    try:
        yield Running(started[0].url, started[0].control_url)
    finally:
        started[1].call_soon_threadsafe(started[2].set)
        thread.join(START_S)
        assert not thread.is_alive()


class Process(Running):
    """A gateway as a process of its own, which can be killed."""

    def __init__(self, child: "subprocess.Popen[str]", url: str, control_url: str) -> None:
        super().__init__(url, control_url)
        self.child = child

    def kill(self) -> None:
        """kill -9: nothing is finished."""
        self.child.kill()
        self.child.wait(START_S)

    def stop(self) -> int:
        """SIGTERM; what it exits with."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(START_S)


@contextmanager
def launched(store: Path, **options: Any) -> Iterator[Process]:
    """A gateway process on a file, ended at the latest when the block ends."""
    given = msgspec.to_builtins(GatewayOptions(**{"port": 0, "control_port": 0, **options}))
    command = [sys.executable, "-c", LAUNCH, json.dumps({**given, "store": str(store)})]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        url, control_url = child.stdout.readline().split()
        yield Process(child, url, control_url)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(START_S)
        if child.stdout is not None:
            child.stdout.close()
