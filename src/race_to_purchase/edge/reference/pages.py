"""Hands out the OpenAPI document and the page that shows it.

The page is one response: style and script stand in it, and the content security policy names their digests, so that
nothing else runs there and nothing is fetched but the document beside it.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.reference.document import document
from race_to_purchase.edge.reply import Reply
from race_to_purchase.rules.answers import Answer

CACHE_CONTROL = b"public, max-age=60"


class Reference:
    """Handlers of `/openapi.json` and `/docs`."""

    def __init__(self) -> None:
        self._document = _document()
        self._page = _page()

    async def document(self, call: Call) -> Answer:
        """GET /openapi.json."""
        return self._document

    async def page(self, call: Call) -> Answer:
        """GET /docs."""
        return self._page


# Made when the process starts, so that no request waits for it, and once: it takes a tenth of a second.
@cache
def _document() -> Reply:
    return Reply(200, msgspec.json.encode(document()), cache_control=CACHE_CONTROL)


@cache
def _page() -> Reply:
    style, script = _file("page.css"), _file("page.js")
    page = _file("page.html").replace("/* style */", style).replace("/* script */", script)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = (
        (b"content-security-policy", policy.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    )
    return Reply(
        200, page.encode(), media_type=b"text/html; charset=utf-8", cache_control=CACHE_CONTROL, headers=headers
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")
