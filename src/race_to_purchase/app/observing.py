"""Which sinks a process has: what is derived from its events, and where that goes."""

from __future__ import annotations

from contextlib import ExitStack

from race_to_purchase.observe import logs
from race_to_purchase.observe.events import subscribe
from race_to_purchase.settings import Settings


def observe(settings: Settings) -> ExitStack:
    """Register the sinks; closing what is returned takes them away."""
    sinks = ExitStack()
    sinks.callback(subscribe(logs.write, *logs.logged(settings.log_level)))
    return sinks
