"""A browser, as far as it matters who asks: it keeps the cookie, and says from which page it is asking."""

from __future__ import annotations

from typing import Any

from tests.edge.shop import Server
from tests.edge.wire import Client, Response


class Browser:
    """One buyer's. `csrf` is what the page was told last, and is sent with everything that changes something."""

    def __init__(self, server: Server) -> None:
        self.client = Client(server.port)
        self.origin = f"http://127.0.0.1:{server.port}"
        self.cookie: str | None = None
        self.csrf: str | None = None
        self.buyer: Any = None

    def open(self, **headers: str | None) -> Response:
        """What a page does first: ask for the session."""
        return self._took(self.ask("POST", "/v1/session", **headers))

    def sign_in(self, token: str, **headers: str | None) -> Response:
        """What the shop's page does once its customer has signed in there."""
        return self._took(self.ask("POST", "/v1/session/sign-in", {"token": token}, **headers))

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> Response:
        """One request of the page; headers as `Client.ask` takes them."""
        sent: dict[str, str | None] = {"cookie": self.cookie and f"race_session={self.cookie}"}
        if method != "GET":
            sent |= {"origin": self.origin, "sec-fetch-site": "same-origin", "race-csrf": self.csrf}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.ask(method, path, body, **{**sent, **given})

    def _took(self, answer: Response) -> Response:
        if answer.status == 201:
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            assert name == "race_session"
            self.cookie, self.csrf, self.buyer = value, answer.json["csrf"], answer.json["buyer"]
        return answer

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *exit_: object) -> None:
        self.client.__exit__(*exit_)
