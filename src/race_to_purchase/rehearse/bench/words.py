"""How figures are written."""

from __future__ import annotations


def amount(value: float) -> str:
    """A figure with as many digits as are worth reading."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
