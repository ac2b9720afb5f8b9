"""How figures are written for people."""

from __future__ import annotations

from datetime import UTC, datetime

from race_to_purchase.observe.measures import Measure
from race_to_purchase.rules.money import decimal


def share(value: float | None, digits: int = 1) -> str:
    """A share as a percentage; a dash where it is not known."""
    return "–" if value is None else f"{value * 100:.{digits}f}%"


def took(milliseconds: float | None) -> str:
    """A duration in the unit that fits."""
    if milliseconds is None:
        return "–"
    if milliseconds >= 10_000:
        return span(milliseconds / 1000)
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.2f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def span(seconds: float) -> str:
    """Seconds as people say them."""
    if abs(seconds) < 60:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes, rest = divmod(round(abs(seconds)), 60)
    sign = "−" if seconds < 0 else ""
    if minutes < 60:
        return f"{sign}{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours} h {minutes:02} min" if hours < 48 else f"{sign}{hours // 24} d {hours % 24} h"


def clock(seconds: float) -> str:
    """A moment of the sale's clock."""
    return f"+{span(seconds)}" if seconds >= 0 else f"−{span(-seconds)}"


def money(amounts: dict[str, int]) -> str:
    """Amounts of several currencies; a dash where there is none."""
    return " · ".join(amount(minor, currency) for currency, minor in amounts.items()) or "–"


def headline(amounts: dict[str, int]) -> str:
    """The same where there is little room: what is whole has no digits after the point."""
    return " · ".join(amount(minor, currency).replace(".00 ", " ") for currency, minor in amounts.items()) or "–"


def amount(minor: int, currency: str) -> str:
    """An amount with its thousands apart."""
    whole, dot, rest = decimal(abs(minor), currency).partition(".")
    return f"{'−' if minor < 0 else ''}{int(whole):,}{dot}{rest} {currency}"


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC".lstrip("0")


def measured(measure: Measure) -> str:
    """The value of a measure in its unit."""
    value = measure.value
    if value is None:
        return "not measured"
    if measure.unit == "%":
        return share(value, 2)
    if measure.unit == "ms":
        return took(value)
    number = f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.2f}"
    return f"{number}{'' if measure.unit.startswith('/') else ' '}{measure.unit}".strip()
