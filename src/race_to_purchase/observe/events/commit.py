"""The committer: how many commands a transaction carries, how long they waited, and what went wrong."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.attributes import DropId, TookSeconds
from race_to_purchase.observe.events.event import SIZES, Counter, Event, Histogram, Log, Span

FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


Trouble = Literal["conflict", "rejected", "database", "given_up"]


class BatchCommitted(Event, frozen=True):
    """A transaction was committed, and every caller in it has been answered."""

    metrics = (
        Counter("race_commands_total", "Commands committed.", add="commands"),
        Histogram("race_batch_commands", "Commands in one transaction.", field="commands", buckets=SIZES),
        Histogram("race_batch_wait_seconds", "What its first command had waited.", field="waited_s", buckets=FAST),
        Histogram("race_connection_wait_seconds", "Getting a connection.", field="connect_s", buckets=FAST),
        Histogram("race_batch_read_seconds", "Reading what it touches.", field="read_s", buckets=FAST),
        Histogram("race_batch_decide_seconds", "Deciding its commands.", field="decide_s", buckets=FAST),
        Histogram("race_batch_write_seconds", "Writing, and COMMIT.", field="write_s", buckets=FAST),
    )

    drop: DropId
    commands: Annotated[int, Meta(description="Number of commands in the transaction.")]
    waited_s: Annotated[float, Meta(description="How long the first one had waited, in seconds.")]
    connect_s: Annotated[float, Meta(description="How long it took to get a database connection, in seconds.")]
    read_s: Annotated[float, Meta(description="How long reading took, in seconds.")]
    decide_s: Annotated[float, Meta(description="How long deciding took, in seconds.")]
    write_s: Annotated[float, Meta(description="How long writing and COMMIT took, in seconds.")]


class CommandCommitted(Event, frozen=True):
    """A command of a request whose trace is followed was committed: how long its caller waited for that."""

    span = Span("commit {command}")

    command: Annotated[str, Meta(description="Kind of the command.")]
    commands: Annotated[int, Meta(description="Number of commands in the transaction.")]
    took_s: TookSeconds


class BatchAgain(Event, frozen=True):
    """A batch was not committed as it was decided, and is decided again, halved, or given up."""

    metrics = (Counter("race_batches_again_total", "Batches not committed as decided, by why.", by=("trouble",)),)

    drop: DropId
    commands: Annotated[int, Meta(description="Number of commands in the transaction.")]
    trouble: Annotated[
        Trouble,
        Meta(
            description="`conflict`: another process was faster; `rejected`: one of its commands is wrong; `database`: "
            "it is gone; `given_up`: too many conflicts in a row."
        ),
    ]


class CommandRefused(Event, frozen=True):
    """A command was not taken, or sent away undecided: its buyer is told to try again."""

    log = Log("debug", "command refused")
    metrics = (Counter("race_commands_refused_total", "Commands answered with 503, by why.", by=("drop", "lack")),)

    drop: DropId
    lack: Annotated[
        Literal["room", "database"], Meta(description="What there was too little of: room in the queue, or a database.")
    ]
