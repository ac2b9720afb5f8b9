"""GET /metrics, for Prometheus. Each process has its own numbers, so a port that several share has none.

Anybody who reaches a worker's own port may ask there; on the port of the shop it takes an admin key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import Refused, no_such_page
from race_to_purchase.edge.reply import Reply, request_id, tell
from race_to_purchase.rules.answers import Answer, problem

TEXT = b"text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = b"application/openmetrics-text; version=1.0.0; charset=utf-8"

Scrape = Callable[[bytes], Awaitable[bytes]]
"""The metrics of this process, in one of the two forms above."""


class Metrics:
    """Handler of `/metrics`. `scrape` is None where there are no metrics; `elsewhere` has the addresses of all
    processes where several answer on this port, and is None where only one does."""

    def __init__(self, scrape: Scrape | None, elsewhere: Sequence[str] | None = None) -> None:
        self._scrape = scrape
        self._elsewhere = elsewhere

    async def show(self, call: Call) -> Answer:
        """GET /metrics, on the port of the shop."""
        if self._elsewhere is not None and self._scrape is not None:
            raise Refused(_elsewhere(self._elsewhere))
        return await self.written(call.headers.get(b"accept", b""))

    async def written(self, accept: bytes) -> Answer:
        """In the form that is asked for; OpenMetrics has exemplars."""
        if self._scrape is None:
            return problem(404, "metrics_off", "No metrics", "This process counts nothing: RACE_METRICS is false.")
        form = OPENMETRICS if b"application/openmetrics-text" in accept else TEXT
        return Reply(200, await self._scrape(form), media_type=form)


def metrics_app(metrics: Metrics) -> ASGIApp:
    """The application of a worker's own port: that page and no other."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if scope["type"] == "http" and scope["path"] == "/metrics" and scope["method"] in ("GET", "HEAD"):
            answer = await metrics.written(headers.get(b"accept", b""))
        else:
            answer = no_such_page()
        await tell(send, answer, request_id(headers))

    return app


def _elsewhere(addresses: Sequence[str]) -> Answer:
    where = f"Ask each of them: {', '.join(addresses)}." if addresses else "Set RACE_METRICS_PORT to give each a port."
    detail = f"Several processes answer on this port, and each has its own metrics. {where}"
    return problem(404, "metrics_elsewhere", "Metrics are elsewhere", detail, addresses=list(addresses))
