"""What operations take besides a body: parts of the path, of the query, and headers, each described once."""

from __future__ import annotations

from typing import Any

from race_to_purchase.edge.idempotency import KEY_CHARACTERS_MAX
from race_to_purchase.edge.reference.examples import CHECKOUT_ID, FINDING_ID
from race_to_purchase.edge.reference.examples_keys import KEY

Json = dict[str, Any]

PARAMETERS: Json = {
    "id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id of the checkout, which is also that of its order.",
        "schema": {"type": "string", "format": "uuid"},
        "example": CHECKOUT_ID,
    },
    "part": {
        "name": "part",
        "in": "path",
        "required": True,
        "description": "Number of the part, from 0.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 0,
    },
    "grant": {
        "name": "grant",
        "in": "path",
        "required": True,
        "description": "Id of the grant.",
        "schema": {"type": "string"},
        "example": "5f0c2d1e3a4b5968778695a4b3c2d1e0",
    },
    "key": {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "Id of the key, as it was told when it was issued.",
        "schema": {"type": "string", "format": "uuid"},
        "example": KEY["id"],
    },
    "after": {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "The last id of the page before.",
        "schema": {"type": "string"},
    },
    "pass": {
        "name": "Race-Pass",
        "in": "header",
        "required": False,
        "description": "A pass, where the drop has a line; it is used up by the reservation.",
        "schema": {"type": "string", "maxLength": 128},
    },
    "drop": {
        "name": "drop",
        "in": "path",
        "required": True,
        "description": "The id of the drop.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 64},
        "example": "aurora-1",
    },
    "gateway": {
        "name": "gateway",
        "in": "path",
        "required": True,
        "description": "The name of the payment gateway.",
        "schema": {"type": "string", "maxLength": 64},
        "example": "sandbox",
    },
    "finding": {
        "name": "finding",
        "in": "path",
        "required": True,
        "description": "The id of the finding.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
        "example": FINDING_ID,
    },
    "file": {
        "name": "file",
        "in": "path",
        "required": True,
        "description": "The name of the script or style.",
        "schema": {"type": "string"},
        "example": "race.js",
    },
    "state": {
        "name": "state",
        "in": "query",
        "required": False,
        "description": "Messages of which state are listed.",
        "schema": {"type": "string", "enum": ["unmatched", "waiting", "left"], "default": "unmatched"},
    },
    "for_drop": {
        "name": "drop",
        "in": "query",
        "required": True,
        "description": "The drop whose door it is.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 64},
        "example": "aurora-1",
    },
    "since": {
        "name": "since",
        "in": "query",
        "required": False,
        "description": "From when on.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "until": {
        "name": "until",
        "in": "query",
        "required": False,
        "description": "Until when.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "step": {
        "name": "step",
        "in": "query",
        "required": False,
        "description": "Seconds of a point.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 5},
    },
    "q": {
        "name": "q",
        "in": "query",
        "required": True,
        "description": "What to look for.",
        "schema": {"type": "string", "minLength": 3, "maxLength": 255},
        "example": "customer-7",
    },
    "hours": {
        "name": "hours",
        "in": "query",
        "required": False,
        "description": "How far back.",
        "schema": {"type": "number", "exclusiveMinimum": 0, "maximum": 744, "default": 24},
    },
    "purpose": {
        "name": "purpose",
        "in": "query",
        "required": False,
        "description": "What is to be done behind the door.",
        "schema": {"type": "string", "enum": ["line", "reserve"], "default": "line"},
    },
    "idempotency_key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A new one for each new wish, the same one for each repetition; a UUID does well. A quoted "
        "string, as the IETF draft of this header writes it, is the same key as the bare one.",
        "schema": {
            "type": "string",
            "pattern": "^[!#-~]([ -~]*[!-~])?$",
            "minLength": 1,
            "maxLength": KEY_CHARACTERS_MAX,
        },
        "example": "5d2f9c1e-8a0b-4f6d-9b57-0f6d3a1c7e42",
    },
    "if_match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of the cart that the buyer has seen; the same as `version` in the body.",
        "schema": {"type": "string", "pattern": r'^("[0-9]{1,10}"|\*)$'},
    },
    "csrf": {
        "name": "Race-Csrf",
        "in": "header",
        "required": False,
        "description": "Where the cookie says who asks: the `csrf` of its session. With a key it is not looked at.",
        "schema": {"type": "string"},
    },
    "buyer": {
        "name": "Race-Buyer",
        "in": "header",
        "required": False,
        "description": "Act for this buyer alone; without it, for any buyer of the storefront.",
        "schema": {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": 128},
    },
}
