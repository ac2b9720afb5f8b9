"""The checks about refunds and disputes, answered from rows in memory; see `rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from race_to_purchase.app.in_memory import Rows
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Payment
from race_to_purchase.rules.aftersale import REFUND_OPEN, Refundable
from race_to_purchase.rules.rows import task_id

Found = Iterator[Sequence[Any]]

_NOTHING = Refundable("", "", 0)


class AfterRows:
    """The part of `MemoryRows` that looks behind the order."""

    _world: World
    _rows: Rows
    _payments: Mapping[str, Payment]

    def _given_back_too_much(self, *_: Any) -> Found:
        for guard in self._rows.guards.values():
            order = self._rows.orders.get(guard.order_id)
            taken = guard.refunded + guard.pending + guard.lost
            if taken > min(guard.captured, order.amount if order is not None else 0):
                yield guard.order_id, f"{guard}", taken - guard.captured

    def _guard_differs(self, *_: Any) -> Found:
        refunds, disputes = self._rows.refunds.values(), self._rows.disputes.values()
        followed = {*self._rows.guards, *(row.order_id for row in refunds), *(row.order_id for row in disputes)}
        for order_id in sorted(followed):
            guard = self._rows.guards.get(order_id, _NOTHING)
            mine = [row for row in refunds if row.order_id == order_id]
            against = [row for row in disputes if row.order_id == order_id]
            counted = (
                sum(row.amount for row in mine if row.state in REFUND_OPEN),
                sum(row.amount for row in mine if row.state == "done"),
                sum(row.lost for row in against),
                sum(row.state == "open" for row in against),
            )
            if (guard.pending, guard.refunded, guard.lost, guard.disputes) != counted:
                yield order_id, f"{guard}, counted {counted}", 1

    def _refunded_order_stands(self, *_: Any) -> Found:
        for guard in self._rows.guards.values():
            state = self._rows.checkouts[guard.order_id].state
            if guard.captured and guard.refunded == guard.captured and state not in ("refunded", "returned"):
                yield guard.order_id, f"checkout is {state}", guard.refunded

    def _refund_without_task(self, *_: Any) -> Found:
        for row in self._rows.refunds.values():
            if row.state in REFUND_OPEN and task_id(row.order_id, row.n, "refund") not in self._rows.tasks:
                yield f"{row.order_id}/{row.n}", f"refund is {row.state}", row.amount

    def _refund_undecided(self, _after: str, _until: str, patience_s: float) -> Found:
        before = self._world.database.now() - timedelta(seconds=patience_s)
        for row in self._rows.refunds.values():
            if row.state in ("requested", "unknown") and row.asked_at < before:
                yield f"{row.order_id}/{row.n}", f"{row.state} since {row.asked_at}", row.amount

    def _refunds_differ_at_gateway(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            payment = self._payments.get(order.gateway_ref.removeprefix("pay_"))
            guard = self._rows.guards.get(order.id, _NOTHING)
            undone = self._rows.checkouts[order.id].state == "cancelled"
            if payment is None or undone or guard.refunded <= payment.refunded <= guard.refunded + guard.pending:
                continue
            yield order.id, f"{payment.refunded} paid back, we say {guard.refunded}", 1
