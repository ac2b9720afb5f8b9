"""Messages of the sandbox gateway, as the tests send them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from race_to_purchase.rules.messages import WebhookEvent, WebhookKind

SAID_AT = datetime(2026, 12, 1, 18, 0, 43, tzinfo=UTC)


def a_message(
    reference: str | None = None,
    said: str | None = "captured",
    *,
    id_: str = "",
    kind: WebhookKind = "payment",
    ref: str = "p",
) -> WebhookEvent:
    """A gateway's message that says of a payment that it was `said`."""
    data = {} if said is None else {"state": said}
    return WebhookEvent(id_ or f"evt_{uuid4().hex}", kind, ref, reference, SAID_AT, data)
