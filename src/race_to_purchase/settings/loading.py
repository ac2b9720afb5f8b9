"""From the environment to settings, and from settings to the page that documents them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings.fields import Settings

PREFIX = "RACE_"
ELSEWHERE = frozenset({"RACE_URL", "RACE_ADMIN_KEY"})
"""What the commands that ask a running engine read of the environment, besides settings."""

ALIKE_MIN = 0.88
"""How much of a name has to be right for it to be a slip of the pen, by difflib's ratio."""

NOT_TEXT = "it holds characters that are not text"


class WrongSetting(ConfigurationError):
    """{name} is wrong: {reason}. See docs/settings.md."""

    code = "wrong_setting"


def load(environ: Mapping[str, str] = os.environ, **options: Any) -> Settings:
    """Settings from the environment, `options` that are not None over them; WrongSetting names what is wrong."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() in fields:
            values[name.removeprefix(PREFIX).lower()] = text
    values |= {name: value for name, value in options.items() if value is not None}
    for name, value in values.items():
        try:
            values[name] = msgspec.convert(value, fields[name].type, strict=False)
        except (msgspec.ValidationError, UnicodeError):
            raise WrongSetting(name=_written(name, options), reason=_wanted(fields[name].type)) from None
        if not str(value).isprintable():
            raise WrongSetting(name=_written(name, options), reason=NOT_TEXT)
    try:
        return Settings(**values)
    except ValueError as error:
        names = "|".join(name for name in fields if "_" in name)
        reason = re.sub(rf"\b({names})\b", lambda found: f"{PREFIX}{found[1].upper()}", str(error))
        raise WrongSetting(name="a setting", reason=reason) from None


def _written(name: str, options: Mapping[str, Any]) -> str:
    """The setting as whoever gave it wrote it."""
    return f"--{name.replace('_', '-')}" if options.get(name) is not None else f"{PREFIX}{name.upper()}"


def misspelt(environ: Mapping[str, str] = os.environ) -> list[str]:
    """A sentence for each variable that looks like a setting and is none: nobody reads it."""
    names = [f"{PREFIX}{field.name.upper()}" for field in msgspec.structs.fields(Settings)]
    sentences = []
    for name in sorted(name for name in environ if name.startswith(PREFIX) and name not in {*names, *ELSEWHERE}):
        for meant in get_close_matches(name, names, 1, ALIKE_MIN):
            sentences.append(f"{name} is no setting and is not read; {meant} is one")
    return sentences


def _wanted(kind: Any) -> str:
    """What a setting has to look like, in words."""
    described = msgspec.inspect.type_info(kind)
    match described.type if isinstance(described, msgspec.inspect.Metadata) else described:
        case msgspec.inspect.LiteralType(values=values):
            return f"it is one of {', '.join(map(str, values))}"
        case msgspec.inspect.BoolType():
            return "it is true or false"
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"it is a whole number{_within(least, most)}"
        case msgspec.inspect.FloatType(gt=above, ge=least, le=most):
            return f"it is a number{_within(least, most) if above is None else f' above {above:g} up to {most}'}"
        case _:
            return NOT_TEXT


def _within(least: float | None, most: float | None) -> str:
    if most is None:
        return "" if least is None else f", at least {least:g}"
    return f" from {least or 0} to {most}"


def with_development_keys(settings: Settings) -> Settings:
    """The same settings, with keys made up where none were given; for a laptop, never for production."""
    made: dict[str, str] = {}
    if not settings.storefront_keys:
        made["storefront_keys"] = f"dev:dev_storefront_{secrets.token_urlsafe(18)}"
        if not settings.mail_url:
            made["mail_url"] = "console"
    if not settings.admin_keys:
        made["admin_keys"] = f"dev:dev_admin_{secrets.token_urlsafe(18)}"
    return msgspec.structs.replace(settings, **made) if made else settings


def reference() -> str:
    """docs/settings.md, generated from `settings/`."""
    lines = [
        "# Settings",
        "",
        "Generated from `settings/`; a test keeps it fresh. Each is an environment variable.",
        "",
        "| variable | default | what it is for |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        _, metas = _unwrap(field.type)
        default = f"`{field.default}`" if field.default != "" else "(empty)"
        lines.append(f"| `{PREFIX}{field.name.upper()}` | {default} | {metas} |")
    return "\n".join(lines) + "\n"


def _unwrap(kind: Any) -> tuple[Any, str]:
    meta = next((m for m in getattr(kind, "__metadata__", ()) if isinstance(m, msgspec.Meta) and m.description), None)
    return kind, (meta.description or "") if meta else ""
