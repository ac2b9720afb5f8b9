"""Tunes Python's garbage collector for a process that serves."""

import gc

OBJECTS_BETWEEN_LOOKS = 200_000
"""More than 512 purchases under way make: those, it need not look through. So many objects take some 30 MB."""


def calm_collector() -> None:
    """Let it look less often, and never again at what is there for good.

    A request makes hundreds of objects and no cycle: looking after every 700 of them took a quarter of the time, and
    after every 50,000 it stopped everybody for 40 ms, every few seconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)
