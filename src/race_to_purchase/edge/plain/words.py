"""What the pages say, in the reader's language: the same tables that the pages with a script use.

They are built from `web/src/text`, a file a language. Plural forms, money and times follow the Unicode locale data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs

import msgspec
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_precision
from babel.units import format_unit

FALLBACK = "en"
HEADER_BYTES_MAX = 500


class Trouble(msgspec.Struct, frozen=True):
    """What went wrong, and what to do next."""

    what: str
    next: str


class Table(msgspec.Struct, frozen=True):
    """Messages by key (or one a plural category), troubles by problem code, and why cards are declined."""

    messages: dict[str, str | dict[str, str]]
    troubles: dict[str, Trouble]
    declines: dict[str, str] = {}


class Words:
    """One language."""

    def __init__(self, tag: str, tables: Sequence[Table]) -> None:
        self.tag = tag
        self._locale = Locale.parse(tag)
        self._messages = {key: text for table in reversed(tables) for key, text in table.messages.items()}
        self._troubles = {code: told for table in reversed(tables) for code, told in table.troubles.items()}
        self._declines = {code: text for table in tables for code, text in table.declines.items()}

    def say(self, key: str, **parameters: str | float) -> str:
        """The message; the parameter `n` chooses its form. KeyError where there is none."""
        message = self._messages[key]
        if isinstance(message, dict):
            form = self._locale.plural_form(float(parameters.get("n", 0)))
            message = message.get(form, message["other"])
        for name, value in parameters.items():
            message = message.replace(f"{{{name}}}", value if isinstance(value, str) else self.number(value))
        return message

    def trouble(self, code: str) -> Trouble:
        """What a problem of this code means, or of all that begin like it; the rest is told in general terms."""
        found = self._troubles.get(code) or self._troubles.get(code.partition("_")[0])
        return found or self._troubles["unexpected"]

    def decline(self, code: str) -> str:
        """Why a card was declined."""
        return self._declines.get(code) or self._declines["generic_decline"]

    def number(self, number: float) -> str:
        """A number with its separators."""
        return format_decimal(number, locale=self._locale)

    def money(self, minor: int, currency: str) -> str:
        """`minor` units of a currency."""
        amount = Decimal(minor).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=self._locale)

    def lasting(self, seconds: float) -> str:
        """A length of time, in the largest unit that says it."""
        unit, size = next(one for one in _UNITS if seconds >= one[1] or one[1] == 1)
        return format_unit(round(seconds / size), unit, locale=self._locale)

    def moment(self, moment: datetime, now: datetime) -> str:
        """How far away a moment is, and when by the clock; where its reader is, nobody knows."""
        left = format_timedelta(max(moment - now, _AT_ONCE), locale=self._locale, threshold=1.5)
        return self.say("moment", time=left, clock=moment.astimezone(UTC).strftime("%H:%M"))

    def date(self, moment: datetime) -> str:
        """Day and time."""
        return f"{format_datetime(moment.astimezone(UTC), 'medium', locale=self._locale)} UTC"


_UNITS = (("hour", 7200), ("minute", 60), ("second", 1))


_AT_ONCE = timedelta()


class Languages:
    """Every language there is; empty where the pages were never built."""

    def __init__(self) -> None:
        folder = files("race_to_purchase").joinpath("web", "words")
        found = {file.name.removesuffix(".json"): file for file in folder.iterdir()} if folder.is_dir() else {}
        self._by_tag = {tag: _words(found[tag]) for tag in sorted(found, key=lambda tag: (tag != FALLBACK, tag))}

    @property
    def tags(self) -> tuple[str, ...]:
        """Their tags."""
        return tuple(self._by_tag)

    def of(self, query: bytes, headers: Mapping[bytes, bytes]) -> Words:
        """What `?lang=` asks for, else what the browser prefers, else English."""
        asked = parse_qs(query.decode("latin-1")).get("lang", [])
        preferred = _preferred(headers.get(b"accept-language", b"")[:HEADER_BYTES_MAX].decode("latin-1"))
        wanted = (tag.partition("-")[0].lower() for tag in (*asked, *preferred))
        return self._by_tag[next((tag for tag in wanted if tag in self._by_tag), FALLBACK)]


def _words(file: Traversable) -> Words:
    tables: Any = msgspec.json.decode(file.read_bytes(), type=list[Table])
    return Words(file.name.removesuffix(".json"), tables)


def _preferred(header: str) -> list[str]:
    """The tags of Accept-Language, the dearest first; a weight that is none counts as nothing."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weighted.append((-float(parameter.strip().removeprefix("q=") or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighted, key=lambda one: one[0])]
