"""The files that a command writes its result into: tried before what takes long, and written when it is done."""

from __future__ import annotations

from pathlib import Path

import msgspec

from race_to_purchase.errors import ConfigurationError


class ResultNotWritable(ConfigurationError):
    """The result cannot be written to {file}: {reason}. Pass another file."""

    code = "result_not_writable"


def require_writable(*files: Path | None) -> None:
    """Better to hear now than after a long run that there is no place for its result. Raises ResultNotWritable."""
    for file in files:
        if file is not None:
            there = file.exists()
            try:
                with file.open("ab"):
                    pass
                if not there:
                    file.unlink()
            except OSError as error:
                raise ResultNotWritable(file=file, reason=error.strerror) from None


def write(file: Path | None, text: str) -> None:
    """Write the file, if one is wanted. Raises ResultNotWritable."""
    if file is not None:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ResultNotWritable(file=file, reason=error.strerror) from None


def write_json(file: Path | None, result: object) -> None:
    """The same for a result as JSON."""
    write(file, msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
