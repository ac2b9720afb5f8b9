"""Wiring: the only place that knows every adapter. `engine` builds one process, `serve` runs one or several."""
