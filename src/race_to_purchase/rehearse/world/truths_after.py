"""What must be true of refunds and disputes after every COMMIT; see `truths`."""

from __future__ import annotations

from race_to_purchase.app.in_memory import Rows
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.reaching import reaching
from race_to_purchase.rules.aftersale import DISPUTE, REFUND, REFUND_OPEN, DisputeRow, RefundRow
from race_to_purchase.rules.snapshot import AftersaleTables

REFUNDS_REACH = reaching(REFUND)
DISPUTES_REACH = reaching(DISPUTE)


class AfterTruths:
    """Watches what follows the orders of one world."""

    def __init__(self, world: World, rows: Rows) -> None:
        self._violated = world.violated
        self._rows = rows
        self._refunds: dict[tuple[str, int], RefundRow] = {}
        self._disputes: dict[tuple[str, str], DisputeRow] = {}

    def committed(self, after: AftersaleTables) -> None:
        """After a COMMIT: only what it changed is looked at."""
        for name in after.refunds.changed:
            self._refund(name, self._rows.refunds[name])
        for key in after.disputes.changed:
            self._dispute(key, self._rows.disputes[key])
        for order_id in {*after.guards.changed, *(order_id for order_id, _ in after.refunds.changed)}:
            self._amounts(order_id)

    def _refund(self, name: tuple[str, int], row: RefundRow) -> None:
        before = self._refunds.get(name)
        self._refunds[name] = row
        if before is None:
            mine = [each for each in self._disputes.values() if each.order_id == row.order_id]
            if any(each.state == "open" for each in mine):
                self._violated("refunded_while_disputed", row.order_id, f"refund {row.n} of {row.amount}")
        elif row.state not in REFUNDS_REACH[before.state]:
            self._violated("illegal_transition", row.order_id, f"refund {row.n}: {before.state} became {row.state}")
        elif (before.id, before.amount, before.payment_ref) != (row.id, row.amount, row.payment_ref):
            self._violated("request_changed", row.order_id, "what is stored of a refund never changes")

    def _dispute(self, key: tuple[str, str], row: DisputeRow) -> None:
        before = self._disputes.get(key)
        self._disputes[key] = row
        if before is not None and row.state not in DISPUTES_REACH[before.state]:
            self._violated("illegal_transition", row.order_id, f"dispute {row.id}: {before.state} became {row.state}")

    def _amounts(self, order_id: str) -> None:
        """Refunds and lost disputes together never take more than the order was."""
        refunds = [row for row in self._refunds.values() if row.order_id == order_id]
        given = sum(row.amount for row in refunds if row.state in REFUND_OPEN or row.state == "done")
        lost = sum(row.lost for row in self._disputes.values() if row.order_id == order_id)
        order = self._rows.orders.get(order_id)
        if given + lost > (order.amount if order is not None else 0):
            self._violated("given_back_too_much", order_id, f"{given} refunded and {lost} lost of {order}")
