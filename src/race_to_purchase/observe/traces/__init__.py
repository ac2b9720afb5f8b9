"""Traces: a sink of events that makes few spans of them, and sends those of the traces that are worth keeping."""
