"""What is said of an operation: what it takes, what it gives, and which problems it may answer with."""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.edge.principals import Needed


class Told(msgspec.Struct, frozen=True):
    """One good answer: the struct of its body (None for a page of text), and an example of it."""

    meaning: str
    shape: type | None
    example: Any = None
    media_type: str = "application/json"


class Operation(msgspec.Struct, frozen=True):
    """One method of one path; `query` names its parameters, `body` is a struct, or a union of some.

    `key`: whether an Idempotency-Key is required, or None where none is looked at. `page`: it is for people, so that a
    body is a form, and problems are told as pages.
    """

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    told: dict[int, Told]
    problems: tuple[str, ...] = ()
    role: Needed | None = None
    body: Any = None
    example: Any = None
    key: bool | None = None
    query: tuple[str, ...] = ()
    page: bool = False


SECURED = ("unauthorized", "forbidden", "duplicate_header", "rate_limited")
ANY_BUYER = ("buyer_invalid",)
FROM_BROWSERS = (*SECURED, "session_invalid", "session_expired", "cross_site", "csrf_invalid")
FROM_BUYERS = (*FROM_BROWSERS, "token_invalid", "token_expired", *ANY_BUYER)
WITH_BODY = ("malformed_json", "body_too_slow", "body_too_large", "unsupported_media_type", "invalid_input")
KEYED = ("idempotency_key_invalid", "idempotency_in_flight", "idempotency_key_reused")
STORED = ("internal_error", "overloaded", "database_unavailable", "stopping", "unavailable")
OF_STOCK = ("sold_out", "all_reserved", "limit_reached", "promo_used_up")
