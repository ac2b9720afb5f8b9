"""Cross-origin requests (CORS): the shop's own pages may ask for their buyers, cookies included, and read the answers.

It is made only where origins are configured. What no page asks for, such as what operators do, has none of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.reply import Header, Reply

Headers = Mapping[bytes, bytes]

PREFLIGHT_S = 7200
"""How long a browser need not ask again; none keeps it for longer."""

_ASKED = b", ".join(
    (
        *(b"authorization", b"content-type", b"idempotency-key", b"if-match", b"race-buyer", b"race-challenge"),
        *(b"race-csrf", b"race-device", b"race-pass", b"x-request-id"),
    )
)
_READ = b"etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-request-id"
_VARY: Header = (b"vary", b"origin")


def open_to_pages(path: str) -> bool:
    """Whether a browser's page has any business at a path."""
    return path.startswith("/v1/") and not path.startswith(("/v1/admin/", "/v1/webhooks/"))


class Cors:
    """What is told to the pages of `origins`, and to no others."""

    def __init__(self, origins: Origins) -> None:
        self._allowed = origins.allowed

    def told(self, headers: Headers) -> tuple[Header, ...]:
        """The headers of an answer. Each answer says that it depends on the origin, so that no cache mixes them up."""
        origin = headers.get(b"origin")
        if origin is None or origin not in self._allowed:
            return (_VARY,)
        return (
            _VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _READ),
            (b"timing-allow-origin", origin),
        )

    def preflight(self, headers: Headers, methods: str) -> Reply | None:
        """What a browser wants to know before it asks for a page of the shop; None for whoever else asks OPTIONS."""
        if headers.get(b"origin") not in self._allowed or b"access-control-request-method" not in headers:
            return None
        return Reply(
            204,
            b"",
            headers=(
                (b"access-control-allow-methods", methods.encode("ascii")),
                (b"access-control-allow-headers", _ASKED),
                (b"access-control-max-age", b"%d" % PREFLIGHT_S),
            ),
        )
