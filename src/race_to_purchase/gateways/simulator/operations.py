"""The operations of the API as one table: address, parameters, and the function that carries it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from race_to_purchase.gateways.simulator import disputes, params, payments, refunds
from race_to_purchase.gateways.simulator.objects import BalanceTransaction, Charge, Event, Record
from race_to_purchase.gateways.simulator.refusals import missing
from race_to_purchase.gateways.simulator.unit_of_work import UnitOfWork


class Operation(msgspec.Struct, frozen=True):
    """One thing that can be asked. `run` is None for lists, which are read apart."""

    name: str
    method: str
    path: str
    params: type[params.Asked]
    run: Callable[[UnitOfWork, Any, str], Record] | None = None


def _retrieve(kind: type[Record]) -> Callable[[UnitOfWork, Any, str], Record]:
    def run(unit: UnitOfWork, _: params.Asked, name: str) -> Record:
        found = unit.books.find(kind, name)
        if found is None:
            raise missing(kind.kind, name)
        return found

    return run


def _read(name: str, path: str, run: Callable[[UnitOfWork, Any, str], Record]) -> Operation:
    return Operation(f"{name}.retrieve", "GET", f"{path}/{{id}}", params.Asked, run)


INTENTS, REFUNDS, DISPUTES = "/v1/payment_intents", "/v1/refunds", "/v1/disputes"

OPERATIONS: tuple[Operation, ...] = (
    Operation("payment_intents.create", "POST", INTENTS, params.CreateIntent, payments.create),
    Operation("payment_intents.confirm", "POST", f"{INTENTS}/{{id}}/confirm", params.ConfirmIntent, payments.confirm),
    Operation("payment_intents.capture", "POST", f"{INTENTS}/{{id}}/capture", params.CaptureIntent, payments.capture),
    Operation("payment_intents.cancel", "POST", f"{INTENTS}/{{id}}/cancel", params.CancelIntent, payments.cancel),
    _read("payment_intents", INTENTS, payments.retrieve),
    Operation("payment_intents.list", "GET", INTENTS, params.ListIntents),
    _read("charges", "/v1/charges", _retrieve(Charge)),
    Operation("charges.list", "GET", "/v1/charges", params.ListCharges),
    Operation("refunds.create", "POST", REFUNDS, params.CreateRefund, refunds.create),
    _read("refunds", REFUNDS, refunds.retrieve),
    Operation("refunds.list", "GET", REFUNDS, params.ListRefunds),
    Operation("disputes.update", "POST", f"{DISPUTES}/{{id}}", params.UpdateDispute, disputes.update),
    Operation("disputes.close", "POST", f"{DISPUTES}/{{id}}/close", params.Asked, disputes.close),
    _read("disputes", DISPUTES, disputes.retrieve),
    Operation("disputes.list", "GET", DISPUTES, params.ListDisputes),
    _read("balance_transactions", "/v1/balance_transactions", _retrieve(BalanceTransaction)),
    Operation("balance_transactions.list", "GET", "/v1/balance_transactions", params.ListBalance),
    _read("events", "/v1/events", _retrieve(Event)),
    Operation("events.list", "GET", "/v1/events", params.ListEvents),
)
