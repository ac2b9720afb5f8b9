"""What has to be shown at a door, asked for ahead."""

from __future__ import annotations

from race_to_purchase.edge.challenge.handlers import CodeSent, NewCode
from race_to_purchase.edge.challenge.problems import Offer
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import FROM_BUYERS, STORED, WITH_BODY, Operation, Told

TAG = "The door"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/v1/challenges",
        "fetch_challenge",
        TAG,
        "Fetch a challenge ahead",
        "What would be asked of this buyer at the door of the drop, so that a browser can solve it before it joins. "
        "Without this, the first join is answered with `challenge_required`, which holds the same. The answer is sent "
        "as `challenge` of the join, or as the header `Race-Challenge`: the solution as base64 of JSON, as ALTCHA's "
        "widget gives it, `code.<token>.<code>` for a code by e-mail, or `turnstile.<token>` and `hcaptcha.<token>`.",
        {200: Told("Any one of the ways will do.", Offer, examples.OFFER)},
        ("invalid_input", "refused_by_guard", *FROM_BUYERS, *STORED),
        role="buyer",
        query=("for_drop", "purpose"),
    ),
    Operation(
        "post",
        "/v1/challenges/code",
        "send_code",
        TAG,
        "Ask for a code by e-mail",
        "The way for whoever cannot or will not compute. The answer to the challenge is `answer` of this response with "
        "the eight digits of the message behind it. One address has one place in a line, however often it is used. "
        "`website` is for a form field that people do not see.",
        {202: Told("A code is on its way.", CodeSent, examples.CODE_SENT)},
        ("no_email_codes", "rate_limited", "refused_by_guard", *FROM_BUYERS, *WITH_BODY, *STORED),
        role="buyer",
        body=NewCode,
        example=examples.NEW_CODE,
    ),
)
