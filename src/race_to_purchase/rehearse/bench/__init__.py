"""The measurements: side by side in one run, each load in a process of its own."""
