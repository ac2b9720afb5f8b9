"""The bank's page for a payment that asks for authentication: two buttons, and the way back to the shop."""

from __future__ import annotations

from html import escape
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from race_to_purchase.gateways.simulator.core import Gateway
from race_to_purchase.gateways.simulator.fate import finish_payment
from race_to_purchase.gateways.simulator.objects import PaymentIntent
from race_to_purchase.gateways.simulator.refusals import Refused

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Test bank</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem }}
  button {{ font: inherit; padding: .6rem 1.2rem; margin: .5rem .5rem 0 0 }}
</style>
<h1>Test bank</h1>
<p>{text}</p>
{form}
</html>
"""
_FORM = """<form method="post">
  <button name="outcome" value="succeeded">Complete</button>
  <button name="outcome" value="failed">Fail</button>
</form>"""


class Page:
    """Shows the page and takes the buyer's answer."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def show(self, request: Request) -> Response:
        """The question, where one is open."""
        intent = await self._intent(request)
        if intent is None:
            return HTMLResponse(_PAGE.format(text="There is no such payment.", form=""), 404)
        if intent.status != "requires_action":
            return HTMLResponse(_PAGE.format(text="This payment asks for nothing.", form=""))
        amount = f"{intent.amount} minor units of {escape(intent.currency.upper())}"
        return HTMLResponse(_PAGE.format(text=f"Do you agree to pay {amount}?", form=_FORM))

    async def answer(self, request: Request) -> Response:
        """What the buyer said; then back to the shop, as Stripe sends buyers back."""
        intent = await self._intent(request)
        if intent is None or intent.status != "requires_action":
            return await self.show(request)
        back = ((intent.next_action or {}).get("redirect_to_url") or {}).get("return_url")
        said = dict(parse_qsl((await request.body()).decode("ascii", "replace"))).get("outcome")
        outcome: Literal["succeeded", "failed"] = "succeeded" if said == "succeeded" else "failed"
        try:
            intent = await finish_payment(self._gateway, intent.id, outcome)
        except Refused:
            return await self.show(request)
        if back is None:
            return HTMLResponse(_PAGE.format(text="Done. You may close this page.", form=""))
        ended = "succeeded" if intent.status in ("succeeded", "requires_capture", "processing") else "failed"
        return RedirectResponse(_with_result(back, intent, ended), 303)

    async def _intent(self, request: Request) -> PaymentIntent | None:
        name = request.path_params["id"]
        return await self._gateway.transact(lambda unit: unit.books.find(PaymentIntent, name))


def _with_result(address: str, intent: PaymentIntent, ended: str) -> str:
    """The shop's address with what became of the payment in its query."""
    parts = urlsplit(address)
    result = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": ended,
    }
    query = "&".join(part for part in (parts.query, urlencode(result)) if part)
    return urlunsplit(parts._replace(query=query))
