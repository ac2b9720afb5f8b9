"""The SQL statements, by name: `statement("read_batch")` is the text of `sql/read_batch.sql`.

Each file begins with a comment that names and describes it. `unlocked` is the same statement for reading only, and
`together` are two that write, in one round trip.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_LOCK = "FOR NO KEY UPDATE"
_WRITES = re.compile(r"(?:--.*\n)*WITH (?P<steps>.*)\nSELECT CASE\n(?P<checks>.*)\nEND\s*", re.DOTALL)
"""How a statement is written that changes rows, and then looks whether all of them were there."""


@cache
def statement(name: str) -> str:
    """The text of a statement; FileNotFoundError for a name without a file."""
    return files("race_to_purchase.store").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


@cache
def unlocked(name: str) -> str:
    """The statement without its row locks."""
    return statement(name).replace(_LOCK, "")


@cache
def together(first: str, second: str) -> str:
    """Two statements that write, as one: both or neither. The parameters of the second follow those of the first."""
    one, other = _WRITES.fullmatch(statement(first)), _WRITES.fullmatch(statement(second))
    assert one is not None and other is not None, f"{first} and {second} are to be WITH … SELECT CASE … END"
    before = max(int(number) for number in re.findall(r"\$(\d+)", one[0]))
    steps, checks = (re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", part) for part in other.groups())
    return f"WITH {one['steps']}, {steps}\nSELECT CASE\n{one['checks']}\n{checks}\nEND"
