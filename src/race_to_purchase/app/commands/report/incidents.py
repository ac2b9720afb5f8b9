"""From the events and findings of a sale to what happened, in sentences, the earliest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from race_to_purchase.app.commands.report.figures import Incident, Tone
from race_to_purchase.app.commands.report.words import amount, moment
from race_to_purchase.store.report import Difference, Told

SENTENCES: dict[str, str] = {
    "drop_created": "The sale was set up.",
    "drop_closed": "The sale was closed.",
    "registration_closed": "Registration was closed.",
    "list_published": "The list of those who registered was published.",
    "drawn": "The places in the line were drawn.",
    "grants_issued": "Grants for a lane of their own were issued.",
    "gateway_drained": "Gateway {gateway} was taken out of use.",
    "gateway_resumed": "Gateway {gateway} was taken into use again.",
    "pool_recounted": "A count of the stock was put right.",
    "finding_closed": "A finding was closed.",
}
ACTS = ("drop_closed", "gateway_drained", "gateway_resumed", "line_steered")
BUDGET = "budget:"
"""How the name begins under which a burning budget steers a line."""


def incidents(told: Iterable[Told], findings: Iterable[Difference], opens_at: datetime) -> tuple[Incident, ...]:
    """All of them by time."""
    found = [_of_event(one, opens_at) for one in told]
    found += [_of_finding(one, opens_at) for one in findings]
    return tuple(sorted(found, key=lambda incident: incident.at))


def _of_event(one: Told, opens_at: datetime) -> Incident:
    data: dict[str, Any] = msgspec.json.decode(one.data, type=dict[str, Any])
    sentence = _sentence(one, data)
    said = " ".join(_stopped(f"{name.capitalize()}: {data[name]}") for name in ("why", "by") if data.get(name))
    tone: Tone = "plain"
    if one.kind in ACTS:
        tone = "trouble" if str(data.get("by", "")).startswith(BUDGET) else "act"
    return Incident(one.at, _at_s(one.at, opens_at), one.kind, tone, f"{sentence} {said}".strip())


def _sentence(one: Told, data: dict[str, Any]) -> str:
    match one.kind:
        case "line_steered":
            return _steered(data)
        case "drop_changed":
            return _changed(data)
    sentence = SENTENCES.get(one.kind, f"{one.kind.replace('_', ' ').capitalize()}.")
    return sentence.replace("{gateway}", one.stream.removeprefix("gateway/"))


def _changed(data: dict[str, Any]) -> str:
    """Which fields, from what to what, as far as the event tells them, and how many more there were."""
    told, currency = data.get("changed", ()), data.get("currency", "")
    said = [
        f"{_field(one['what'])} from {_value(one['what'], one['from'], currency)}"
        f" to {_value(one['what'], one['to'], currency)}"
        for one in told
    ]
    if (more := data.get("changes", 0) - len(told)) > 0:
        said.append(f"{more:,} more")
    return _stopped(f"The sale was changed{': ' if said else ''}{'; '.join(said)}")


def _field(what: str) -> str:
    """`items.shoe.stock` as “stock of shoe”."""
    *of, name = what.split(".")
    name = name.replace("_", " ")
    if not of:
        return name
    return f"{name} of {'the door' if of[0] == 'door' else '.'.join(of[1:])}"


def _value(what: str, said: str | float | bool | None, currency: str) -> str:
    """One value of the drop's file as people write it."""
    name = what.rpartition(".")[2]
    match said:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if said else "no"
        case int() if name in ("price", "amount_off") and currency:
            return amount(said, currency)
        case int() | float():
            return f"{said:,}"
        case str() if name.endswith("_at"):
            return moment(datetime.fromisoformat(said))
    return f"“{said}”"


def _steered(data: dict[str, Any]) -> str:
    did = []
    if (paused := data.get("paused")) is not None:
        did.append("was paused" if paused else "was resumed")
    if (rate := data.get("rate_per_s")) is not None:
        did.append(f"calls {rate:g} people a second" if rate else "calls people at its own rate again")
    if message := data.get("message"):
        did.append(f"tells those who wait: “{message}”")
    return _stopped(f"The line {', and '.join(did) or 'was steered'}")


def _stopped(sentence: str) -> str:
    """With a full stop, unless the words of somebody which it ends with have brought one."""
    return sentence if sentence.rstrip("”").endswith((".", "!", "?", "…")) else f"{sentence}."


def _of_finding(one: Difference, opens_at: datetime) -> Incident:
    end = _stopped(f" It is {one.state}" + (f": {one.how}" if one.how else ""))
    what = one.kind.replace("_", " ")
    return Incident(
        one.first_seen,
        _at_s(one.first_seen, opens_at),
        f"finding/{one.kind}",
        "plain" if one.state in ("repaired", "closed") else "trouble",
        f"Reconciliation found: {what} ({one.subject}).{end}",
    )


def _at_s(at: datetime, opens_at: datetime) -> float:
    return round((at - opens_at).total_seconds(), 1)
