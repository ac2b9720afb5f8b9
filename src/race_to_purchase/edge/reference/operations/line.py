"""The line before a sale."""

from __future__ import annotations

from race_to_purchase.edge.line import shapes
from race_to_purchase.edge.reference import examples_line as examples
from race_to_purchase.edge.reference.operation import (
    ANY_BUYER,
    FROM_BUYERS,
    SECURED,
    STORED,
    WITH_BODY,
    Operation,
    Told,
)
from race_to_purchase.rules.line.rows import GrantRow

TAG = "The line"

_NO_LINE = ("unknown_drop", "unknown_line")
_OF_BUYER = ("buyer_required", *FROM_BUYERS, *WITH_BODY, *STORED)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/drops/{drop}/line",
        "join_line",
        TAG,
        "Join the line",
        "Gives a ticket, which is kept by the browser. Until registration closes it takes part in the draw, later it "
        "stands behind. The same visitor gets the same ticket each time, on any device; `Race-Buyer` says whose it is.",
        {201: Told("The place.", shapes.Place, examples.JOINED)},
        (
            *_NO_LINE, "registration_not_open", "draw_under_way", "drop_closed", "challenge_required",
            "challenge_failed", "challenge_expired", "refused_by_guard", "grant_invalid", "grant_not_yet",
            "grant_expired", "grant_revoked", "grant_used", "grant_wrong_identity", *_OF_BUYER,
        ),
        role="buyer",
        body=shapes.NewPlace,
        example={},
    ),
    Operation(
        "get",
        "/v1/drops/{drop}/line/status",
        "show_line",
        TAG,
        "Look at the line",
        "The same for all who wait, without a key, up to a second old: from it a browser computes its own place. The "
        "ticket's id is in the bytes 3 to 18 of the token, base64url.",
        {200: Told("The line.", shapes.LineStatus, examples.STATUS)},
        (*_NO_LINE, *STORED),
    ),
    Operation(
        "post",
        "/v1/drops/{drop}/line/pass",
        "claim_pass",
        TAG,
        "Claim a pass",
        "For a ticket whose place is below `cursor`, in any order. The same ticket gets the same pass again while it "
        "is good; in another browser it gets a new one, and the one before ends. Where the pass was used and what it "
        "was used for has ended without an order, it gets another one, three times at most.",
        {201: Told("The pass.", shapes.GivenPass, examples.GIVEN_PASS)},
        (
            *_NO_LINE, "ticket_invalid", "not_called", "no_pass_free", "line_paused", "sold_out", "drop_closed",
            "pass_used", *_OF_BUYER,
        ),
        role="buyer",
        body=shapes.WantedPass,
        example=examples.WANTED_PASS,
    ),
    Operation(
        "get",
        "/v1/drops/{drop}/line/draw",
        "show_draw",
        TAG,
        "Check the draw",
        "All that is published of it so far; with the list of tickets it is all that `race verify-draw` needs.",
        {200: Told("The draw.", shapes.DrawView, examples.DRAW)},
        (*_NO_LINE, *STORED),
    ),
    Operation(
        "get",
        "/v1/drops/{drop}/line/tickets/{part}",
        "list_tickets",
        TAG,
        "Download the list of tickets",
        "The ids of all who registered, sorted, 16 bytes each, in parts of 65,536. They do not tell who holds them.",
        {200: Told("One part, from 0.", None, media_type="application/octet-stream")},
        (*_NO_LINE, "unknown_part", *STORED),
    ),
    Operation(
        "get",
        "/v1/admin/drops/{drop}/line",
        "watch_line",
        TAG,
        "Watch a line",
        "With what bounds it now, and which process leads it.",
        {200: Told("The line.", shapes.WatchedLine, examples.WATCHED)},
        (*_NO_LINE, *SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "patch",
        "/v1/admin/drops/{drop}/line",
        "steer_line",
        TAG,
        "Steer a line",
        "Pause or resume it, let in more or fewer, or write to all who wait. What is left out stays as it is.",
        {200: Told("The line as it is now.", shapes.WatchedLine, examples.WATCHED)},
        (*_NO_LINE, *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="operator",
        body=shapes.LineHand,
        example=examples.HAND,
    ),
    Operation(
        "post",
        "/v1/admin/drops/{drop}/line/draw",
        "draw_line",
        TAG,
        "Draw with a beacon",
        "For a door that names a beacon: what its round came to. The draw is made once, and anybody can check it.",
        {200: Told("The line, drawn.", shapes.WatchedLine, examples.WATCHED)},
        (*_NO_LINE, "draw_not_possible", "secret_wrong", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="operator",
        body=shapes.BeaconValue,
        example=examples.BEACON_VALUE,
    ),
    Operation(
        "post",
        "/v1/admin/drops/{drop}/grants",
        "issue_grants",
        TAG,
        "Issue grants",
        "Each lets one customer in by a lane of its own, once, out of the share of places that the door reserves. It "
        "skips the line, and neither the stock nor any check. The tokens are told this once; whoever repeats the "
        "request with its `Idempotency-Key` gets the same ones.",
        {201: Told("The grants.", shapes.IssuedGrants, examples.ISSUED)},
        (*_NO_LINE, "secret_wrong", "idempotency_key_invalid", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="operator",
        body=shapes.NewGrants,
        example=examples.NEW_GRANTS,
        key=False,
    ),
    Operation(
        "get",
        "/v1/admin/drops/{drop}/grants",
        "list_grants",
        TAG,
        "List grants",
        "By their id, a hundred at most, those after the id `after`.",
        {200: Told("The grants.", shapes.GrantList, examples.GRANTS)},
        ("unknown_drop", *SECURED, *ANY_BUYER, *STORED),
        role="viewer",
        query=("after",),
    ),
    Operation(
        "post",
        "/v1/admin/drops/{drop}/grants/{grant}/revoke",
        "revoke_grant",
        TAG,
        "Take a grant back",
        "It is good for nothing from now on. One that was used for a ticket stays so.",
        {200: Told("The grant.", GrantRow, examples.GRANT)},
        ("unknown_drop", "unknown_grant", "grant_used", *SECURED, *ANY_BUYER, *STORED),
        role="operator",
    ),
)  # fmt: skip
