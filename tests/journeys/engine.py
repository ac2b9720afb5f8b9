"""`race serve` as its users run it: a process of its own, on a folder or a database, reached over HTTP."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]  # It ships no types.

from race_to_purchase.app.reachable import FILE, Reachable
from tests.sale import a_sale

STOREFRONT_KEY = "storefront-key-of-the-journeys"
ADMIN_KEY = "admin-key-of-the-journeys"
START_S_MAX = 60.0
QUICK = {"RACE_GATEWAY_TIMEOUT_S": "1", "RACE_TAKEOVER_S": "1.5", "RACE_ANSWER_WAIT_S": "5"}
"""So that what a killed process leaves is taken over while the test still waits."""


PORTS = range(15_000, 32_000)
"""Below those that the kernel deals out: no connection of anybody's takes one of ours between two starts."""


def free_port(number: int = 1) -> int:
    """The first of so many ports in a row, all free a moment ago; they stay so through restarts."""
    while True:
        port = random.choice(PORTS)
        try:
            for offset in range(number):
                with socket.socket() as probing:
                    probing.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return port


class Engine:
    """One `race serve`, as often as it is started. Its log is in `log`; `settings` are environment variables."""

    def __init__(self, folder: Path, *, workers: int = 1, **settings: str) -> None:
        self.data = folder / "data"
        self.log = folder / "serve.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RACE_")}
        self.environment = {
            **inherited,
            "RACE_DATA_DIR": str(self.data),
            "RACE_PORT": str(self.port),
            "RACE_WORKERS": str(workers),
            "RACE_STOREFRONT_KEYS": f"shop:{STOREFRONT_KEY}",
            "RACE_ADMIN_KEYS": f"ops:{ADMIN_KEY}",
            "RACE_LOG": "json",
            **QUICK,
            **settings,
        }

    def launch(self, *options: str) -> subprocess.Popen[bytes]:
        """Start it, and return before it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "race_to_purchase.cli", "serve", *options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self.process

    def start(self, *options: str) -> None:
        """Start it, and return once it answers; a killed one's workers may still do so for a moment."""
        before = self.greetings()
        process = self.launch(*options)
        self.until(lambda: process.poll() is not None or (self.greetings() > before and self.answers()))
        assert process.poll() is None, f"it did not start: {self.told()}"

    def refused(self, *options: str) -> tuple[int, str]:
        """Exit status and what was said by a start that cannot succeed."""
        status = self.launch(*options).wait(START_S_MAX)
        return status, self.told()

    def terminal(self, *words: str) -> str:
        """What a command of the terminal prints, that asks this engine."""
        command = [sys.executable, "-m", "race_to_purchase.cli", *words, "--url", self.url, "--admin-key", ADMIN_KEY]
        wide = {**self.environment, "COLUMNS": "200"}
        ran = subprocess.run(command, env=wide, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def answers(self, path: str = "/readyz") -> bool:
        """Whether it serves."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=3) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def put(self, drop_id: str = "aurora", **changes: object) -> None:
        """Open the sample sale in it."""
        body = msgspec.json.encode(a_sale(id=drop_id, **changes))
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/v1/admin/drops/{drop_id}", body, headers, method="PUT")
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status in (200, 201)

    @property
    def dsn(self) -> str:
        """Of the embedded database, as long as it is served."""
        reachable = msgspec.json.decode((self.data / FILE).read_bytes(), type=Reachable)
        assert reachable.dsn
        return reachable.dsn

    @property
    def postmaster(self) -> int | None:
        """Pid of the embedded PostgreSQL; None while there is none."""
        for file in self.data.rglob("postmaster.pid"):
            with suppress(OSError, ValueError, IndexError):
                return int(file.read_text().split()[0])
        return None

    def workers(self) -> list[psutil.Process]:
        """The processes that answer, where there are several."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "race_to_purchase.app.worker" in " ".join(child.cmdline())]

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """Ask it to stop, and wait until it has; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def end(self) -> None:
        """Whatever state it is in, leave nothing running: what a killed one left behind is ended by a next one."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.terminate()
        elif self.postmaster is not None:
            self.start()
            self.terminate()

    def told(self) -> str:
        """Everything it has written."""
        return self.log.read_text(encoding="utf-8")

    def greetings(self) -> int:
        """How often it has said that it serves."""
        return self.told().count(f" serves at {self.url}") if self.log.exists() else 0

    def logged(self, message: str) -> list[dict[str, object]]:
        """Lines of its log that hold `message`."""
        return [json.loads(line) for line in self.told().splitlines() if line.startswith("{") and message in line]

    def until(self, condition: Callable[[], object], seconds: float = START_S_MAX) -> None:
        """Wait for `condition`; a test that waits longer than any machine needs shows the log."""
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, self.told()[-4000:]
            time.sleep(0.05)


def pause_and_go(pid: int) -> None:
    """Let a stopped process go on, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


Headers = Mapping[str, str]


def storefront(key: str = "") -> dict[str, str]:
    """What a storefront sends along."""
    headers = {"Authorization": f"Bearer {STOREFRONT_KEY}", "Content-Type": "application/json"}
    return headers | ({"Idempotency-Key": key} if key else {})
