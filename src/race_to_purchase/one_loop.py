"""What belongs to one event loop, and asks for it once: asking is a call of the system until Python 3.12."""

from __future__ import annotations

import asyncio
from functools import cached_property


class OneLoop:
    """To be derived from by whatever is used by tasks of a single loop."""

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()
