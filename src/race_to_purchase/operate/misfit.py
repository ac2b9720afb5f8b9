"""Where a value does not fit its struct: msgspec's message, taken apart into the field and the reason.

The field is written as people point at it, `lines[0].quantity`, whether the value came over HTTP or from a file. What
msgspec leaves unsaid is read off the struct: which values there are, what a pattern stands for, how a field is spelt.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec.inspect import (
    EnumType,
    ListType,
    LiteralType,
    Metadata,
    SetType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

CHARACTERS_MAX = 200
"""Of field and reason each: a message may quote what it was given, however long that is."""

ALIKE_MIN = 0.7
"""How much an unknown field has to be like a known one to be taken for a slip: `colour` is not meant as `door`."""

_PATH = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_NAMED = re.compile(r"(?:missing required|contains unknown) field `(.*)`", re.DOTALL)
_STEP = re.compile(r"\[[^]]*\]|[^.[]+")


class Misfit(msgspec.Struct, frozen=True):
    """`field` is empty where the value as a whole is meant."""

    field: str
    reason: str


def misfit(error: msgspec.ValidationError, kind: Any) -> Misfit:
    """What is wrong with what should have been a `kind`, and where.

    A missing or unknown field is named itself, not the object that should have it.
    """
    message = str(error)
    path = _PATH.search(message)
    within = path[1] if path else ""
    reason = (message[: path.start()] if path else message)[:CHARACTERS_MAX]
    named = _NAMED.search(reason)
    field = within
    if named:
        field = f"{within}.{named[1]}" if within else named[1]
    return Misfit(field[:CHARACTERS_MAX], _in_full(reason, _wanted(_shape(kind), within)))


def _in_full(reason: str, wanted: Type | None) -> str:
    """The reason with what `wanted` knows besides."""
    described = ""
    if isinstance(wanted, Metadata):
        described = (wanted.extra_json_schema or {}).get("description", "")
        wanted = wanted.type
    if described and " matching regex " in reason:
        return f"Expected {described}"
    if reason.startswith("Invalid enum value"):
        values = _values(wanted)
        return f"{reason}; there are {', '.join(map(str, values))}" if values else reason
    unknown = re.search(r"unknown field `(.*)`", reason)
    if unknown and isinstance(wanted, StructType):
        meant = get_close_matches(unknown[1], [field.encode_name for field in wanted.fields], 1, ALIKE_MIN)
        return f"{reason}; did you mean `{meant[0]}`?" if meant else reason
    return reason


def _values(wanted: Type | None) -> tuple[Any, ...]:
    match wanted:
        case LiteralType(values=values):
            return tuple(values)
        case EnumType(cls=kind):
            return tuple(one.value for one in kind)
        case UnionType(types=kinds):
            return next((values for values in map(_values, kinds) if values), ())
        case _:
            return ()


@cache
def _shape(kind: Any) -> Type:
    return type_info(kind)


def _wanted(shape: Type, path: str) -> Type | None:
    """What should have been at `path`; None where that cannot be told."""
    found: Type | None = shape
    for step in _STEP.findall(path):
        found = next((one for one in (_part(kind, step) for kind in _kinds(found)) if one is not None), None)
    kinds = _kinds(found)
    return kinds[0] if len(kinds) == 1 else found


def _kinds(shape: Type | None) -> list[Type]:
    """The kinds that a value may have, null left out."""
    match shape:
        case UnionType(types=kinds):
            return [kind for kind in kinds if not isinstance(kind, msgspec.inspect.NoneType)]
        case None:
            return []
        case _:
            return [shape]


def _part(shape: Type, step: str) -> Type | None:
    match shape:
        case Metadata(type=kind):
            return _part(kind, step)
        case StructType(fields=fields):
            return next((field.type for field in fields if field.encode_name == step), None)
        case ListType(item_type=kind) | VarTupleType(item_type=kind) | SetType(item_type=kind):
            return kind
        case _:
            return None
