"""Gateways' messages as values: what one says, how it lies in the inbox, and what became of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

import msgspec

from race_to_purchase.rules.rows import AttemptState

WebhookKind = Literal["payment", "refund", "dispute_opened", "dispute_updated", "dispute_closed", "unknown"]


class WebhookEvent(msgspec.Struct, frozen=True):
    """A verified message of a gateway about its payment `ref`; what it says is asked for, never believed.

    `id` is the same whenever the message comes again. `kind` is in our words: `payment` means that its state may have
    changed. `reference` is the attempt, where the message names it. `data` is what else it says: of a payment its
    `state`, in the words of GatewayPayment, wherever the message tells.
    """

    id: str
    kind: WebhookKind
    ref: str
    reference: str | None
    created_at: datetime
    data: dict[str, Any] = {}


_OURS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-9][0-9]{0,5}")


def is_ours(reference: str | None) -> bool:
    """Whether a reference has the form of ours, `<checkout id>/<n>`: others may use the same account."""
    return reference is not None and _OURS.fullmatch(reference) is not None


MessageState = Literal["waiting", "unmatched", "done", "left"]
"""Of a message in the inbox: to be worked on; about nothing that we know, and tried again; done; given up."""


class Message(msgspec.Struct, frozen=True):
    """A gateway's message in the inbox, taken to be worked on. `attempt` is the state of the attempt that its
    reference names, None where there is no such attempt at that gateway; `tries` is how often it was put back.
    """

    id: str
    gateway: str
    event: WebhookEvent
    attempt: AttemptState | None
    tries: int


class Worked(msgspec.Struct, frozen=True):
    """What became of a message: done or left, or put back for `again_s` seconds."""

    id: str
    state: MessageState
    outcome: str
    again_s: float = 0.0


class Kept(msgspec.Struct, frozen=True):
    """A message in the inbox as an operator sees it; `due_at` is None where it will not be worked on again."""

    id: str
    gateway: str
    kind: str
    ref: str
    reference: str | None
    state: MessageState
    outcome: str
    tries: int
    created_at: datetime
    received_at: datetime
    due_at: datetime | None


class Heap(msgspec.Struct, frozen=True):
    """How many messages of one kind are in one state; `oldest_at` is when the first of them was received."""

    gateway: str
    kind: str
    state: MessageState
    messages: int
    oldest_at: datetime
