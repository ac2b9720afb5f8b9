"""The gateways file: every payment gateway of the engine in TOML, a table `[[gateway]]` each.

What is wrong with it is told with the file, the line, the gateway and the field. Secrets may stand in the file or in
environment variables that it names, and are part of no message.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.operate.lines import breach, places
from race_to_purchase.operate.misfit import misfit
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.route import Rule
from race_to_purchase.rules.money import MINOR_UNITS_MAX, exponent

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,31}\Z",
        description="a letter, then at most 31 letters, digits and hyphens, all of them small",
    ),
]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", description="two capital letters, as in ISO 3166")]
Amount = Annotated[int, Meta(ge=0, le=MINOR_UNITS_MAX)]
Rate = Annotated[float, Meta(gt=0, le=1e6)]
Kind = Literal["sandbox", "stripe"]

USUAL_LIMITS: dict[str, Limits] = {"sandbox": Limits(), "stripe": Limits(100.0, 25.0, 100)}
"""What a kind of gateway allows where its table says nothing: Stripe's are those of a new account. Nothing is known of
one that only speaks Stripe's API, at a `base_address`."""

ONLY: dict[str, Kind] = {
    "api_key": "stripe",
    "api_key_env": "stripe",
    "base_address": "stripe",
    "webhook_secrets": "stripe",
    "webhook_secrets_env": "stripe",
    "behaves": "sandbox",
}
"""Fields that mean something to one kind of gateway alone."""


class UnreadableGatewayFile(ConfigurationError):
    """The gateways file {file}, named by RACE_GATEWAYS, cannot be read: {reason}."""

    code = "gateway_file_unreadable"


class WrongGatewayFile(ConfigurationError):
    """{file}, line {line}: gateway {gateway}: {field}: {reason}. See docs/gateways.md."""

    code = "gateway_file_wrong"


class GatewayEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file; see docs/gateways.md for what the fields mean."""

    name: Name
    kind: Kind
    api_key: str = ""
    api_key_env: str = ""
    base_address: str | None = None
    webhook_secrets: tuple[str, ...] = ()
    webhook_secrets_env: str = ""
    currencies: tuple[str, ...] = ()
    countries: tuple[Country, ...] = ()
    amount_min: Amount = 0
    amount_max: Amount | None = None
    weight: Annotated[float, Meta(ge=0, le=1e6)] = 1.0
    cost_basis_points: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    cost_fixed: Amount = 0
    per_second: Rate | None = None
    per_operation: Rate | None = None
    at_once: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    unknown_outcome: Literal["wait", "fail_over"] = "wait"
    behaves: Literal["well", "declines", "silent", "unreachable"] = "well"

    def rule(self) -> Rule:
        """What the router has to know."""
        return Rule(
            self.name,
            frozenset(self.currencies),
            frozenset(self.countries),
            self.amount_min,
            self.amount_max,
            self.weight,
            self.cost_basis_points,
            self.cost_fixed,
            self.unknown_outcome == "fail_over",
        )

    def limits(self, processes: int) -> Limits:
        """The share of one of so many processes in what the gateway allows."""
        usual = Limits() if self.base_address else USUAL_LIMITS[self.kind]
        per_second, per_operation = self.per_second or usual.per_second, self.per_operation or usual.per_operation
        at_once = self.at_once or usual.at_once
        return Limits(
            per_second and per_second / processes,
            per_operation and per_operation / processes,
            at_once and max(1, at_once // processes),
        )


def read_gateway_file(file: Path, environ: Mapping[str, str] = os.environ) -> tuple[GatewayEntry, ...]:
    """The gateways in `file`, secrets from the environment filled in; UnreadableGatewayFile, WrongGatewayFile."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableGatewayFile(file=file, reason=getattr(error, "strerror", None) or error) from None
    return parse_gateways(text, str(file), environ)


def parse_gateways(text: str, file: str, environ: Mapping[str, str]) -> tuple[GatewayEntry, ...]:
    """The gateways in a TOML document; `file` is what errors call it. WrongGatewayFile."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, field, reason = breach(str(error), text)
        raise WrongGatewayFile(file=file, line=line, gateway="?", field=field, reason=reason) from None
    return _Reading(document, text, file, environ).entries()


class _Reading:
    """One document on its way to entries."""

    def __init__(self, document: dict[str, Any], text: str, file: str, environ: Mapping[str, str]) -> None:
        self._document = document
        self._file = file
        self._places = places(text)
        self._environ = environ

    def entries(self) -> tuple[GatewayEntry, ...]:
        tables = self._document.get("gateway")
        strange = next((name for name in self._document if name != "gateway"), None)
        if strange is not None:
            raise self._wrong(None, strange, "a gateways file has tables [[gateway]] and nothing else")
        if not isinstance(tables, list) or not tables:
            raise self._wrong(None, "gateway", "write each gateway as a table [[gateway]] of its own")
        entries = tuple(self._entry(n, table) for n, table in enumerate(tables))
        names = [entry.name for entry in entries]
        for n, name in enumerate(names):
            if name in names[:n]:
                raise self._wrong(n, "name", "two gateways have this name; give each its own")
        live = any("_live_" in entry.api_key for entry in entries)
        for n, entry in enumerate(entries):
            if live and entry.kind == "sandbox":
                raise self._wrong(n, "kind", "a sandbox moves no money: it cannot stand beside a live gateway")
        return entries

    def _entry(self, n: int, table: dict[str, Any]) -> GatewayEntry:
        try:
            entry = msgspec.convert(table, GatewayEntry)
        except msgspec.ValidationError as error:
            found = misfit(error, GatewayEntry)
            raise self._wrong(n, found.field or "gateway", found.reason) from None
        for field, kind in ONLY.items():
            if field in table and entry.kind != kind:
                raise self._wrong(n, field, f"only a gateway of kind {kind!r} has this; take it out")
        if entry.name == "sandbox" and entry.kind != "sandbox":
            raise self._wrong(n, "name", "only a gateway of kind 'sandbox' can have this name; take another")
        self._check_amounts(n, entry)
        return self._with_secrets(n, entry) if entry.kind == "stripe" else entry

    def _check_amounts(self, n: int, entry: GatewayEntry) -> None:
        for code in entry.currencies:
            try:
                exponent(code)
            except ValueError as error:
                raise self._wrong(n, "currencies", str(error)) from None
        if entry.amount_max is not None and entry.amount_max < entry.amount_min:
            raise self._wrong(n, "amount_max", f"it is below amount_min, {entry.amount_min}: no payment would fit")

    def _with_secrets(self, n: int, entry: GatewayEntry) -> GatewayEntry:
        if bool(entry.api_key) == bool(entry.api_key_env):
            raise self._wrong(n, "api_key", "give either api_key, or the variable that holds it as api_key_env")
        api_key = entry.api_key or self._secret(n, "api_key_env", entry.api_key_env)
        secrets: Sequence[str] = entry.webhook_secrets
        if entry.webhook_secrets_env:
            if secrets:
                raise self._wrong(n, "webhook_secrets", "give either webhook_secrets or webhook_secrets_env")
            secrets = self._secret(n, "webhook_secrets_env", entry.webhook_secrets_env).split(",")
        if entry.base_address is not None:
            self._check_address(n, entry.base_address, api_key)
        return msgspec.structs.replace(entry, api_key=api_key, webhook_secrets=tuple(map(str.strip, secrets)))

    def _secret(self, n: int, field: str, variable: str) -> str:
        value = self._environ.get(variable, "").strip()
        if not value:
            raise self._wrong(n, field, f"the environment variable {variable} is not set; set it, or name another")
        return value

    def _check_address(self, n: int, address: str, api_key: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self._wrong(n, "base_address", "it must be an address such as https://api.example.com")
        if parts.scheme == "http" and "_live_" in api_key:
            raise self._wrong(n, "base_address", "a live key is never sent over plain http; use https")

    def _wrong(self, n: int | None, field: str, reason: str) -> WrongGatewayFile:
        """The error, at the line of the field or else of its table."""
        tables = self._document.get("gateway")
        name = "?" if n is None or not isinstance(tables, list) else tables[n].get("name", f"number {n + 1}")
        table = "gateway" if n is None else f"gateway[{n}]"
        key = field.partition("[")[0]
        line = next((self._places[at] for at in (f"{table}.{key}", key, table) if at in self._places), 1)
        return WrongGatewayFile(file=self._file, line=line, gateway=name, field=field, reason=reason)
