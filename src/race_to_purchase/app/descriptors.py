"""File descriptors: raises this process's limit, and says how many connections of clients that leaves."""

from __future__ import annotations

import logging

log = logging.getLogger("race.worker")

OURS = 200
"""Descriptors that a process needs beside its clients' connections: database, gateways, files."""

NOTED_BELOW = 0.5
"""Share of the connections wanted below which the difference is told: nobody misses a few of twenty thousand."""


def clients_max(wanted: int) -> int:
    """Raise the limit as far as is allowed; how many connections of clients it leaves, at most as many as wanted."""
    try:
        import resource
    except ImportError:  # Windows has no such limit.
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OURS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft != resource.RLIM_INFINITY and soft < needed:
        left = max(16, soft - OURS)
        if left < wanted * NOTED_BELOW:
            log.warning(
                "the system allows this process %d files (ulimit -Hn), so %d connections of clients at most", soft, left
            )
        return left
    return wanted
