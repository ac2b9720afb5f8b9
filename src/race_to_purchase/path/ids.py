"""Ids of what the path makes."""

from __future__ import annotations

import uuid_utils


def uuid7() -> str:
    """A new id; ids of one moment are neighbours in an index."""
    return str(uuid_utils.uuid7())
