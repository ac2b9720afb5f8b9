"""A drop file: one sale in TOML, as a `[drop]` table with `[[items]]` and, where wanted, `[[promos]]` and a `[door]`.

What is wrong with it is told with the file, the line and the field, since whoever reads that has the file open.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.operate.lines import breach, places
from race_to_purchase.operate.misfit import misfit
from race_to_purchase.rules.drop import Drop

TABLES = ("drop", "door", "items", "promos")

MINOR_UNITS = "a price is a whole number of the currency's smallest unit, 15900 for 159.00 EUR"
"""What whoever writes a first price is most likely not to know."""

_TWIN = re.compile(r"(item|promo) (\S+) is defined twice")


class UnreadableDropFile(ConfigurationError):
    """The drop file {file} cannot be read: {reason}."""

    code = "drop_file_unreadable"


class WrongDropFile(ConfigurationError):
    """{file}, line {line}: {field}: {reason}"""

    code = "drop_file_wrong"


def read_drop_file(file: Path) -> Drop:
    """The drop in `file`; raises UnreadableDropFile and WrongDropFile."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableDropFile(file=file, reason=error.strerror or error) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise WrongDropFile(file=file, line=line, field="file", reason="this is not UTF-8") from None
    return parse_drop(text, str(file))


def parse_drop(text: str, file: str) -> Drop:
    """The drop in the TOML document `text`; `file` is what errors call it. Raises WrongDropFile."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text, file) from None
    fields = _fields(document, text, file)
    try:
        return msgspec.convert(fields, Drop)
    except msgspec.ValidationError as error:
        found = misfit(error, Drop)
        field = _meant(found.field, found.reason, fields)
        reason = f"{found.reason}; {MINOR_UNITS}" if field.endswith(".price") else found.reason
        raise WrongDropFile(file=file, line=_line(text, field), field=field or "drop", reason=reason) from None


def _fields(document: dict[str, Any], text: str, file: str) -> dict[str, Any]:
    """The fields of a Drop from the tables of its file."""
    for name in document:
        if name not in TABLES:
            reason = f"a drop file has the tables {', '.join(TABLES)}"
            raise WrongDropFile(file=file, line=_line(text, name), field=name, reason=reason)
    drop = document.get("drop")
    if not isinstance(drop, dict):
        raise WrongDropFile(file=file, line=_line(text, "drop"), field="drop", reason="there is no table [drop]")
    for name in ("items", "promos"):
        if name in drop:
            reason = f"write each as a table [[{name}]] of its own"
            raise WrongDropFile(file=file, line=_line(text, name), field=f"drop.{name}", reason=reason)
    if "door" in drop:
        reason = "write it as a table [door] of its own"
        raise WrongDropFile(file=file, line=_line(text, "drop.door"), field="drop.door", reason=reason)
    return {**drop, **{name: document[name] for name in ("door", "items", "promos") if name in document}}


def _not_toml(message: str, text: str, file: str) -> WrongDropFile:
    line, field, reason = breach(message, text)
    return WrongDropFile(file=file, line=line, field=field, reason=reason)


def _meant(field: str, reason: str, fields: dict[str, Any]) -> str:
    """The field that is wrong, or that a contradiction between several is about."""
    door = fields.get("door")
    if isinstance(door, dict) and field in ("", "door"):
        of_door = next((word for word in re.findall(r"\w+", reason) if word in door), "")
        if of_door and (field == "door" or "door." in reason):
            return f"door.{of_door}"
    if field:
        return field
    twin = _TWIN.match(reason)
    if twin:
        table, key = ("items", "id") if twin[1] == "item" else ("promos", "code")
        second = [index for index, row in enumerate(fields[table]) if row[key] == twin[2]][1]
        return f"{table}[{second}].{key}"
    return next((word for word in re.findall(r"\w+", reason) if word in fields), "")


def _line(text: str, field: str) -> int:
    """The line where `field` stands, else that of the table that it belongs to, else the first."""
    found = places(text)
    table = field.rpartition(".")[0]
    for place in (f"drop.{field}", field, f"{field}[0]", table, "drop"):
        if place in found:
            return found[place]
    return 1
