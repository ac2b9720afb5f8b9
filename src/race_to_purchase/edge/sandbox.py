"""Where buyers act whose sandbox payment waits for them, as a bank's page would have them do with a real one.

It is mounted only where the sandbox takes payments. Nothing is fetched by the page, and nothing runs in it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import no_such_page
from race_to_purchase.edge.reply import Reply
from race_to_purchase.rules.answers import Answer

Act = Callable[[str], Awaitable[str | None]]
"""Does what the payment of that ref waits for; the state that it is in then, or None where it waits for nothing."""

_REF = re.compile(r"sbx_[!-~]{1,251}")
_HEADERS = ((b"content-security-policy", b"default-src 'none'; form-action 'self'; frame-ancestors 'none'"),)


class SandboxActions:
    """Handlers of `/sandbox/actions/{ref}`."""

    def __init__(self, act: Act) -> None:
        self._act = act

    async def show(self, call: Call) -> Answer:
        """GET: a page with one button."""
        if not _REF.fullmatch(call.path["ref"]):
            return no_such_page()
        return _page("Your bank wants to know that it is you.", '<form method="post"><button>It is me</button></form>')

    async def act(self, call: Call) -> Answer:
        """POST: the button. How it ends is the payment method's own."""
        ref = call.path["ref"]
        state = await self._act(ref) if _REF.fullmatch(ref) else None
        return no_such_page() if state is None else _page(f"The payment is {state}. Go back to the shop.")


def _page(said: str, more: str = "") -> Reply:
    text = f"<!doctype html><title>Sandbox bank</title><p>{said}</p>{more}\n"
    return Reply(200, text.encode(), media_type=b"text/html; charset=utf-8", headers=_HEADERS)
