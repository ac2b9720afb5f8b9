"""What an operator changed in a drop: field by field, from what to what, short enough for the history to keep.

Items are told by their ids. Of a promo's code the beginning has to do: whoever reads the trail must not buy by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from race_to_purchase.rules.drop import Drop

CHANGES_MAX = 20
"""Where a thousand items cost more, the first ones are told, and how many there are."""

TEXT_MAX = 80
CODE_SHOWN = 2

Value = str | int | float | bool | None
Path = tuple[str, ...]


class Change(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """One field, as `items.shoe.stock`; None where it is or was not there, or had no value."""

    what: str
    before: Value
    after: Value


def changes(before: Drop, after: Drop) -> list[Change]:
    """All of them, in the order of the drop's fields; long texts are cut."""
    old, new = (dict(_leaves((), msgspec.to_builtins(drop))) for drop in (before, after))
    changed = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    return [Change(_shown(path), _cut(old.get(path)), _cut(new.get(path))) for path in changed]


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Value]]:
    match value:
        case dict():
            for name, each in value.items():
                if name not in ("id", "code"):
                    yield from _leaves((*path, name), each)
        case list() | tuple():
            for each in value:
                yield from _leaves((*path, each.get("id") or each["code"]), each)
        case _:
            yield path, value


def _shown(path: Path) -> str:
    if path[0] == "promos":
        path = (path[0], f"{path[1][:CODE_SHOWN]}…", *path[2:])
    return ".".join(path)


def _cut(value: Value) -> Value:
    return f"{value[: TEXT_MAX - 1]}…" if isinstance(value, str) and len(value) > TEXT_MAX else value
