"""Form-encoded bodies in Stripe's bracket syntax: `metadata[order]=7&expand[]=latest_charge` and the like.

Only the shape is read here. What the words mean, and whether they are allowed, is for the parameters to say.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from race_to_purchase.gateways.simulator.refusals import Refused, invalid

FIELDS_MAX = 1000
DEPTH_MAX = 6

Pairs = list[tuple[str, str]]
Tree = dict[str, Any]
"""Text by name, or a tree again. What is a list is for the parameters to say: `a[0]` may be one, or a word `0`."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def pairs(encoded: bytes) -> Pairs:
    """Names and values in their order. Raises Refused where this is no form."""
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        raise invalid("The body is not form-encoded UTF-8, or has too many fields.") from None


def tree(fields: Pairs) -> Tree:
    """The fields as nested dicts; `a[]` counts from 0. Raises Refused where two of them contradict each other."""
    root: Tree = {}
    for name, value in fields:
        _put(root, _path(name), value, name)
    return root


def _path(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise _misshapen(name)
    keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(keys) > DEPTH_MAX:
        raise _misshapen(name)
    return keys


def _put(node: Tree, keys: list[str], value: str, name: str) -> None:
    """Write `value` below `node`. An empty key is the next number."""
    for position, key in enumerate(keys):
        place = key or str(len(node))
        if position == len(keys) - 1:
            if isinstance(node.get(place), dict):
                raise _misshapen(name)
            node[place] = value
        else:
            node = node.setdefault(place, {})
            if not isinstance(node, dict):
                raise _misshapen(name)


def _misshapen(name: str) -> Refused:
    return invalid(f"The parameter {name[:80]} does not fit beside the others.", param=name[:80])
