"""Background work: gateways' messages, and what reconciliation finds."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId, GatewayName, bounded
from race_to_purchase.observe.events.event import Counter, Event, Log

Reception = Literal["kept", "duplicate", "invalid", "too_old"]


class MessageReceived(Event, frozen=True):
    """A gateway's message came in; a kept one is on the disk."""

    log = Log("debug", "message received")
    metrics = (Counter("race_messages_received_total", "Messages of gateways.", by=("gateway", "reception")),)

    gateway: GatewayName
    reception: Annotated[Reception, Meta(description="What became of it at the door.")]


class MessageWorked(Event, frozen=True):
    """A message was worked on, and that is noted."""

    log = Log("debug", "message worked on")
    metrics = (Counter("race_messages_worked_total", "Messages worked on.", by=("gateway", "message", "outcome")),)

    gateway: GatewayName
    message: Annotated[str, Meta(description="What it is about, in our words.", extra=bounded(8))]
    outcome: Annotated[str, Meta(description="What came of it, in our words.", extra=bounded(12))]


class FindingChanged(Event, frozen=True):
    """Reconciliation found something to differ, for the first time or again, or it came to an end. M6 counts some."""

    log = Log("warning", "finding")
    metrics = (Counter("race_findings_total", "Findings that came to a state.", by=("finding", "finding_state")),)

    drop: DropId
    subject: Annotated[str, Meta(description="What the finding is about, by its id.")]
    finding: Annotated[str, Meta(description="Kind of the finding, as `race audit` names it.", extra=bounded(60))]
    finding_state: Annotated[
        Literal["open", "repairing", "repaired", "closed"], Meta(description="State of the finding now.")
    ]


class StockChecked(Event, frozen=True):
    """All pools were counted again from the checkouts that claim of them. M4 is the share that found nothing wrong."""

    metrics = (Counter("race_stock_checks_total", "Looks at the counts of all pools.", by=("consistent",)),)

    consistent: Annotated[bool, Meta(description="Whether every pool says what the checkouts say.")]
    miscounted: Annotated[int, Meta(description="Pools that did not.")]
