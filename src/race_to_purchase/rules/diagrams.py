"""The state tables as a page with diagrams, made from the tables themselves, so that it cannot drift from them.

A test compares `docs/states.md` with it, and the page itself says how to write it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from race_to_purchase.rules import aftersale, attempt, checkout

HEAD = """\
# States

Made from the tables in `rules/checkout.py`, `rules/attempt.py` and `rules/aftersale.py`. An event that has no arrow out
of a state is refused and changes nothing. After changing a table, write this page anew:

    python -c 'from race_to_purchase.rules.diagrams import page; print(page(), end="")' > docs/states.md
"""

CHECKOUT = """\
## A checkout

Born `reserved` with its stock held (reservation first), or `open` with nothing held (payment first). `paid` is the
pivot: before it everything is undone, after it everything goes forward.
"""

ATTEMPT = """\
## A payment attempt

One try at one gateway. Terminal states absorb late news; what is `doomed` can never become an order.
"""


REFUND = """\
## A refund

Its amount is taken from the order's guard when it is asked for, and its key is stored before the gateway is called.
"""

DISPUTE = """\
## A dispute

Gateways tell of it in any order; one of which the end is heard first is opened and ended in one step.
"""


def page() -> str:
    """The whole page, as Markdown."""
    facts: dict[str, Iterable[str]] = {
        "claims are held": checkout.HOLDING,
        "claims are sold": checkout.SOLD,
        "the deadline ends it": checkout.EXPIRING,
        "nothing follows": checkout.ENDS,
    }
    answers: dict[str, Iterable[str]] = {
        "the gateway has not answered": attempt.OPEN,
        "nothing follows": attempt.TERMINAL,
    }
    parts = [
        HEAD,
        CHECKOUT,
        diagram(checkout.TRANSITIONS, ("reserved", "open")),
        listing(checkout.TRANSITIONS, facts),
        ATTEMPT,
        diagram(attempt.TRANSITIONS, ("prepared", "sent")),
        listing(attempt.TRANSITIONS, answers),
        REFUND,
        diagram(aftersale.REFUND, ("requested",)),
        listing(aftersale.REFUND, {"its amount is pending": aftersale.REFUND_OPEN}),
        DISPUTE,
        diagram(aftersale.DISPUTE, ("inquiry", "open")),
        listing(aftersale.DISPUTE, {"refunds are refused": ("open",), "nothing follows": aftersale.DISPUTE_ENDS}),
    ]
    return "\n".join(parts)


def diagram(table: Mapping[Any, Mapping[Any, str]], born: Iterable[str]) -> str:
    """One arrow a pair of states, named by every event that takes it; `born` are the states that rows begin in."""
    lines = [f"    [*] --> {state}" for state in born]
    for state, out in table.items():
        arrows: dict[str, list[str]] = {}
        for event, after in out.items():
            arrows.setdefault(after, []).append(event)
        lines += [f"    {state} --> {after}: {', '.join(events)}" for after, events in arrows.items()]
        if not out:
            lines.append(f"    {state} --> [*]")
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def listing(table: Mapping[Any, object], facts: Mapping[str, Iterable[str]]) -> str:
    """A Markdown table of what is true of each state."""
    rows = [f"| state | {' | '.join(facts)} |", f"|---|{'---|' * len(facts)}"]
    for state in table:
        marks = " | ".join("yes" if state in states else "" for states in facts.values())
        rows.append(f"| `{state}` | {marks} |")
    return "\n".join([*rows, ""])
