"""The pages that need no JavaScript."""

from __future__ import annotations

from race_to_purchase.edge.plain.form import PlainForm
from race_to_purchase.edge.reference.operation import STORED, Operation, Told

TAG = "Pages"

_PAGE = Told("The page.", None, media_type="text/html")
_BACK = Told("Done: the way back to the page, in `Location`.", None, media_type="text/html")
_SENT = (
    *("unknown_drop", "pages_not_built", "cross_site", "csrf_invalid", "rate_limited", "duplicate_header"),
    *("unsupported_media_type", "invalid_input", "body_too_slow", "body_too_large", *STORED),
)
_LINE = ("unknown_line", "registration_not_open", "draw_under_way", "drop_closed")
_DOOR = ("challenge_required", "challenge_failed", "challenge_expired", "refused_by_guard")
_GRANT = (*("grant_invalid", "grant_not_yet", "grant_expired", "grant_revoked", "grant_used", "grant_wrong_identity"),)
_OWN = ("unknown_checkout", "wrong_state")
_KEY = ("idempotency_key_invalid", "idempotency_key_reused", "idempotency_in_flight")


def _form(step: str, summary: str, description: str, *problems: str, field: dict[str, str]) -> Operation:
    return Operation(
        "post",
        f"/shop/{{drop}}/plain/{step}",
        f"plain_{step}",
        TAG,
        summary,
        description,
        {303: _BACK},
        (*_SENT, *problems),
        body=PlainForm,
        example={"csrf": "Zk3Yt0vQw9uXn1sL5aRcHg", **field},
        page=True,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/",
        "front",
        TAG,
        "Where nobody is led to",
        "A browser is told that every sale has an address of its own; for anybody else there is nothing here.",
        {200: _PAGE},
        ("not_found", "rate_limited", "duplicate_header", *STORED),
    ),
    Operation(
        "get",
        "/shop/{drop}/plain",
        "plain",
        TAG,
        "The shop without JavaScript",
        "Where this browser stands, and the form for what comes next. No script is in it; it looks again by itself.",
        {200: _PAGE},
        ("unknown_drop", "pages_not_built", "rate_limited", "duplicate_header", *STORED),
        page=True,
    ),
    _form(
        "join",
        "Join the line by a form",
        "Begins a session where there is none. Where the door asks for something, the page asks for a code by e-mail. "
        "With the code of a grant in `access`, its holder stands in no line.",
        *_LINE,
        *_DOOR,
        *_GRANT,
        field={"code": "482913"},
    ),
    _form(
        "code",
        "Have a code sent by a form",
        "As `POST /v1/challenges/code`.",
        "no_email_codes",
        "refused_by_guard",
        field={"email": "ada@example.com"},
    ),
    _form("address", "Ask for another address", "Before a code is sent again.", field={}),
    _form(
        "pass",
        "Go in by a form",
        "As `POST /v1/drops/{drop}/line/pass`, with the ticket that the browser keeps.",
        *_LINE,
        *("line_paused", "not_called", "no_pass_free", "sold_out", "pass_used"),
        field={},
    ),
    _form(
        "checkout",
        "Reserve by a form",
        "As `POST /v1/checkouts`, at the price that the page has shown: `item` is the item's id and that price.",
        *("sold_out", "all_reserved", "limit_reached", "price_changed", "unknown_item", "drop_not_open", "drop_closed"),
        *("pass_required", "pass_invalid", "pass_expired", "pass_used", "amount_too_large", *_DOOR, *_KEY),
        "idempotency_key_missing",
        field={"item": "aurora-1-42 15900", "quantity": "1", "email": "ada@example.com", "key": "5f0c2d1e3a4b5968"},
    ),
    _form(
        "payment",
        "Pay by a form",
        "As `POST /v1/checkouts/{id}/payment`, with a method of the sandbox.",
        *_OWN,
        *("payment_declined", "payment_in_flight", "reservation_expired", "no_gateway", "sold_out", *_KEY),
        "idempotency_key_missing",
        field={"method": "pm_approved", "key": "5f0c2d1e3a4b5968"},
    ),
    _form("return", "Back from the bank", "As `POST /v1/checkouts/{id}/payment/return`.", *_OWN, field={}),
    _form("cancel", "Give a reservation back", "As `DELETE /v1/checkouts/{id}`.", *_OWN, "payment_in_flight", field={}),
    _form("again", "Begin again", "Leaves a checkout that has ended; the place in the line is kept.", field={}),
)  # fmt: skip
