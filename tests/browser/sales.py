"""Drops that are put on sale over the admin API, with and without a door."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.journeys.engine import ADMIN_KEY, storefront

KNOWN_S = 20

_numbers = count(1)


def in_s(seconds: float) -> str:
    """A moment that lies so far ahead."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Sales:
    """What the merchant does; `opened` gives the id of a new drop each time."""

    def __init__(self, url: str) -> None:
        self._url = url

    def opened(self, *, stock: int = 20, **changes: Any) -> str:
        """A sale that is on, of one size unless `items` says otherwise."""
        drop_id = f"aurora-{next(_numbers)}"
        self.put(
            {
                "id": drop_id,
                "title": "Aurora One",
                "opens_at": in_s(-60),
                "currency": "EUR",
                "reservation_seconds": 300,
                "limit_per_buyer": 2,
                "items": [{"id": "eu-42", "title": "EU 42", "price": 15900, "stock": stock}],
                **changes,
            }
        )
        return drop_id

    def with_door(self, *, closes_s: float = -1, opens_s: float = -0.5, door: Any = (), **changes: Any) -> str:
        """A sale with a line; registration closes and the sale opens in so many seconds."""
        rules = {
            "registration_opens_at": in_s(-3600),
            "registration_closes_at": in_s(closes_s),
            "rate_per_s": 50,
            "passes_outstanding_max": 20,
            "pass_seconds": 120,
            "challenge": "adaptive",
            **dict(door),
        }
        return self.opened(door=rules, opens_at=in_s(opens_s), **changes)

    def put(self, definition: dict[str, Any]) -> None:
        """Create or change a drop."""
        self.ask("PUT", f"/v1/admin/drops/{definition['id']}", definition)

    def pools(self, drop_id: str) -> dict[str, tuple[int, int]]:
        """Held and sold of each pool, by the last part of its id."""
        seen = self.ask("GET", f"/v1/admin/drops/{drop_id}")
        return {pool["id"].rpartition("/")[2]: (pool["held"], pool["sold"]) for pool in seen["pools"]}

    def bought_elsewhere(self, drop_id: str, buyer: str) -> None:
        """Somebody else reserves one and pays, or waits to: a storefront asks in their name."""
        wish = {"drop": drop_id, "lines": [{"item": "eu-42", "quantity": 1}], "buyer": {"id": buyer}}
        checkout = self._as_storefront("/v1/checkouts", f"{drop_id}-{buyer}", wish)["id"]
        self._as_storefront(f"/v1/checkouts/{checkout}/payment", checkout, {"payment_method": "pm_approved"})

    def joins(self, drop_id: str, buyer: str) -> None:
        """Somebody else whom the shop knows takes a place in the line."""
        self._as_storefront(f"/v1/drops/{drop_id}/line", buyer, {}, buyer)

    def tells_who_is_late(self, drop_id: str) -> None:
        """Wait until the status counts the late comers: what it says of a line may be a second old."""
        until = time.monotonic() + KNOWN_S
        while self.ask("GET", f"/v1/admin/drops/{drop_id}/line")["status"]["slim_from"] is None:
            assert time.monotonic() < until, f"no place of {drop_id} is said to be behind the stock"
            time.sleep(0.1)

    def _as_storefront(self, path: str, key: str, body: Any, buyer: str | None = None) -> Any:
        headers = {**storefront(key), **({} if buyer is None else {"Race-Buyer": buyer})}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request with the operator's key."""
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read())
