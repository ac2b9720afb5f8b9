"""A client of the admin API, and how the terminal finds a running engine: by options, environment or data folder.

It gives answers as the API writes them.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from datetime import datetime
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import quote, urlsplit

import msgspec

from race_to_purchase.app.reachable import FILE, Reachable, data_dir, read
from race_to_purchase.errors import ConfigurationError, RaceError
from race_to_purchase.rules.drop import Drop
from race_to_purchase.settings import Settings, admin_key_of

TIMEOUT_S = 10.0
TRIES = 3


class NoEngineFound(ConfigurationError):
    """No running engine is known: {file} is not there. Start `race serve`, or name the folder of one that runs
    with --data-dir, or pass --url and --admin-key."""

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
        reachable = reachable_at(settings)
        return cls(reachable.url, admin_key or reachable.admin_key)

    def put(self, drop: Drop) -> bool:
        """Create or change it; whether it is new."""
        return self._call("PUT", f"/v1/admin/drops/{drop.id}", msgspec.json.encode(drop))[0] == 201

    def close(self, drop_id: str) -> None:
        """Let no new checkout begin."""
        self._call("POST", f"/v1/admin/drops/{drop_id}/close")

    def refund(self, order: str, amount: int | None, reason: str, *, restock: bool) -> Any:
        """Pay an order back; how far that has come. A lost answer is asked for again under the same key."""
        body = msgspec.json.encode({"amount": amount, "reason": reason, "restock": restock})
        key = str(uuid.uuid4())
        for _ in range(TRIES - 1):
            with suppress(EngineUnreachable):
                return self._call("POST", f"/v1/orders/{order}/refunds", body, key)[1]
        return self._call("POST", f"/v1/orders/{order}/refunds", body, key)[1]

    def drops(self) -> Any:
        """Every drop."""
        return self._call("GET", "/v1/admin/drops")[1]

    def drop(self, drop_id: str) -> Any:
        """One drop, with its pools."""
        return self._call("GET", f"/v1/admin/drops/{quote(drop_id)}")[1]

    def gateways(self) -> Any:
        """Every payment gateway, as one process sees it, and what operators said of it."""
        return self._call("GET", "/v1/admin/gateways")[1]

    def drain(self, gateway: str, *, drained: bool, why: str) -> None:
        """Take it out of use, or back into it."""
        self._call("PUT", f"/v1/admin/gateways/{quote(gateway)}", msgspec.json.encode({"drained": drained, "why": why}))

    def line(self, drop_id: str) -> Any:
        """One line."""
        return self._call("GET", f"/v1/admin/drops/{quote(drop_id)}/line")[1]

    def steer(self, drop_id: str, **hand: Any) -> Any:
        """Change what is given of a line; how it stands then."""
        return self._call("PATCH", f"/v1/admin/drops/{quote(drop_id)}/line", msgspec.json.encode(hand))[1]

    def draw(self, drop_id: str, beacon: str) -> Any:
        """Draw with the value of a beacon; how the line stands then."""
        body = msgspec.json.encode({"beacon": beacon})
        return self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/line/draw", body)[1]

    def issue_grants(self, drop_id: str, wish: dict[str, Any]) -> list[dict[str, str]]:
        """One grant a customer, each with its token."""
        body = msgspec.json.encode(wish)
        issued: list[dict[str, str]] = self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/grants", body)[1]["grants"]
        return issued

    def grants(self, drop_id: str) -> dict[str, list[Any]]:
        """Every grant of a drop, page after page."""
        found: list[Any] = []
        after = ""
        while page := self._call("GET", f"/v1/admin/drops/{quote(drop_id)}/grants?after={after}")[1]["grants"]:
            found += page
            after = page[-1]["id"]
        return {"grants": found}

    def revoke_grant(self, drop_id: str, grant: str) -> None:
        """Take one back."""
        self._call("POST", f"/v1/admin/drops/{quote(drop_id)}/grants/{quote(grant)}/revoke")

    def issue_key(self, name: str, role: str, expires_at: datetime | None) -> str:
        """A new key, told this once."""
        body = msgspec.json.encode({"name": name, "role": role, "expires_at": expires_at})
        secret: str = self._call("POST", "/v1/admin/keys", body)[1]["secret"]
        return secret

    def keys(self) -> Any:
        """Every key that was issued."""
        return self._call("GET", "/v1/admin/keys")[1]

    def revoke_key(self, key: str) -> str:
        """Let a key count no more, by its id, or the name of one that is not revoked; its name."""
        keys = self.keys()["keys"]
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
            reason = getattr(error, "reason", error)
            raise EngineUnreachable(url=self._url, reason=getattr(reason, "strerror", None) or reason) from None


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


def reachable_at(settings: Settings) -> Reachable:
    """What `race serve` left in the data folder; NoEngineFound."""
    folder = data_dir(settings)
    found = read(folder)
    if found is None:
        raise NoEngineFound(file=folder / FILE)
    return found


def _refused(error: urllib.error.HTTPError) -> EngineRefused:
    try:
        problem = msgspec.json.decode(error.read(), type=dict[str, Any])
        return EngineRefused(detail=problem["detail"], code_given=problem["code"])
    except (msgspec.DecodeError, KeyError):
        return EngineRefused(detail=f"HTTP {error.code}", code_given="no problem document")
