"""Let asyncpg know an array by its type, list, which makes a batch half as expensive to encode.

asyncpg asks of every element of every array whether it is an iterable, a sized one and no mapping, through the
abstract base classes of `collections.abc`, whose instance check runs in Python: four times for each row of a batch.
The engine's processes keep to a simpler convention: a list is an array, a tuple is a row, a dict is a mapping. What it
saves is in docs/decisions/0009-quick-arrays.md; where a version of asyncpg has no such names, nothing is changed, and
the saving is all that is lost.
"""

from __future__ import annotations

from asyncpg.protocol import protocol

_TYPES = {"IterableABC": list, "SizedABC": list, "MappingABC": dict}


def know_arrays_by_type() -> None:
    """Apply this to every connection of the process; a second time changes nothing."""
    for name, known in _TYPES.items():
        if hasattr(protocol, name):
            setattr(protocol, name, known)
