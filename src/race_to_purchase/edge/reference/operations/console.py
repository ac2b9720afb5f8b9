"""What the console asks and does; `race serve` prints where its page is."""

from __future__ import annotations

from race_to_purchase.edge.console import handlers, signing_in
from race_to_purchase.edge.reference.examples import CHECKOUT_ID
from race_to_purchase.edge.reference.operation import ANY_BUYER, SECURED, STORED, WITH_BODY, Operation, Told
from race_to_purchase.operate.console.acts import Act
from race_to_purchase.operate.console.points import Series
from race_to_purchase.operate.console.shapes import Overview
from race_to_purchase.ports import Purchase

TAG = "Console"

_OPERATOR = {
    "name": "ops", "role": "operator", "csrf": "Zk3Yt0vQw9uXn1sL5aRcHg", "ends_at": "2026-12-01T18:30:00Z",
}  # fmt: skip
_FOUND = {
    "found": [
        {
            "by": "buyer", "checkout": CHECKOUT_ID, "drop": "aurora-1", "buyer": "customer-7", "state": "paid",
            "created_at": "2026-12-01T18:00:07Z", "amount": 15900, "currency": "EUR",
        }
    ]
}  # fmt: skip
_TRAIL = {
    "actions": [
        {
            "seq": 12, "at": "2026-12-01T18:04:00Z", "stream": "aurora-1", "kind": "line_steered",
            "data": {"by": "ops", "paused": True, "why": "the gateway is slow"},
        }
    ]
}  # fmt: skip
_OF_SESSION = (*SECURED, "console_session_over")
_LOOKING = (*_OF_SESSION, *ANY_BUYER, *STORED)
_DOING = (*_OF_SESSION, "cross_site", "csrf_invalid", *ANY_BUYER, *WITH_BODY, *STORED)
_REFUSED = ("stale_view", "stock_below_use", "field_is_fixed")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post", "/v1/admin/session", "sign_in_operator", TAG, "Sign in to the console",
        "An admin key, once: the cookie `race_console` stands for it from then on, for `/v1/admin` alone, as long as "
        "the key is in the settings and the page is open. What changes something carries `Race-Csrf`.",
        {201: Told("Who is signed in.", signing_in.OperatorView, _OPERATOR)},
        ("unauthorized", "cross_site", "duplicate_header", "rate_limited", *WITH_BODY, *STORED),
        body=signing_in.OperatorSignIn, example={"key": "the-admin-key-of-the-settings"},
    ),
    Operation(
        "get", "/v1/admin/session", "show_operator", TAG, "Stay signed in",
        "Who is signed in, by the cookie; being asked renews it.",
        {200: Told("Who is signed in.", signing_in.OperatorView, _OPERATOR)}, _LOOKING, role="viewer",
    ),
    Operation(
        "delete", "/v1/admin/session", "sign_out_operator", TAG, "Sign out", "The cookie goes.",
        {200: Told("Nobody is signed in any more.", dict, {"ended": True})},
        (*_OF_SESSION, "cross_site", "csrf_invalid", *ANY_BUYER, *STORED), role="viewer",
    ),
    Operation(
        "get", "/v1/admin/console/drops/{drop}", "overview", TAG, "A drop at one glance",
        "What was sold, how it goes, and what stands in its way: of the rows and of the counts of all processes, up to "
        "a second old.",
        {200: Told("The drop.", Overview)}, ("unknown_drop", *_LOOKING), role="viewer",
    ),
    Operation(
        "get", "/v1/admin/console/drops/{drop}/series", "series", TAG, "A drop over time",
        "Columns for charts of the last hour, or from `since` to `until`, six hours back at most; 720 points at most.",
        {200: Told("The columns.", Series)}, ("unknown_drop", "invalid_input", *_LOOKING),
        role="viewer", query=("since", "until", "step"),
    ),
    Operation(
        "get", "/v1/admin/console/drops/{drop}/stream", "stream", TAG, "Watch a drop",
        "Server-sent events, one a second at most: `overview` with the drop at one glance, `trouble` with a code where "
        "the database does not answer, `gone` where the drop is. Who comes back has it all with the first event.",
        {200: Told("The events.", None, media_type="text/event-stream")},
        ("unknown_drop", "too_many_viewers", *_LOOKING), role="viewer",
    ),
    Operation(
        "get", "/v1/admin/console/drops/{drop}/actions", "trail", TAG, "The audit trail",
        "What was done to the drop and to all gateways, by whom and why, the newest first.",
        {200: Told("The trail.", handlers.Trail, _TRAIL)}, ("unknown_drop", *_LOOKING), role="viewer",
    ),
    Operation(
        "post", "/v1/admin/console/drops/{drop}/actions", "act_on_drop", TAG, "Act on a drop",
        "`pause`, `resume`, `release`, `announce` (of the line, whose `hand` is sent back as `seen`), `open`, `close`, "
        "`restock` (an admin's; `seen` is the drop's version), or `drain` of a gateway. Where somebody else was faster "
        "nothing is done, and `latest` says what they did.",
        {200: Told("The drop as it is now.", Overview)},
        ("unknown_drop", "unknown_line", "unknown_gateway", "unknown_item", *_REFUSED, *_DOING),
        role="operator", body=Act, example={"do": "pause", "seen": "  ", "why": "the gateway is slow"},
    ),
    Operation(
        "post", "/v1/admin/console/drops", "store_drop", TAG, "Create or change a drop, and say why",
        "As its definition or as the text of a drop file; `seen` is the version that is changed, -1 for a new drop.",
        {
            200: Told("It was changed.", handlers.PutView, {"id": "aurora-1", "created": False}),
            201: Told("It was created.", handlers.PutView, {"id": "aurora-2", "created": True}),
        },
        (*_REFUSED, *_DOING), role="admin",
        body=handlers.StoredPut, example={"why": "the second drop", "seen": -1, "toml": "[drop]\nid = \"aurora-2\"\n…"},
    ),
    Operation(
        "get", "/v1/admin/console/search", "search", TAG, "Find a purchase",
        "By order or checkout, whenever it was; or by buyer, idempotency key, or a gateway's reference, among those of "
        "the last `hours`.",
        {200: Told("What was found.", handlers.SearchView, _FOUND)},
        ("invalid_input", "search_too_wide", *_LOOKING), role="viewer", query=("q", "hours"),
    ),
    Operation(
        "get", "/v1/admin/console/purchases/{id}", "follow_purchase", TAG, "Follow a purchase",
        "Everything that is stored of it: the checkout, its attempts, what happened when, postings, what is owed, and "
        "what gateways said.",
        {200: Told("The purchase.", Purchase)}, ("unknown_checkout", *_LOOKING), role="viewer",
    ),
)  # fmt: skip
