"""The process itself."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import STORED, Operation, Told

TAG = "The service"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/healthz",
        "alive",
        TAG,
        "Is the process alive?",
        "Answers as long as the process does. It does not ask the database.",
        {200: Told("It is.", shapes.Health, examples.HEALTH)},
    ),
    Operation(
        "get",
        "/readyz",
        "ready",
        TAG,
        "Can it serve?",
        "Asks the database.",
        {200: Told("It can.", shapes.Health, examples.HEALTH)},
        STORED,
    ),
    Operation(
        "get",
        "/openapi.json",
        "openapi",
        TAG,
        "This document",
        "OpenAPI 3.1.",
        {200: Told("The document.", dict)},
    ),
    Operation(
        "get",
        "/docs",
        "docs",
        TAG,
        "This document as a page",
        "For people.",
        {200: Told("The page.", None, media_type="text/html")},
    ),
)  # fmt: skip
