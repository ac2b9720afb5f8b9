"""The gateway's memory within one transaction: objects by id, the money of each payment, remembered answers.

It keeps what it is given. Whether a payment may do what is asked is decided by the operations; the books' own checks
are the last wall behind them.
"""

from __future__ import annotations

from typing import Any, TypedDict, TypeVar, Unpack

import msgspec

from race_to_purchase.gateways.simulator.names import Names
from race_to_purchase.gateways.simulator.objects import KINDS, PaymentIntent, Record
from race_to_purchase.gateways.simulator.store import Store

KEY_LIFE_S = 24 * 3600.0
"""How long an answer is remembered under its idempotency key."""

REFERENCE_KEYS = ("reference", "checkout", "checkout_id", "order", "order_id")
"""Metadata in which the shop's own id of a purchase is looked for, in this order."""

Kind = TypeVar("Kind", bound=Record)

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in KINDS}


class Amounts(TypedDict, total=False):
    """What the books hold of each payment, in minor units: see `create_account.sql`."""

    authorized: int
    held: int
    captured: int
    refunded: int
    disputed: int


_NOTHING: Amounts = {"authorized": 0, "held": 0, "captured": 0, "refunded": 0, "disputed": 0}


class Answer(msgspec.Struct, frozen=True):
    """What was answered to a request, and which request that was."""

    endpoint: str
    fingerprint: bytes
    status: int
    body: bytes
    request_id: str
    created_at: float


class Books:
    """Objects and money in the running transaction. Every method raises sqlite3.Error where the file fails."""

    def __init__(self, store: Store, names: Names) -> None:
        self._store = store
        self.names = names

    def find(self, kind: type[Kind], name: str) -> Kind | None:
        """An object by its id; None for what is no id of an object of this kind."""
        number = self.names.number(kind.prefix, name)
        row = None if number is None else self._store.row("read_record", (number, kind.prefix))
        return None if row is None else _decoders[kind].decode(row[0])

    def body(self, name: str) -> bytes | None:
        """The JSON of the object that has this id, of whatever kind."""
        prefix = name.partition("_")[0]
        number = self.names.number(prefix, name)
        row = None if number is None else self._store.row("read_record", (number, prefix))
        return None if row is None else bytes(row[0])

    def children(self, kind: type[Kind], parent: str) -> list[Kind]:
        """What belongs to an object, the newest first."""
        decode = _decoders[kind].decode
        return [decode(body) for (body,) in self._store.rows("read_children", (parent, kind.prefix))]

    def add(self, record: Record, *, parent: str | None = None, label: str | None = None) -> None:
        """Keep an object whose id was just made."""
        body = msgspec.json.encode(record)
        row = (self.names.own(record.id), record.prefix, record.created, parent, label, body)
        self._store.write("insert_record", row)

    def update(self, record: Record) -> None:
        """Keep an object as it is now."""
        self._store.write("update_record", (msgspec.json.encode(record), self.names.own(record.id)))

    def open_account(self, intent: PaymentIntent) -> None:
        """Begin the books of a payment."""
        named = (intent.metadata[key] for key in REFERENCE_KEYS if intent.metadata.get(key))
        reference = next(named, intent.id)
        self._store.write("insert_account", (self.names.own(intent.id), reference, intent.currency))

    def move(self, payment: str, **amounts: Unpack[Amounts]) -> None:
        """Add to the amounts of a payment, by its id; sqlite3.IntegrityError for what money cannot do."""
        self._store.write("move_money", {**_NOTHING, **amounts, "intent": self.names.own(payment)})

    def set_due(self, payment: str, at: float | None) -> None:
        """When something happens to a payment by itself."""
        self._store.write("set_due", (at, self.names.own(payment)))

    def due(self, now: float, limit: int) -> list[str]:
        """Payments to which something has to happen by now."""
        return [self.names.of("pi", number) for (number,) in self._store.rows("read_due", (now, limit))]

    def answer(self, key: str, now: float) -> Answer | None:
        """What was answered under a key within its life; an older answer is forgotten."""
        row = self._store.row("read_answer", (key,))
        if row is None:
            return None
        answer = Answer(*row)
        if now - answer.created_at < KEY_LIFE_S:
            return answer
        self._store.write("forget_answer", (key,))
        return None

    def remember(self, key: str, answer: Answer) -> None:
        """Answer the same again to whoever comes with this key."""
        self._store.write("insert_answer", (key, *msgspec.structs.astuple(answer)))

    def forget(self, now: float, limit: int) -> None:
        """Drop the oldest answers whose life is over."""
        self._store.write("forget_answers", {"before": now - KEY_LIFE_S, "limit": limit})

    def owe(self, event: str, subject: str, form: str, state: str, due_at: float) -> int:
        """Owe the merchant a message; its number."""
        number = self.names.own(event)
        return self._store.write("insert_delivery", (number, subject, form, state, due_at))

    def tried(self, delivery: int, state: str, due_at: float, tries: int, status: int) -> None:
        """How a try to send a message ended."""
        self._store.write("update_delivery", (state, due_at, tries, status, delivery))

    def fact(self, name: str) -> str | None:
        """One single value."""
        row = self._store.row("read_fact", (name,))
        return None if row is None else row[0]

    def set_fact(self, name: str, value: str) -> None:
        """Keep one single value."""
        self._store.write("write_fact", (name, value))
