"""How the parts of a simulated world name the whole, and each other where both ways are needed.

The world is made of its parts and hands itself to them; a precise type here would be a circle of imports.
"""

from typing import Any

World = Any
"""`world.World`."""

Process = Any
"""`process.Process`, for the parts that a process is made of."""

Rest = Any
"""`rest.Rest`."""

Monkey = Any
"""`monkey.Monkey`."""
