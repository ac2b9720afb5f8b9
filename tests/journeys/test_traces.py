"""One purchase is one trace: from the shop's own page, through the engine and its gateway, to the merchant's system."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.journeys.engine import Engine, storefront
from tests.sale import shoes
from tests.samples import PRICE

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Listening:
    """A collector and a merchant at once: what was posted to it, by its path."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self.deliveries: list[dict[str, str]] = []
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/v1/traces":
                    told = json.loads(body)["resourceSpans"]
                    listening.spans += [s for r in told for each in r["scopeSpans"] for s in each["spans"]]
                else:
                    listening.deliveries.append(dict(self.headers))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def named(self, name: str) -> list[dict[str, Any]]:
        """The spans of that name."""
        return [span for span in self.spans if span["name"] == name]


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Somebody who listens."""
    there = Listening()
    yield there
    there.close()


def buy(shop: Engine, buyer: str, method: str = "pm_approved", pieces: int = 1, **headers: str) -> tuple[int, str]:
    """Reserve and pay; the last status, and the checkout."""
    wish = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": pieces}], "buyer": {"id": buyer}}
    asked = requests.post(
        f"{shop.url}/v1/checkouts", json=wish, headers=storefront(f"{buyer}-reserve") | headers, timeout=30
    )
    checkout = asked.json()["id"]
    paid = requests.post(
        f"{shop.url}/v1/checkouts/{checkout}/payment",
        json={"payment_method": method},
        headers=storefront(f"{buyer}-pay") | headers,
        timeout=30,
    )
    return paid.status_code, checkout


def test_from_the_page_to_the_merchant(an_engine: Callable[..., Engine], listening: Listening) -> None:
    shop = an_engine(
        RACE_TRACE_URL=f"{listening.url}/v1/traces",
        RACE_TRACE_SHARE="1",
        RACE_WEBHOOK_URL=f"{listening.url}/orders",
        RACE_WEBHOOK_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        RACE_WEBHOOK_ALLOW_PRIVATE="true",
    )
    shop.start()
    shop.put()
    status, checkout = buy(shop, "ada", **GIVEN)
    assert status == 200
    wanted = {
        "reserve",
        "pay",
        "commit Reserve",
        "commit BeginPayment",
        "sandbox authorize",
        "sandbox capture",
        "deliver",
    }
    shop.until(lambda: wanted <= {span["name"] for span in listening.spans if span["traceId"] == TRACE})
    (pay,) = listening.named("pay")
    about = {attribute["key"]: attribute["value"].get("stringValue") for attribute in pay["attributes"]}
    assert pay["parentSpanId"] == "00f067aa0ba902b7"
    assert about["race.order"] == about["race.checkout"] == about["race.reservation"] == checkout
    assert (about["race.drop"], about["race.gateway"]) == ("aurora", "sandbox")
    assert about["race.key"]
    (delivery,) = listening.deliveries
    assert delivery["traceparent"].startswith(f"00-{TRACE}-"), "another task told the merchant, in the same trace"


def test_of_a_purchase_that_fails_the_trace_is_kept(an_engine: Callable[..., Engine], listening: Listening) -> None:
    shop = an_engine(RACE_TRACE_URL=f"{listening.url}/v1/traces", RACE_TRACE_SHARE="0", RACE_TRACE_AMOUNT_MIN="0")
    shop.start()
    shop.put()
    assert buy(shop, "ada")[0] == 200
    buy(shop, "bob", "pm_answer_lost")
    shop.until(lambda: listening.named("sandbox authorize"))
    assert len({span["traceId"] for span in listening.spans}) == 1, "that of the purchase which went well is not sent"


def test_purchases_that_are_worth_much_are_always_kept(an_engine: Callable[..., Engine], listening: Listening) -> None:
    shop = an_engine(
        RACE_TRACE_URL=f"{listening.url}/v1/traces", RACE_TRACE_SHARE="0", RACE_TRACE_AMOUNT_MIN=str(2 * PRICE)
    )
    shop.start()
    shop.put(items=shoes(100))
    dear = set()
    for number in range(10):
        assert buy(shop, f"one-{number}")[0] == 200
        status, checkout = buy(shop, f"two-{number}", pieces=2)
        assert status == 200
        dear.add(checkout)
    shop.until(lambda: len(listening.named("pay")) >= len(dear))
    assert checkouts(listening.named("pay")) == dear
    shop.until(lambda: checkouts(listening.named("reserve")) == dear)


def checkouts(spans: list[dict[str, Any]]) -> set[str]:
    """Of which checkouts these spans tell."""
    return {
        attribute["value"]["stringValue"]
        for span in spans
        for attribute in span["attributes"]
        if attribute["key"] == "race.checkout"
    }


def test_purchases_go_on_where_no_collector_takes_anything(an_engine: Callable[..., Engine]) -> None:
    shop = an_engine(RACE_TRACE_URL="http://127.0.0.1:9/v1/traces", RACE_TRACE_SHARE="1")
    shop.start()
    shop.put()
    assert [buy(shop, buyer)[0] for buyer in ("ada", "bob", "carl")] == [200, 200, 200]
    assert shop.terminate() == 0
    assert shop.told().count("takes no traces") <= 1
    assert "Traceback" not in shop.told()
