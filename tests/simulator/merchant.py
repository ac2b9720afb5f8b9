"""The merchant's side of webhooks: a real server on the loopback that keeps what came and answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

SECRET = "whsec_test_merchant"
WAIT_S = 20


class Merchant:
    """What came, in order: type, object and whether it was genuine; `statuses` are answered first, then 200."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.refused: list[str] = []
        self.bodies: list[tuple[bytes, str]] = []
        self.statuses: list[int] = []
        self.url = ""
        self._lock = threading.Lock()

    def take(self, body: bytes, signature: str) -> int:
        """One message, as a shop would take it: a signature that is not genuine is a 400."""
        with self._lock:
            self.bodies.append((body, signature))
            try:
                event = stripe.Webhook.construct_event(body, signature, SECRET)
            except (ValueError, stripe.SignatureVerificationError) as error:
                self.refused.append(str(error))
                return 400
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 200:
                self.events.append(event)
            return status

    def types(self) -> list[str]:
        """The types of the genuine events that were accepted."""
        with self._lock:
            return [event.type for event in self.events]

    def wait(self, done: Callable[[], object], what: str) -> None:
        """Return once `done()` holds."""
        deadline = time.monotonic() + WAIT_S
        while not done():
            assert time.monotonic() < deadline, f"{what}: {self.types()}, refused {self.refused}"
            time.sleep(0.01)


@contextmanager
def merchant() -> Iterator[Merchant]:
    """A merchant that listens while the block runs."""
    one = Merchant()

    class Handler(BaseHTTPRequestHandler):
        """Hands every POST to the merchant, one after the other on a connection."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """See http.server."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(one.take(body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
