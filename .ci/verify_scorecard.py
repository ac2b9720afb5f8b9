"""Reads the scorecard of a demo and refuses one that is incomplete or tells of a broken promise.

Usage: verify_scorecard.py FILE STOCK. Exit status 1 with a sentence for each thing that is wrong.
"""

import json
import sys
from pathlib import Path

MUST_BE_ZERO = [
    "oversold",
    "duplicate_orders",
    "captured_without_order",
    "orders_without_capture",
    "ledger_imbalance_minor",
]
MUST_BE_NUMBERS = ["checkout_success_rate", "p95_checkout_ms", "purchases_per_s", "bot_share", "bot_arrival_share"]


def complaints(card: dict[str, object], stock: int) -> list[str]:
    """What is wrong with the scorecard of a demo with more buyers than stock; empty if it is as promised."""
    wrong = [f"{key} is {card.get(key)!r} and must be 0" for key in MUST_BE_ZERO if card.get(key) != 0]
    wrong += [f"{key} is {card.get(key)!r} and must be {stock}" for key in ("stock", "sold") if card.get(key) != stock]
    for key in MUST_BE_NUMBERS:
        value = card.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            wrong.append(f"{key} is {value!r} and must be a number, not below zero")
    fairness = card.get("fairness")
    if not isinstance(fairness, dict) or fairness.get("draw_holds") is not True:
        wrong.append("fairness says of no draw that it can be verified")
    if not isinstance(card.get("strategies"), list) or not card.get("strategies"):
        wrong.append("strategies is empty: nobody came by the door")
    return wrong


if __name__ == "__main__":
    found = complaints(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), int(sys.argv[2]))
    if found:
        sys.exit("\n".join(found))
    sys.stdout.write("the scorecard is complete and every promise was kept\n")
