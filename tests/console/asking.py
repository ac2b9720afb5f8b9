"""What the console asks of an engine, and buyers who give it something to show."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

from tests.journeys.engine import ADMIN_KEY, STOREFRONT_KEY, Engine

OPERATOR_KEY = "operator-key-of-the-journeys"
_numbers = count(1)


class Console:
    """With an admin key instead of a cookie: what a cookie is good for has tests of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(
        self, method: str, path: str, body: Any = None, key: str = ADMIN_KEY, idempotency: str = ""
    ) -> tuple[int, Any]:
        """Status and body of one request."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        headers["Idempotency-Key"] = idempotency or str(uuid4())
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.engine.url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def drop(self, **changes: Any) -> str:
        """A new drop that is on sale."""
        id_ = f"show-{next(_numbers)}"
        body = {
            "title": "Aurora", "opens_at": "2026-01-01T00:00:00Z", "currency": "EUR",
            "items": [{"id": "eu-42", "title": "EU 42", "price": 15900, "stock": 10}], **changes,
        }  # fmt: skip
        status, told = self.ask("PUT", f"/v1/admin/drops/{id_}", body)
        assert status == 201, told
        return id_

    def reserves(self, drop: str, buyer: str, key: str = "") -> str:
        """Somebody reserves one piece; the checkout's id."""
        lines = [{"item": "eu-42", "quantity": 1}]
        wish = {"buyer": {"id": buyer, "email": "a@example.org"}, "drop": drop, "lines": lines}
        status, told = self.ask("POST", "/v1/checkouts", wish, STOREFRONT_KEY, key)
        assert status == 201, told
        return str(told["id"])

    def buys(self, drop: str, buyer: str, method: str = "pm_approved") -> str:
        """Somebody reserves and pays; the checkout's id. A process may not know yet that a gateway is back."""
        checkout = self.reserves(drop, buyer)
        payment = f"/v1/checkouts/{checkout}/payment"
        self.engine.until(lambda: self.ask("POST", payment, {"payment_method": method}, STOREFRONT_KEY)[0] != 503)
        return checkout

    def overview(self, drop: str) -> Any:
        """The drop at one glance."""
        status, told = self.ask("GET", f"/v1/admin/console/drops/{drop}")
        assert status == 200, told
        return told

    def acts(self, drop: str, act: dict[str, Any], key: str = ADMIN_KEY) -> tuple[int, Any]:
        """Do something to it."""
        return self.ask("POST", f"/v1/admin/console/drops/{drop}/actions", {"why": "for a test", **act}, key)

    @contextmanager
    def stream(self, drop: str, **headers: str) -> Iterator[Iterator[tuple[str, str, Any]]]:
        """Events of the live view, as (id, event, data)."""
        given = {"Authorization": f"Bearer {ADMIN_KEY}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        path = f"{self.engine.url}/v1/admin/console/drops/{drop}/stream"
        with urllib.request.urlopen(urllib.request.Request(path, headers=given), timeout=30) as response:
            assert response.headers["content-type"] == "text/event-stream"
            yield _events(response)


def _events(lines: Any) -> Iterator[tuple[str, str, Any]]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
            fields = {}
