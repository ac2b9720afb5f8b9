"""Which HTTP request the current task works for; empty for loops."""

from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
