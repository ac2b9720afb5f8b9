"""A buyer in a browser, a service of two workers, and a restart: the session is known, and the cart is whole."""

import json
import os
import signal
import urllib.request
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import psutil  # type: ignore[import-untyped]  # It ships no types.
import pytest

from tests.journeys.engine import Engine, pause_and_go


@pytest.fixture
def engine(an_engine: Callable[..., Engine]) -> Engine:
    """Two workers on one database, with the sample sale."""
    engine = an_engine(workers=2)
    engine.start()
    engine.put()
    return engine


class Browser:
    """Keeps its cookie, and asks one worker at a time: the others are held meanwhile, so that none of them answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cookie = ""
        self.csrf = ""

    def ask(self, worker: psutil.Process, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", "Cookie": self.cookie, "Race-Csrf": self.csrf}
        data = None if body is None else json.dumps(body).encode()
        asking = urllib.request.Request(f"{self.engine.url}{path}", data, headers, method=method)
        others = [other for other in self.engine.workers() if other.pid != worker.pid]
        for other in others:
            os.kill(other.pid, signal.SIGSTOP)
        try:
            with urllib.request.urlopen(asking, timeout=20) as response:
                for cookie in SimpleCookie(response.headers.get("Set-Cookie", "")).values():
                    self.cookie = f"{cookie.key}={cookie.value}"
                return json.load(response)
        finally:
            for other in others:
                pause_and_go(other.pid)


def test_a_session_and_its_cart_are_the_same_in_every_worker_and_after_a_restart(engine: Engine) -> None:
    browser = Browser(engine)
    one, other = engine.workers()
    session = browser.ask(one, "POST", "/v1/session")
    browser.csrf = session["csrf"]
    item = "shoe"
    browser.ask(one, "PATCH", "/v1/carts/aurora", {"lines": [{"item": item, "quantity": 1}]})
    cart = browser.ask(other, "PATCH", "/v1/carts/aurora", {"lines": [{"item": item, "quantity": 2}]})
    assert (cart["version"], [line["quantity"] for line in cart["lines"]]) == (2, [2])

    engine.terminate()
    engine.start()
    for worker in engine.workers():
        assert browser.ask(worker, "GET", "/v1/carts/aurora")["lines"] == cart["lines"]
        again = browser.ask(worker, "POST", "/v1/session")
        assert (again["buyer"], again["csrf"]) == (session["buyer"], session["csrf"])
    changed = browser.ask(worker, "PATCH", "/v1/carts/aurora", {"lines": [{"item": item, "quantity": 1}]})
    assert changed["version"] == 3, "the page that was open all the while may change it"
