"""The other side of a third party's challenge: what it answers the engine, and what its script does in a browser.

The script is served by the test in the place of theirs, from their address, so that the page's policy has to allow it.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

from playwright.sync_api import Page, Route

from tests.journeys.engine import Engine

Name = Literal["turnstile", "hcaptcha"]

ORIGINS: dict[Name, str] = {"turnstile": "https://challenges.cloudflare.com", "hcaptcha": "https://js.hcaptcha.com"}
FRAMES: dict[Name, str] = {"turnstile": ORIGINS["turnstile"], "hcaptcha": "https://newassets.hcaptcha.com"}
HEIGHTS_PX: dict[Name, int] = {"turnstile": 65, "hcaptcha": 78}

SCRIPT = """
window.%(name)s = {
  render(into, options) {
    window.rendered = {...options, ofPage: document.body.contains(into)};
    const frame = document.createElement("iframe");
    frame.title = "Check";
    frame.height = %(height)d;
    frame.src = "%(frame)s/frame.html";
    into.append(frame);
    window.solve = () => options.callback("token-" + ++window.solved);
    addEventListener("message", ({data}) => data === "solved" && window.solve());
    return "the-widget";
  },
  reset(id) { window.resets.push(id); },
  remove(id) { window.removed = id; },
};
window.solved ??= 0;
window.resets ??= [];
"""

FRAME = """<!doctype html><html lang="en"><title>Check</title><main><h1 hidden>Check</h1>
<button onclick="parent.postMessage('solved', '*')">I am a person</button></main>"""

PATCH = """
from race_to_purchase.edge.challenge import elsewhere
elsewhere.KINDS.update(dict.fromkeys(elsewhere.KINDS, {url!r}))
"""


class Provider:
    """One that finds every token good that is not in `bad`; `asked` are the forms that it was sent."""

    def __init__(self, name: Name) -> None:
        self.name: Name = name
        self.asked: list[dict[str, str]] = []
        self.bad: set[str] = set()
        provider = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """What `siteverify` says."""
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                form = {key: values[0] for key, values in parse_qs(body).items()}
                provider.asked.append(form)
                told = json.dumps({"success": form["response"] not in provider.bad}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Nothing is told."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settings(self, folder: Path) -> dict[str, str]:
        """What makes an engine ask here, and ask everybody on this machine for it."""
        (folder / "sitecustomize.py").write_text(PATCH.format(url=f"http://127.0.0.1:{self._server.server_port}/"))
        networks = folder / "datacentres"
        networks.write_text("127.0.0.0/8\n")
        for file in folder.iterdir():
            file.chmod(0o644)
        return {
            "PYTHONPATH": str(folder),
            "RACE_CHALLENGE_DATACENTRES": str(networks),
            f"RACE_{self.name.upper()}": "the-site-key:the-secret",
        }

    def serve(self, page: Page) -> list[str]:
        """Stand in for them before this page; what it was asked for."""
        fetched: list[str] = []

        def answer(route: Route) -> None:
            url = route.request.url
            fetched.append(url)
            if url.endswith("frame.html"):
                route.fulfill(body=FRAME, content_type="text/html")
            else:
                body = SCRIPT % {"name": self.name, "frame": FRAMES[self.name], "height": HEIGHTS_PX[self.name]}
                route.fulfill(body=body, content_type="text/javascript")

        for origin in {ORIGINS[self.name], FRAMES[self.name]}:
            page.route(f"{origin}/**", answer)
        return fetched

    def holds(self, page: Page, *, fail: bool = False) -> Callable[[], None]:
        """Keep this page waiting for their script, until what is returned is called: then it comes, or does not."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        def come() -> None:
            page.unroute(pattern, hold)
            for route in held:
                if fail:
                    route.abort()
                else:
                    route.fallback()

        pattern = f"{ORIGINS[self.name]}/**"
        page.route(pattern, hold)
        return come

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def asking(provider: Provider, **more: str) -> Iterator[Engine]:
    """A server that asks everybody for what `provider` checks."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        settings = Path(folder) / "provider"
        settings.mkdir(mode=0o755)
        running = Engine(Path(folder), RACE_GUARD_LOG_ONLY="limits", **more, **provider.settings(settings))
        running.start()
        yield running
        running.end()
