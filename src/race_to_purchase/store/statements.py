"""The SQL statements, by name: `statement("read_batch")` is the text of `sql/read_batch.sql`.

Each file begins with a comment that names and describes it. `unlocked` is the same statement for reading only.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_LOCK = "FOR NO KEY UPDATE"


@cache
def statement(name: str) -> str:
    """The text of a statement; FileNotFoundError for a name without a file."""
    return files("race_to_purchase.store").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


@cache
def unlocked(name: str) -> str:
    """The statement without its row locks."""
    return statement(name).replace(_LOCK, "")
