"""Which states may follow which, however many events one batch holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S")
E = TypeVar("E")


def reaching(table: Mapping[S, Mapping[E, S]]) -> dict[S, set[S]]:
    """State to every state that can follow, by a table of transitions."""
    return {state: _reachable(table, state) for state in table}


def _reachable(table: Mapping[S, Mapping[E, S]], state: S) -> set[S]:
    found, new = {state}, [state]
    while new:
        for after in table[new.pop()].values():
            if after not in found:
                found.add(after)
                new.append(after)
    return found
