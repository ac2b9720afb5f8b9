"""What follows an order: refunds, for storefront and operator; disputes and evidence, for the operator."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import no_such, not_for_buyers
from race_to_purchase.edge.shapes import NewRefund, OrderRefunds
from race_to_purchase.operate.disputes import DisputeDesk
from race_to_purchase.path.refund import RefundRequest, Refunds
from race_to_purchase.rules.answers import Answer, answer

NEW_REFUND = msgspec.json.Decoder(NewRefund)

_encode = msgspec.json.Encoder().encode


class Aftersale:
    """Handlers of `/v1/orders/{id}/refunds`, `/v1/orders/{id}/evidence` and `/v1/admin/disputes`."""

    def __init__(self, refunds: Refunds, desk: DisputeDesk) -> None:
        self._refunds = refunds
        self._desk = desk

    async def refund(self, call: Call) -> Answer:
        """POST /v1/orders/{id}/refunds."""
        if call.buyer is not None:
            raise not_for_buyers()
        order_id = call.id("order")
        wanted = call.decoded(NEW_REFUND)
        key, principal = call.key_use(order_id), call.principal
        assert key is not None and principal is not None
        wish = RefundRequest(order_id, wanted.amount, wanted.reason, wanted.restock, principal.name)
        return answer(await self._refunds.request(wish, key))

    async def refunds(self, call: Call) -> Answer:
        """GET /v1/orders/{id}/refunds."""
        found = await self._desk.evidence(call.id("order"))
        if found is None or call.buyer not in (None, found.buyer):
            raise no_such("order")
        payment = found.payment
        left = payment.captured - payment.lost - sum(row.amount for row in found.refunds if row.state != "failed")
        return Answer(200, _encode(OrderRefunds(found.refunds, payment.captured, payment.refunded, left)))

    async def evidence(self, call: Call) -> Answer:
        """GET /v1/orders/{id}/evidence."""
        found = await self._desk.evidence(call.id("order"))
        if found is None:
            raise no_such("order")
        return Answer(200, _encode(found))

    async def disputes(self, call: Call) -> Answer:
        """GET /v1/admin/disputes."""
        return Answer(200, _encode(await self._desk.open()))
