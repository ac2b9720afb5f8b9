"""What stands before every endpoint: it knows where a request comes from."""

from __future__ import annotations

from starlette.types import Scope

from race_to_purchase.edge.guard.address import Origin, Proxies


class Gate:
    """One for the whole process."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies

    def origin(self, scope: Scope) -> Origin:
        """Where this request comes from."""
        client = scope.get("client")
        return self._proxies.of(client[0] if client else None, scope["headers"])
