"""The terminal's way to a running engine: the admin API over HTTP, found by options, environment or data folder."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import msgspec
from rich.markup import escape
from rich.table import Table

from race_to_purchase.app.serve import FILE, Reachable, data_dir
from race_to_purchase.errors import ConfigurationError, RaceError
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.money import display
from race_to_purchase.settings import Settings, admin_key_of

TIMEOUT_S = 10.0


class NoEngineFound(ConfigurationError):
    """No running engine is known: {file} is not there. Start `race serve`, or pass --url and --admin-key."""

    code = "no_engine_found"


class AdminKeyMissing(ConfigurationError):
    """An admin key is needed for {url}: pass --admin-key, or set RACE_ADMIN_KEY."""

    code = "admin_key_missing"


class EngineAddressWrong(ConfigurationError):
    """{url} is no address of an engine; one looks like http://127.0.0.1:8000."""

    code = "engine_address_wrong"


class EngineUnreachable(RaceError):
    """The engine at {url} does not answer: {reason}."""

    code = "engine_unreachable"


class EngineRefused(RaceError):
    """The engine refused: {detail} ({code_given})"""

    code = "engine_refused"


class NoSuchKey(RaceError):
    """No key that is not revoked has the name or the id {key}: `race keys list` names them all."""

    code = "no_such_key"


class AdminClient:
    """Speaks to one engine; EngineUnreachable and EngineRefused say what went wrong."""

    def __init__(self, url: str, admin_key: str) -> None:
        self._url = url.rstrip("/")
        self._key = admin_key

    @classmethod
    def find(cls, settings: Settings, url: str | None, admin_key: str | None) -> Self:
        """By what was given, else by what `race serve` left in the data folder."""
        admin_key = admin_key or os.environ.get("RACE_ADMIN_KEY") or admin_key_of(settings.admin_keys) or None
        if url is not None:
            require_address(url)
            if admin_key is None:
                raise AdminKeyMissing(url=url)
            return cls(url, admin_key)
        reachable = _left_word(data_dir(settings) / FILE)
        return cls(reachable.url, admin_key or reachable.admin_key)

    def put(self, drop: Drop) -> bool:
        """Create or change it; whether it is new."""
        return self._call("PUT", f"/v1/admin/drops/{drop.id}", msgspec.json.encode(drop))[0] == 201

    def close(self, drop_id: str) -> None:
        """Let no new checkout begin."""
        self._call("POST", f"/v1/admin/drops/{drop_id}/close")

    def refund(self, order: str, amount: int | None, reason: str, *, restock: bool) -> str:
        """Pay an order back; how far that has come, in words. A lost answer is asked for again under the same key."""
        body = msgspec.json.encode({"amount": amount, "reason": reason, "restock": restock})
        key = str(uuid.uuid4())
        for last in (False, False, True):
            try:
                told = self._call("POST", f"/v1/orders/{order}/refunds", body, key)[1]
                break
            except EngineUnreachable:
                if last:
                    raise
        failure = f" ({told['failure']})" if "failure" in told else ""
        return f"{told['id']}: {display(told['amount'], told['currency'])} {told['state']}{failure}"

    def table(self) -> Table:
        """Every drop, a row each."""
        table = Table("drop", "title", "opens at", "flow", "items", "closed", box=None, pad_edge=False)
        for stored in self._call("GET", "/v1/admin/drops")[1]["drops"]:
            drop = stored["definition"]
            closed = "closed" if stored.get("closed_at") else ""
            items = str(len(drop["items"]))
            table.add_row(drop["id"], drop["title"], drop["opens_at"], drop["flow"], items, closed)
        return table

    def details(self, drop_id: str) -> Table:
        """One drop's pools and prices."""
        watched = self._call("GET", f"/v1/admin/drops/{drop_id}")[1]
        drop = watched["definition"]
        prices = {f"{drop_id}/item/{item['id']}": item["price"] for item in drop["items"]}
        table = Table("pool", "price", "capacity", "held", "sold", "free", box=None, pad_edge=False)
        table.title, table.title_justify, table.title_style = f"{drop['title']} ({drop_id})", "left", "bold"
        for pool in watched["pools"]:
            price = display(prices[pool["id"]], drop["currency"]) if pool["id"] in prices else ""
            free = pool["capacity"] - pool["held"] - pool["sold"]
            counts = (str(pool[name]) for name in ("capacity", "held", "sold"))
            table.add_row(pool["id"], price, *counts, str(free))
        return table

    def gateways(self) -> Table:
        """Every payment gateway, a row each; below, what operators said of them."""
        columns = ("gateway", "in use", "breaker", "queue", "authorized", "declined", "no answer", "p95 ms")
        table = Table(*columns, box=None, pad_edge=False, caption_justify="left", caption_style="")
        said: list[str] = []
        for seen in self._call("GET", "/v1/admin/gateways")[1]["gateways"]:
            in_use = "drained" if seen["drained"] else "yes"
            ended = seen["authorizations"]
            lost = ended.get("no_answer", 0) + ended.get("not_sent", 0)
            counts = (seen["waiting"], ended.get("authorized", 0), ended.get("declined", 0), lost)
            p95 = f"{seen['latency']['p95_ms']:.1f}"
            table.add_row(seen["name"], in_use, seen["breaker"], *map(str, counts), p95)
            if seen["by"]:
                what = f"drained since {seen['drained_at']}" if seen["drained"] else "in use again"
                said.append(f"{seen['name']}: {what}: {seen['why']} ({seen['by']})")
        table.caption = escape("\n".join(said)) if said else None
        return table

    def drain(self, gateway: str, *, drained: bool, why: str) -> None:
        """Take it out of use, or back into it."""
        self._call("PUT", f"/v1/admin/gateways/{quote(gateway)}", msgspec.json.encode({"drained": drained, "why": why}))

    def line(self, drop_id: str) -> Table:
        """One line, a row a figure."""
        return _line(self._call("GET", f"/v1/admin/drops/{quote(drop_id)}/line")[1])

    def steer(self, drop_id: str, **hand: Any) -> Table:
        """Change what is given of a line; how it stands then."""
        return _line(self._call("PATCH", f"/v1/admin/drops/{quote(drop_id)}/line", msgspec.json.encode(hand))[1])

    def draw(self, drop_id: str, beacon: str) -> Table:
        """Draw with the value of a beacon; how the line stands then."""
        body = msgspec.json.encode({"beacon": beacon})
        return _line(self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/line/draw", body)[1])

    def issue_grants(self, drop_id: str, wish: dict[str, Any]) -> list[dict[str, str]]:
        """One grant a customer, each with its token."""
        body = msgspec.json.encode(wish)
        issued: list[dict[str, str]] = self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/grants", body)[1]["grants"]
        return issued

    def grants(self, drop_id: str) -> Table:
        """Every grant, a row each."""
        table = Table("grant", "lane", "valid from", "until", "issued by", "", box=None, pad_edge=False)
        after = ""
        while page := self._call("GET", f"/v1/admin/drops/{quote(drop_id)}/grants?after={after}")[1]["grants"]:
            for row in page:
                state = "used" if row["used_at"] else "revoked" if row["revoked_at"] else ""
                table.add_row(row["id"], row["lane"], row["valid_from"], row["valid_until"], row["issued_by"], state)
            after = page[-1]["id"]
        return table

    def revoke_grant(self, drop_id: str, grant: str) -> None:
        """Take one back."""
        self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/grants/{quote(grant)}/revoke")

    def issue_key(self, name: str, role: str, expires_at: datetime | None) -> str:
        """A new key, told this once."""
        body = msgspec.json.encode({"name": name, "role": role, "expires_at": expires_at})
        secret: str = self._call("POST", "/v1/admin/keys", body)[1]["secret"]
        return secret

    def keys(self) -> Table:
        """Every key that was issued, a row each."""
        table = Table("name", "role", "issued", "expires", "last used", "", "id", box=None, pad_edge=False)
        for key in self._call("GET", "/v1/admin/keys")[1]["keys"]:
            issued = f"{key['created_at']} by {key['created_by']}"
            state = f"revoked {key['revoked_at']} by {key['revoked_by']}" if key["revoked_at"] else ""
            expires, used = key["expires_at"] or "never", key["last_used_at"] or "never"
            table.add_row(key["name"], key["role"], issued, expires, used, state, key["id"])
        return table

    def revoke_key(self, key: str) -> str:
        """Let a key count no more, by its id, or the name of one that is not revoked; its name."""
        keys = self._call("GET", "/v1/admin/keys")[1]["keys"]
        found = [one for one in keys if one["id"] == key or (one["name"] == key and not one["revoked_at"])]
        if not found:
            raise NoSuchKey(key=key)
        name: str = self._call("POST", f"/v1/admin/keys/{found[0]['id']}/revoke")[1]["name"]
        return name

    def _call(self, method: str, path: str, body: bytes | None = None, key: str = "") -> tuple[int, Any]:
        request = urllib.request.Request(
            self._url + path,
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            | ({"Idempotency-Key": key} if key else {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return response.status, msgspec.json.decode(response.read())
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except (OSError, ValueError, HTTPException) as error:
            raise EngineUnreachable(url=self._url, reason=getattr(error, "reason", error)) from None


def require_address(url: str) -> str:
    """The address itself; EngineAddressWrong where nothing can be asked at it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise EngineAddressWrong(url=url)
    return url


def reachable_at(settings: Settings) -> str:
    """The address that `race serve` left in the data folder; NoEngineFound."""
    return _left_word(data_dir(settings) / FILE).url


def _line(seen: dict[str, Any]) -> Table:
    status = seen["status"]
    table = Table(show_header=False, box=None, pad_edge=False)
    figures = {
        "phase": status["phase"] + (f" since {seen['paused_at']}" if seen["paused_at"] else ""),
        "registered": "not known yet" if status["registered"] is None else f"{status['registered']:,}",
        "came late": f"{seen['late']:,}",
        "called": f"{status['cursor']:,}, bounded by {seen['bound'] or 'nothing yet'}",
        "rate": f"{status['rate_per_s']:g} a second at most, {seen['rate_now_per_s']:.1f} now",
        "passes out": f"{seen['passes_out']:,} of {seen['passes_max']:,}",
        "no-shows": f"{seen['no_shows']:.0%}",
        "stock": status["stock"],
        "message": status["message"] or "",
        "commitment": status["commitment"],
        "root": status["root"] or "",
        "seed": status["seed"] or "",
    }
    for name, value in figures.items():
        table.add_row(name, value)
    return table


def _refused(error: urllib.error.HTTPError) -> EngineRefused:
    try:
        problem = msgspec.json.decode(error.read(), type=dict[str, Any])
        return EngineRefused(detail=problem["detail"], code_given=problem["code"])
    except (msgspec.DecodeError, KeyError):
        return EngineRefused(detail=f"HTTP {error.code}", code_given="no problem document")


def _left_word(file: Path) -> Reachable:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Reachable)
    except (OSError, msgspec.DecodeError):
        raise NoEngineFound(file=file) from None
