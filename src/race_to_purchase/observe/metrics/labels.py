"""From a value to a label: only values of closed sets become series; whatever comes beyond is "other"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from race_to_purchase.observe.events.catalogue import Attribute

OTHER = "other"

Label = Callable[[Any], str]


class Labels:
    """The labels of a process. What is open text is bounded once for all metrics: the first so many values count."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def of(self, attribute: Attribute) -> Label:
        """How the values of an attribute become labels."""
        if attribute.kind == "truth value":
            return _truth
        if attribute.values:
            closed = frozenset(attribute.values)
            return lambda value: text if (text := str(value)) in closed else OTHER
        known, most = self._known.setdefault(attribute.name, set()), attribute.bounded

        def bounded(value: str) -> str:
            if value in known:
                return value
            if len(known) >= most:
                return OTHER
            known.add(value)
            return value

        return bounded


def _truth(value: bool) -> str:
    return "true" if value else "false"
