"""Prometheus, Alertmanager and somebody on call: real programs, on the files that `race slo rules` writes."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from race_to_purchase.app.commands.slo import Addresses, write_rules
from race_to_purchase.observe.slo.objectives import Slo
from tests.journeys.engine import free_port
from tests.programs import require_program


class OnCall:
    """Receives what Alertmanager sends: `told` has the receiver, the alert's name and the alert, `messages` counts."""

    def __init__(self, port: int = 0) -> None:
        told: list[tuple[str, str, dict[str, Any]]] = []
        self.messages = 0
        on_call = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                on_call.messages += 1
                told.extend(
                    (self.path.strip("/"), alert["labels"]["alertname"], alert)
                    for alert in message["alerts"]
                    if alert["status"] == "firing"
                )
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.told = told
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def names(self, drop: str = "") -> set[tuple[str, str]]:
        """Who was told of what, of one drop or of all."""
        return {(receiver, name) for receiver, name, alert in self.told if drop in ("", alert["labels"].get("drop"))}

    def close(self) -> None:
        """Not to be reached any more."""
        self.server.shutdown()
        self.server.server_close()


class Monitoring:
    """A running Prometheus, asked by its own API."""

    def __init__(self, url: str, on_call: OnCall) -> None:
        self.url = url
        self.on_call = on_call

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The instant vector of a query; every error is an error."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=20).json()
        assert answer["status"] == "success", answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def until(self, query: str, seconds: float = 60.0) -> list[dict[str, Any]]:
        """What the query finds, once it finds something."""
        give_up_at = time.monotonic() + seconds
        while not (found := self.ask(query)):
            assert time.monotonic() < give_up_at, f"{query} finds nothing"
            time.sleep(0.5)
        return found


@contextmanager
def monitored(folder: Path, slo: Slo, processes: list[str]) -> Iterator[Monitoring]:
    """Both programs on the files of `race slo rules`, scraping these processes, until the end of the block."""
    prometheus, alertmanager = require_program("prometheus"), require_program("prometheus-alertmanager")
    on_call, port, alerts_port = OnCall(), free_port(), free_port()
    addresses = Addresses(f"{on_call.url}/page", f"{on_call.url}/ticket", processes, f"127.0.0.1:{alerts_port}")
    write_rules(slo, folder, addresses)
    commands = [
        [
            alertmanager,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alerts'}",
            f"--web.listen-address=127.0.0.1:{alerts_port}",
            "--cluster.listen-address=",
        ],
        [
            prometheus,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'series'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
        ],
    ]
    with (folder / "monitoring.log").open("wb") as log:
        running = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
        try:
            made = Monitoring(f"http://127.0.0.1:{port}", on_call)
            ready(made.url, f"http://127.0.0.1:{alerts_port}")
            yield made
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(30)
            on_call.close()


def ready(*urls: str) -> None:
    """Wait until these programs say that they are."""
    give_up_at = time.monotonic() + 60
    for url in urls:
        while True:
            with suppress(requests.RequestException):
                if requests.get(f"{url}/-/ready", timeout=5).status_code == 200:
                    break
            assert time.monotonic() < give_up_at, f"{url} does not become ready"
            time.sleep(0.2)
