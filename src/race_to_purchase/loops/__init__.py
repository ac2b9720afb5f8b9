"""Background work, one file a concern, all of one shape: start, stop, tick. See `loop`."""
