"""Webhooks of the sandbox, signed by the Standard Webhooks scheme: how one is made, and how one is checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from race_to_purchase.ports import WebhookTooOld
from race_to_purchase.rules.messages import WebhookEvent, WebhookKind

_KINDS: dict[str, WebhookKind] = {kind: kind for kind in get_args(WebhookKind)}


class _Subject(msgspec.Struct, frozen=True):
    ref: str
    reference: str | None = None
    details: dict[str, Any] = {}


class _Message(msgspec.Struct, frozen=True):
    type: str
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    data: _Subject


def sign(webhook: Webhook, event: WebhookEvent, at: datetime | None = None) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message that tells `event`, signed now or as if `at` (aware)."""
    at = (at or datetime.now(UTC)).astimezone(UTC)
    body = msgspec.json.encode(_Message(event.kind, event.created_at, _Subject(event.ref, event.reference, event.data)))
    headers = {
        "webhook-id": event.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhook.sign(event.id, at, body.decode()),
    }
    return headers, body


def verify(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
    """The event in a message; WebhookTooOld, or another ValueError for a wrong signature or another form."""
    named = {name.lower(): value for name, value in headers.items()}
    try:
        webhook.verify(body, named, json_parse=False)
        message = msgspec.json.decode(body, type=_Message)
    except WebhookVerificationError as error:
        if "timestamp too" in str(error):
            raise WebhookTooOld(str(error)) from error
        raise ValueError(str(error)) from error
    except (ValueError, msgspec.MsgspecError) as error:
        # A signature that is no base64, or a body that is no text, is as wrong as any other.
        raise ValueError(f"not a webhook of the sandbox: {error}") from error
    about = message.data
    return WebhookEvent(
        named["webhook-id"],
        _KINDS.get(message.type, "unknown"),
        about.ref,
        about.reference,
        message.timestamp,
        about.details,
    )
