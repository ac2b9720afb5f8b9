"""Nothing that is told of a purchase repeats a secret or a card: not in the log, traces, metrics, report or console.

Everything is switched on, at the level of most lines, and every place that takes text is given a mark: a secret, an
address, or a number that could be a card's. Then all that was told is searched for the marks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from tests.journeys.engine import ADMIN_KEY, STOREFRONT_KEY, Engine, free_port
from tests.journeys.test_traces import Listening
from tests.simulator.running import Process, launched

GATEWAY_KEY = "sk_test_MARKgatewaykey"
GATEWAY_SECRET = "whsec_MARKgatewaysecret"
OUT_SECRET = "whsec_TUFSS21lcmNoYW50c2VjcmV0MTIzNDU2Nzg5MDEyMzQ="
CARDS = {
    "payment method": "4242424242424242",
    "idempotency key": "4000056655665556",
    "request id": "5555555555554444",
    "buyer": "2223003122003222",
    "promo": "5105105105105100",
    "item": "378282246310005",
    "path": "371449635398431",
    "query": "6011111111111117",
    "return address": "6011000990139424",
    "refund reason": "3056930009020004",
    "beacon": "36227206271667",
    "webhook": "6555900000604105",
    "header": "3566002020360505",
    "cookie": "6200000000000005",
    "json": "4000002500003155",
    "gap": "4000 0027 6000 3184",
}
"""A number for each place, as issuers give them for tests; the last one is written with gaps."""


class Told(msgspec.Struct, frozen=True):
    """All that was told, by where."""

    log: str
    spans: str
    metrics: str
    report: str
    console: str
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The gateway."""
    with launched(tmp_path_factory.mktemp("stripe") / "books.db", api_key=GATEWAY_KEY) as one:
        yield one


@pytest.fixture(scope="module")
def told(used_folder: Path, stripe: Process) -> Iterator[Told]:
    """What is told of purchases with marks all over."""
    listening, port = Listening(), free_port()
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        shop = Engine(
            Path(folder),
            RACE_LOG_LEVEL="debug",
            RACE_TRACE_URL=f"{listening.url}/v1/traces",
            RACE_TRACE_SHARE="1",
            RACE_METRICS_PORT=str(port),
            RACE_WEBHOOK_URL=f"{listening.url}/orders?token=MARKmerchanttoken",
            RACE_WEBHOOK_SECRET=OUT_SECRET,
            RACE_WEBHOOK_ALLOW_PRIVATE="true",
            RACE_STRIPE_KEY=GATEWAY_KEY,
            RACE_STRIPE_BASE=stripe.url,
            RACE_STRIPE_WEBHOOK_SECRET=GATEWAY_SECRET,
        )
        subprocess.run(["cp", "-a", str(used_folder), str(shop.data)], check=True)
        try:
            shop.start()
            shop.put()
            buying = Buying(shop)
            buying.everywhere()
            shop.until(lambda: listening.named("deliver"))
            metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
            report, console = reported(shop, Path(folder)), watched(shop, buying.checkouts)
            assert shop.terminate() == 0
            spans = "\n".join(str(span) for span in listening.spans)
            yield Told(shop.told(), spans, metrics, report, console, buying.secrets)
        finally:
            shop.end()
            listening.close()


class Buying:
    """Somebody who tries everything, with marks wherever text can be."""

    def __init__(self, shop: Engine) -> None:
        self._shop = shop
        self.checkouts: list[str] = []
        self.secrets = {
            "storefront key": STOREFRONT_KEY,
            "admin key": ADMIN_KEY,
            "gateway key": GATEWAY_KEY,
            "gateway secret": GATEWAY_SECRET,
            "merchant secret": OUT_SECRET.removeprefix("whsec_"),
            "merchant token": "MARKmerchanttoken",
            "wrong key": "MARKwrongkey",
            "cookie": "MARKcookie",
            "csrf": "MARKcsrf",
            "signature": "MARKsignature",
            "tracestate": "MARKtracestate",
            "agent": "MARKagent",
            "proof": "MARKproof",
            "pass": "MARKpass",
            "e-mail": "mark.in.mail@example.org",
            "token": "MARKtoken",
            "body": "MARKbody",
        }

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One request, with marks in whatever is sent along."""
        given = {
            "Authorization": f"Bearer {STOREFRONT_KEY}",
            "Content-Type": "application/json",
            "Cookie": f"race_session=MARKcookie; other={CARDS['cookie']}",
            "Race-Csrf": "MARKcsrf",
            "Race-Challenge": "MARKproof",
            "User-Agent": "MARKagent",
            "Referer": f"https://shop.example/?card={CARDS['header']}",
            "X-Forwarded-For": CARDS["header"],
            "X-Request-Id": CARDS["request id"],
            "tracestate": "shop=MARKtracestate",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = body if isinstance(body, str | bytes) else None if body is None else json.dumps(body)
        url = f"{self._shop.url}{path}{'&' if '?' in path else '?'}card={CARDS['query']}&token=MARKtoken"
        if "/v1/checkouts" in path or "/console" in path:
            url = self._shop.url + path
        return requests.request(method, url, data=content, headers=given, timeout=30)

    def everywhere(self) -> None:
        """Through all of it: what works, and what is refused."""
        self._buys("pm_card_visa")
        self._buys("pm_card_chargeDeclinedInsufficientFunds")
        self._buys(CARDS["payment method"])
        self._is_refused()
        self._tells()
        self._comes_as_a_guest()

    def _buys(self, method: str) -> None:
        number = len(self.checkouts)
        wish = {
            "drop": "aurora",
            "lines": [{"item": "shoe", "quantity": 1}],
            "buyer": {"id": f"buyer-{number}", "email": "mark.in.mail@example.org"},
        }
        made = self.ask("POST", "/v1/checkouts", wish, Idempotency_Key=f"{CARDS['idempotency key']}-{number}")
        assert made.status_code == 201, made.text
        self.checkouts.append(made.json()["id"])
        payment = {"payment_method": method, "return_url": f"https://shop.example/?card={CARDS['return address']}"}
        path = f"/v1/checkouts/{self.checkouts[-1]}/payment"
        paid = self.ask("POST", path, payment, Idempotency_Key=f"{CARDS['idempotency key']}-{number}-pays")
        if paid.status_code == 200:
            refund = {"amount": 100, "reason": f"{CARDS['refund reason']} MARKbody"}
            self.ask("POST", f"/v1/orders/{self.checkouts[-1]}/refunds", refund, Idempotency_Key="back")

    def _is_refused(self) -> None:
        """Whatever is wrong, in each place."""
        wish = {
            "drop": CARDS["path"],
            "lines": [{"item": CARDS["item"], "quantity": 1}],
            "buyer": {"id": CARDS["buyer"], "email": "mark.in.mail@example.org"},
            "promo": CARDS["promo"],
        }
        for body in (wish, {**wish, "drop": "aurora"}, '{"MARKbody": "' + CARDS["json"], {"card": CARDS["json"]}):
            for key in (f"{CARDS['idempotency key']}", ""):
                self.ask("POST", "/v1/checkouts", body, Idempotency_Key=key, Race_Pass="MARKpass")
        for path in ("/v1/orders/", "/v1/checkouts/", "/v1/drops/", "/nowhere/", "/shop/", "/v1/webhooks/"):
            for key in (STOREFRONT_KEY, "MARKwrongkey"):
                self.ask("GET", path + CARDS["path"], Authorization=f"Bearer {key}")
                self.ask("POST", path + CARDS["path"], {"card": CARDS["gap"]}, Authorization=f"Bearer {key}")
        for key in ("MARKwrongkey", ADMIN_KEY):
            path = f"/v1/admin/drops/{CARDS['path']}"
            self.ask("PUT", path, {"title": CARDS["json"]}, Authorization=f"Bearer {key}")

    def _tells(self) -> None:
        """What browsers and gateways tell."""
        for body in (f'{{"drop": "{CARDS["beacon"]}", "steps": ["MARKbody"]}}', f"MARKbody {CARDS['beacon']}"):
            self.ask("POST", "/v1/rum", body, Content_Type="text/plain")
        event = {"id": f"evt_{CARDS['webhook']}", "type": CARDS["webhook"], "data": {"object": {"email": "MARKbody"}}}
        self.ask("POST", "/v1/webhooks/stripe", event, Stripe_Signature="t=1,v1=MARKsignature")

    def _comes_as_a_guest(self) -> None:
        """With a session of the engine's own, whose cookie nobody else may learn."""
        made = requests.post(f"{self._shop.url}/v1/session", timeout=30)
        self.secrets |= {"session": made.cookies["race_session"], "its csrf": made.json()["csrf"]}
        given = {"Cookie": f"race_session={made.cookies['race_session']}", "Race-Csrf": made.json()["csrf"]}
        for path in ("/v1/session/sign-in", "/v1/checkouts", "/v1/drops/aurora/line"):
            self.ask("POST", path, {"token": "MARKtoken.MARKtoken.MARKtoken"}, **given)


def reported(shop: Engine, folder: Path) -> str:
    """The report, as a page and as JSON."""
    page, file = folder / "report.html", folder / "report.json"
    command = [sys.executable, "-m", "race_to_purchase.cli", "report", "aurora", "--out", page, "--json", file]
    subprocess.run(command, env=shop.environment | {"RACE_DATABASE_URL": shop.dsn}, check=True, timeout=120)
    return page.read_text(encoding="utf-8") + file.read_text(encoding="utf-8")


def watched(shop: Engine, checkouts: list[str]) -> str:
    """What the console's pages are made of."""
    paths = ["drops/aurora", "drops/aurora/series", *[f"purchases/{checkout}" for checkout in checkouts]]
    answers = [
        requests.get(
            f"{shop.url}/v1/admin/console/{path}", headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=30
        )
        for path in paths
    ]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    return "\n".join(answer.text for answer in answers)


def test_all_of_it_was_told(told: Told) -> None:
    """So that there is something to be searched."""
    assert '"level":"debug"' in told.log
    assert "order placed" in told.log
    assert "authorize" in told.spans
    assert "race_orders_total" in told.metrics
    assert "fulfilled" in told.console


@pytest.mark.parametrize("where", ["log", "spans", "metrics", "report", "console"])
def test_no_secret_is_repeated(told: Told, where: str) -> None:
    text = getattr(told, where)
    assert [name for name, secret in told.secrets.items() if secret in text] == []


@pytest.mark.parametrize("where", ["log", "spans", "metrics", "report", "console"])
def test_no_number_that_could_be_a_cards_is_repeated(told: Told, where: str) -> None:
    text = getattr(told, where)
    assert [place for place, number in CARDS.items() if number in text] == []
