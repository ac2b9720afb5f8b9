"""The committer: how many commands a transaction carries, how long they waited, and what went wrong."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId
from race_to_purchase.observe.events.event import SIZES, Counter, Event, Histogram


class BatchCommitted(Event, frozen=True):
    """A transaction was committed, and every caller in it has been answered."""

    metrics = (
        Counter("race_commands_total", "Commands committed.", add="commands"),
        Histogram("race_batch_commands", "Commands in one transaction.", field="commands", buckets=SIZES),
    )

    drop: DropId
    commands: Annotated[int, Meta(description="Number of commands in the transaction.")]
