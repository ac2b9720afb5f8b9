"""Writes messages of a child process to standard output, each of them whole.

With PYTHONUNBUFFERED, which containers like to set, `sys.stdout.buffer` has no buffer, and its `write` may take a part
of what it is given and leave the rest to whoever calls it: whenever a signal comes while a full pipe is waited for.
"""

from __future__ import annotations

import sys


def tell_parent(data: bytes) -> None:
    """Write it all, and at once."""
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        out.write(data)
