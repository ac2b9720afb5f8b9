"""Another shop's own page, on an origin of its own, with the components in it and a policy as docs/embed.md says."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OtherShop:
    """A server on the loopback that answers every request with `page`."""

    def __init__(self) -> None:
        self.page = ""
        self.policy = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def sell(self, engine: str, elements: str) -> None:
        """Show these elements from now on."""
        self.policy = (
            f"default-src 'none'; script-src {engine}; connect-src {engine}; worker-src blob:; "
            "style-src 'self'; img-src data:"
        )
        self.page = (
            '<!doctype html><html lang="en"><title>Another shop</title><link rel="icon" href="data:,">'
            f'<script type="module" src="{engine}/assets/race.js"></script><h1>Another shop</h1>{elements}</html>'
        )

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = shop.page.encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-security-policy", shop.policy)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing: the terminal is the test's."""

        return Handler
