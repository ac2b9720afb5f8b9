"""Somebody who reads what a demo prints, opens the console that it names, and watches the sale there."""

from __future__ import annotations

import io
import json
import re
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from threading import Thread
from typing import Any

LOOK_EVERY_S = 0.2


class Onlooker(io.StringIO):
    """What a demo prints to; `sold` is what was seen of the sale, look by look."""

    def __init__(self) -> None:
        super().__init__()
        self.sold: list[int] = []
        self.name = ""
        self._thread: Thread | None = None

    def write(self, text: str) -> int:
        """Take what is printed; as soon as it says how to get in, go in."""
        written = super().write(text)
        if self._thread is None:
            found = re.search(r"Watch the sale at (\S+)/console\n.*sign in with (\S+)\n", self.getvalue())
            if found:
                self._thread = Thread(target=self._watch, args=found.groups(), daemon=True)
                self._thread.start()
        return written

    def leave(self) -> None:
        """Wait until they have gone, since the demo is over."""
        assert self._thread is not None, "it was never said how to get in"
        self._thread.join(30)

    def _watch(self, url: str, key: str) -> None:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

        def ask(path: str, body: Any = None) -> Any:
            content = None if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            with browser.open(urllib.request.Request(url + path, content, headers), timeout=10) as response:
                return json.loads(response.read())

        try:
            self.name = ask("/v1/admin/session", {"key": key})["name"]
            while not (drops := ask("/v1/admin/drops")["drops"]):
                time.sleep(LOOK_EVERY_S)
            drop = drops[0]["definition"]["id"]
            while True:
                self.sold.append(ask(f"/v1/admin/console/drops/{drop}")["sold"])
                time.sleep(LOOK_EVERY_S)
        except OSError:  # The demo is over, and its server is gone.
            return
