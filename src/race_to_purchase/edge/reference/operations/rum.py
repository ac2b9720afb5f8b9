"""What buyers' browsers tell of their visits."""

from __future__ import annotations

from race_to_purchase.edge import rum
from race_to_purchase.edge.reference.operation import STORED, WITH_BODY, Operation, Told

TAG = "Real user monitoring"

BEACON = {
    "drop": "aurora-1",
    "seen": [
        {"is": "vital", "vital": "lcp", "ms": 1240.5, "rating": "good"},
        {"is": "step", "step": "paid"},
        {"is": "purchase", "ms": 830.0, "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    ],
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/rum",
        "receive_beacon",
        TAG,
        "Tell how a visit went",
        "For the buyers' components, by `navigator.sendBeacon`: no key and no session is asked for, and the body is "
        "read as JSON whatever its type says. It is counted and not kept; more than 4 KiB or 32 entries are refused.",
        {204: Told("It is counted.", None)},
        (*(code for code in WITH_BODY if code != "unsupported_media_type"), "unknown_drop", "rate_limited", *STORED),
        body=rum.Beacon,
        example=BEACON,
    ),
)
