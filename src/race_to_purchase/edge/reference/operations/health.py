"""The process itself."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import ANY_BUYER, SECURED, STORED, Operation, Told

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
        "/metrics",
        "metrics",
        TAG,
        "What this process has counted",
        "Prometheus text, or OpenMetrics with exemplars where `Accept` asks for it; docs/metrics.md explains it. Where "
        "several processes share a port, none answers here for the others: `addresses` says where each tells its own.",
        {200: Told("The metrics.", None, media_type="text/plain")},
        ("metrics_elsewhere", "metrics_off", *SECURED, *ANY_BUYER),
        role="admin",
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
