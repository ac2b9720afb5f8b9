"""Objects in the place of their ids, where a request asks for it: `expand[]=latest_charge.balance_transaction`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from race_to_purchase.gateways.simulator.refusals import Refused, invalid

EXPAND_MAX = 20
DEPTH_MAX = 4

Find = Callable[[str], bytes | None]
"""The JSON of the object that has an id; None where there is none."""


def expand(answer: Any, paths: Sequence[str], find: Find) -> Any:
    """The answer as plain values, with objects where `paths` lead. Raises Refused for a path that leads nowhere."""
    if len(paths) > EXPAND_MAX or any(path.count(".") >= DEPTH_MAX for path in paths):
        raise invalid(f"At most {EXPAND_MAX} things can be expanded, {DEPTH_MAX} levels deep.", param="expand")
    plain = msgspec.json.decode(msgspec.json.encode(answer))
    for path in paths:
        _expand(plain, path.split("."), path, find)
    return plain


def _expand(node: Any, keys: list[str], path: str, find: Find) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(item, keys, path, find)
        return
    if not isinstance(node, dict) or keys[0] not in node:
        raise _nowhere(path)
    value = node[keys[0]]
    if isinstance(value, str):
        found = find(value)
        if found is None:
            raise _nowhere(path)
        value = node[keys[0]] = msgspec.json.decode(found)
    if len(keys) > 1 and value is not None:
        _expand(value, keys[1:], path, find)


def _nowhere(path: str) -> Refused:
    return invalid(f"This property cannot be expanded: {path[:80]}.", param="expand")
