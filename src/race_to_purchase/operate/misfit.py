"""Where a value does not fit its struct: msgspec's message, taken apart into the field and the reason.

The field is written as people point at it, `lines[0].quantity`, whether the value came over HTTP or from a file.
"""

from __future__ import annotations

import re

import msgspec

CHARACTERS_MAX = 200
"""Of field and reason each: a message may quote what it was given, however long that is."""

_PATH = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_NAMED = re.compile(r"(?:missing required|contains unknown) field `(.*)`", re.DOTALL)


class Misfit(msgspec.Struct, frozen=True):
    """`field` is empty where the value as a whole is meant."""

    field: str
    reason: str


def misfit(error: msgspec.ValidationError) -> Misfit:
    """What is wrong, and where. A missing or unknown field is named itself, not the object that should have it."""
    message = str(error)
    path = _PATH.search(message)
    within = path[1] if path else ""
    reason = message[: path.start()] if path else message
    named = _NAMED.search(reason)
    field = within
    if named:
        field = f"{within}.{named[1]}" if within else named[1]
    return Misfit(field[:CHARACTERS_MAX], reason[:CHARACTERS_MAX])
