"""The sandbox's page for payments that wait for their buyer, where a real gateway has the page of a bank.

It is mounted only where the sandbox takes payments. Nothing is fetched by the page, and nothing runs in it. `?return=`
is the address of the shop that the buyer is sent back to, as a bank would know it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from html import escape
from urllib.parse import parse_qs

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import no_such_page
from race_to_purchase.edge.reply import Reply
from race_to_purchase.rules.answers import Answer

Act = Callable[[str], Awaitable[str | None]]
"""Does what the payment of that ref waits for; the state that it is in then, or None where it waits for nothing."""

_REF = re.compile(r"sbx_[!-~]{1,251}")
_BACK = re.compile(r"(?:https?://|/(?![/\\]))[!-~]{1,2000}")
_STYLE = """
:root{color-scheme:light dark;font:1.0625rem/1.5 ui-sans-serif,system-ui,sans-serif}
body{max-width:26rem;margin:18vh auto 0;padding:0 1.25rem}
h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.02em}
button,a{display:block;box-sizing:border-box;width:100%;padding:.9rem;margin-top:1.5rem;border:0;border-radius:14px;
background:CanvasText;color:Canvas;font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
"""
_POLICY = "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; frame-ancestors 'none'".format(
    b64encode(sha256(_STYLE.encode()).digest()).decode("ascii")
)
_HEADERS = ((b"content-security-policy", _POLICY.encode("ascii")),)


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
        if state is None:
            return no_such_page()
        return _page(f"The payment is {state}.", _way_back(call))


def _way_back(call: Call) -> str:
    """A link to the shop, where the buyer came with its address."""
    back = parse_qs(call.query.decode("latin-1")).get("return", [""])[-1]
    if not _BACK.fullmatch(back):
        return "<p>Go back to the shop.</p>"
    return f'<a href="{escape(back)}">Go back to the shop</a>'


def _page(said: str, more: str) -> Reply:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox bank</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><main><h1>{said}</h1><p>This is a sandbox: no money moves.</p>{more}</main></html>\n"
    )
    return Reply(200, text.encode(), media_type=b"text/html; charset=utf-8", headers=_HEADERS)
