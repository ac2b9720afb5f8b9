"""Builds the OpenAPI 3.1 document from the table of operations and from the structs that bodies are read by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from race_to_purchase import __version__
from race_to_purchase.edge.reference.codes import CODES
from race_to_purchase.edge.reference.operation import Operation, Told
from race_to_purchase.edge.reference.operations import OPERATIONS
from race_to_purchase.edge.reference.parameters import PARAMETERS
from race_to_purchase.edge.shapes import Problem
from race_to_purchase.rules.drop import Drop

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"

_ABOUT = """\
Sell something that many more people want than there is: reserve, pay, and it is an order; or be told clearly why not.

- **Money** is an integer of minor units (`15900` EUR is 159.00 EUR), **times** are RFC 3339.
- **Who asks**: `Authorization: Bearer <key>`. A storefront key speaks for buyers; `Race-Buyer: <id>` narrows a
  request to one of them, and what belongs to another does not exist then. An admin key makes drops and watches them.
  A page in a buyer's browser has a session instead, or a token of the shop's, and is that buyer.
- **Idempotency-Key** stands on every request that changes something. The same key and body give the same answer, byte
  for byte (`Idempotency-Replayed: true`); another body is refused.
- **Refusals** are RFC 9457 problems. Go by `code`, which is stable, and by `retryable`, not by the texts.
- **Retry-After** says when to come back. After a lost answer send the same request with the same key.
"""

_TAGS = {
    "The sale": "What everybody may see.",
    "The door": "What has to be shown before somebody may join a line.",
    "The cart": "What a buyer means to buy; it holds nothing.",
    "Buying": "Reserve, pay, order: with a storefront key, or by a buyer in person.",
    "After the sale": "Refunds and disputes: with a storefront key or an admin key.",
    "Gateways": "What payment gateways tell, signed with a secret of theirs.",
    "Operating": "Make drops and watch them: with an admin key.",
    "Keys": "Who operates: with the key of an admin.",
    "The service": "Health, and this document.",
}

_HEADERS: Json = {
    "RequestId": {
        "description": "The X-Request-Id that was sent, or a new one; it stands in our log.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:=/+-]{1,128}$"},
    },
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Replayed": {
        "description": "`true` where this is the stored answer of an earlier request with this key.",
        "schema": {"const": "true"},
    },
    "RateLimit": {
        "description": "What is left of the limit (`r`), and in how many seconds all of it is back (`t`).",
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": "The limit: so many requests (`q`) in so many seconds (`w`).",
        "schema": {"type": "string"},
    },
    "Challenge": {"description": "RFC 6750.", "schema": {"type": "string"}},
}

_ROLES: dict[str | None, tuple[Json, ...]] = {
    None: (),
    "buyer": ({"storefront": []}, {"session": []}, {"customer": []}),
    "session": ({"session": []},),
    "merchant": ({"storefront": []}, {"admin": ["viewer"]}),
    "refunder": ({"storefront": []}, {"admin": ["operator"]}),
    "viewer": ({"admin": ["viewer"]},),
    "operator": ({"admin": ["operator"]},),
    "admin": ({"admin": ["admin"]},),
}
"""What a path asks for, in the words of OpenAPI: with an admin key goes the role that it has at least."""

_SECURITY: Json = {
    "storefront": {"type": "http", "scheme": "bearer", "description": "A storefront key."},
    "customer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token by which the shop says who its customer is.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "race_session",
        "description": "A browser's session; with `Race-Csrf` where something changes.",
    },
    "admin": {"type": "http", "scheme": "bearer", "description": "An admin key, of the role that is named at least."},
}


def document() -> Json:
    """The whole document, as what `json` would encode."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Race to Purchase",
            "version": __version__,
            "summary": "A checkout engine for drops",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "parameters": PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
        },
        "x-problem-codes": {name: msgspec.to_builtins(code) for name, code in CODES.items()},
    }


def _operation(operation: Operation) -> Json:
    built: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation),
        "security": list(_ROLES[operation.role]),
        "x-problem-codes": sorted(set(operation.problems)),
    }
    if operation.body is not None:
        content = {"schema": _body(operation.body), "example": operation.example}
        media_type = "application/x-www-form-urlencoded" if operation.page else "application/json"
        built["requestBody"] = {"required": True, "content": {media_type: content}}
    return built


def _body(shape: Any) -> Json:
    """The schema of a body: that of a struct, or one of those of a union."""
    names = ["DropDefinition" if struct is Drop else struct.__name__ for struct in get_args(shape) or (shape,)]
    return _ref(names[0]) if len(names) == 1 else {"oneOf": [_ref(name) for name in names]}


def _parameters(operation: Operation) -> Iterable[Json]:
    for name in ("id", "drop", "gateway", "finding", "file", "part", "grant", "key", *operation.query):
        if f"{{{name}}}" in operation.path or name in operation.query:
            yield {"$ref": f"#/components/parameters/{name}"}
    # What a merchant alone may change is never asked for on behalf of one buyer.
    if operation.role in ("buyer", "merchant"):
        yield {"$ref": "#/components/parameters/buyer"}
    if operation.role in ("buyer", "session") and operation.method != "get":
        yield {"$ref": "#/components/parameters/csrf"}
    if "if_match_invalid" in operation.problems:
        yield {"$ref": "#/components/parameters/if_match"}
    if operation.key is True:
        yield {"$ref": "#/components/parameters/idempotency_key"}
    elif operation.key is False:
        yield {**PARAMETERS["idempotency_key"], "required": False}


def _responses(operation: Operation) -> Json:
    responses = {str(status): _good(operation, status, told) for status, told in operation.told.items()}
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys(operation.problems):
        by_status.setdefault(CODES[name].status, []).append(name)
    for status, names in sorted(by_status.items()):
        responses[str(status)] = _bad(operation, status, sorted(names))
    return responses


def _good(operation: Operation, status: int, told: Told) -> Json:
    schema: Json = {"type": "string"}
    if told.shape is not None:
        schema = {"type": "object"} if told.shape is dict else _ref(told.shape.__name__)
    content: Json = {"schema": schema}
    if told.example is not None:
        content["example"] = told.example
    headers = {"X-Request-Id": _header("RequestId")}
    if operation.key is not None:
        headers["Idempotency-Replayed"] = _header("Replayed")
    if status == 202:
        headers["Retry-After"] = _header("RetryAfter")
    response = {"description": told.meaning, "headers": headers}
    if status != 204:
        response["content"] = {told.media_type: content}
    if operation.id == "reserve":
        response["links"] = _LINKS
    return response


def _bad(operation: Operation, status: int, names: list[str]) -> Json:
    headers = {"X-Request-Id": _header("RequestId")}
    if status == 401:
        headers["WWW-Authenticate"] = _header("Challenge")
    if status == 429:
        headers["RateLimit"], headers["RateLimit-Policy"] = _header("RateLimit"), _header("RateLimitPolicy")
    if status in (429, 503) or (status == 409 and any(CODES[name].retryable for name in names)):
        headers["Retry-After"] = _header("RetryAfter")
    if operation.key is not None and status in (402, 409):
        headers["Idempotency-Replayed"] = _header("Replayed")
    content: Json = {"application/problem+json": {"schema": _ref("Problem"), "example": _problem(names[0])}}
    if operation.page:
        content = {"text/html": {"schema": {"type": "string"}}}
    return {
        "description": " ".join(f"`{name}`: {CODES[name].meaning}" for name in names),
        "headers": headers,
        "content": content,
    }


def _problem(name: str) -> Json:
    """What such a problem looks like, without the members that only some of them have."""
    code = CODES[name]
    return {
        "type": f"urn:race:problem:{name}",
        "title": name.replace("_", " ").capitalize(),
        "status": code.status,
        "code": name,
        "detail": code.meaning,
        "retryable": code.retryable,
    }


def _schemas() -> Json:
    """Every struct that is read or told, by name; `DropDefinition` is a drop whose id may be left out."""
    asked = (operation.body for operation in OPERATIONS if operation.body is not None)
    bodies = {struct for body in asked for struct in get_args(body) or (body,)}
    told = {told.shape for operation in OPERATIONS for told in operation.told.values() if told.shape is not None}
    shapes = sorted((bodies | told | {Problem}) - {dict}, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    schemas: Json = {name: _portable(schema) for name, schema in components.items()}
    drop = schemas["Drop"]
    drop["properties"]["currency"]["pattern"] = "^[A-Z]{3}$"
    for schema in schemas.values():
        _name_moments(schema)
    schemas["DropDefinition"] = {**drop, "required": [name for name in drop["required"] if name != "id"]}
    return schemas


def _portable(schema: Any) -> Any:
    r"""The same schema with patterns that every engine reads: our `\Z` is what they mean by `$`."""
    if isinstance(schema, dict):
        return {
            name: value.replace(r"\Z", "$") if name == "pattern" and isinstance(value, str) else _portable(value)
            for name, value in schema.items()
        }
    return [_portable(value) for value in schema] if isinstance(schema, list) else schema


def _name_moments(schema: Json) -> None:
    """Say of every time that it is one: msgspec gives no format to a datetime without constraints."""
    for name, field in schema.get("properties", {}).items():
        if name == "now" or name.endswith(("_at", "_until")):
            for one in field.get("anyOf", [field]):
                if one.get("type") == "string":
                    one["format"] = "date-time"


def _ref(name: str) -> Json:
    return {"$ref": _REF.format(name=name)}


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


_LINKS: Json = {
    name: {"operationId": operation_id, "parameters": {"id": "$response.body#/id"}}
    for name, operation_id in {"look": "show_checkout", "pay": "pay", "cancel": "cancel_checkout"}.items()
}
