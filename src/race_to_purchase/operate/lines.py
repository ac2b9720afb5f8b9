"""Line numbers in a TOML document: `tomllib` gives values without them."""

from __future__ import annotations

import re

_DOCUMENT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"\s*(\[{1,2})\s*([A-Za-z0-9_.-]+)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.]""")


def breach(message: str, text: str) -> tuple[int, str, str]:
    """Line, field and reason of what a TOMLDecodeError says."""
    found = _DOCUMENT_LINE.search(message)
    reason = message[: found.start()] if found else message
    lines = text.splitlines() or [""]
    line = int(found[1]) if found and found[1] else len(lines)
    key = _KEY.match(lines[min(line, len(lines)) - 1])
    return line, key[1] if key else "TOML", reason


def places(text: str) -> dict[str, int]:
    """The line of every table and key: `drop`, `drop.title`, `items[0]`, `items[0].price`."""
    found: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = header[2]
            if header[1] == "[[":
                rows = sum(place.startswith(f"{table}[") and "." not in place for place in found)
                table = f"{table}[{rows}]"
            found[table] = number
            prefix = f"{table}."
        elif key:
            found.setdefault(prefix + key[1], number)
    return found
