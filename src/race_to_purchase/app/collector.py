"""Tunes Python's garbage collector for a process that serves."""

import gc

OBJECTS_BETWEEN_LOOKS = 50_000


def calm_collector() -> None:
    """Let it look less often, and never again at what is there for good.

    A request makes hundreds of objects and hardly a cycle: looking after every 700 of them took a quarter of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)
