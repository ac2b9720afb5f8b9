"""What an operation has at hand while it runs: the books, the time, the terms, and the way to say what happened.

One unit serves one call, inside one transaction. What it owes the merchant is written with everything else, and sent
only once that is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import msgspec

from race_to_purchase.gateways.simulator.books import Books
from race_to_purchase.gateways.simulator.faults import Faults
from race_to_purchase.gateways.simulator.objects import BalanceTransaction, Event, Record
from race_to_purchase.rules.money import share

PENDING_S = 2 * 86400
"""How long money is on its way into the merchant's balance."""


class Terms(msgspec.Struct, frozen=True):
    """What the gateway charges and grants; amounts in minor units."""

    fee_basis_points: int
    fee_fixed: int
    dispute_fee: int
    authorization_s: float

    def fee(self, amount: int) -> int:
        """The gateway's part of a captured amount, never above it."""
        return min(amount, share(amount, self.fee_basis_points, 10_000) + self.fee_fixed)


class Origin(msgspec.Struct, frozen=True):
    """The request that all this comes from; both None where it happens by itself."""

    request_id: str | None = None
    key: str | None = None


class Owed(msgspec.Struct, frozen=True):
    """A message to the merchant; `due_at` by the gateway's clock."""

    delivery: int
    event: int
    subject: str
    form: str
    held: bool
    due_at: float
    tries: int = 0


class UnitOfWork:
    """See the module. `wanted` are patterns over the event types that the merchant is told; none, and nobody is."""

    def __init__(
        self,
        books: Books,
        faults: Faults,
        terms: Terms,
        *,
        now: float,
        origin: Origin,
        version: str,
        wanted: tuple[str, ...],
        page: Callable[[str], str],
    ) -> None:
        self.books = books
        self.faults = faults
        self.terms = terms
        self.now_s = now
        self.origin = origin
        self.page = page
        self.owed: list[Owed] = []
        self._version = version
        self._wanted = wanted

    @property
    def now(self) -> int:
        """The time of this call, in whole seconds, as objects carry it."""
        return int(self.now_s)

    def new_id(self, kind: type[Record]) -> str:
        """An id for a new object."""
        return self.books.names.new(kind.prefix)

    def tell(self, event_type: str, record: Record) -> None:
        """Keep an event about an object as it is now, and owe the merchant a message of it."""
        wanted = any(fnmatchcase(event_type, pattern) for pattern in self._wanted)
        event = Event(
            id=self.new_id(Event),
            api_version=self._version,
            created=self.now,
            data=msgspec.Raw(b'{"object":' + msgspec.json.encode(record) + b"}"),
            pending_webhooks=int(wanted),
            request={"id": self.origin.request_id, "idempotency_key": self.origin.key},
            type=event_type,
        )
        self.books.add(event, label=event_type)
        if wanted:
            self._owe(event, record.id)

    def owe_again(self, event: Event) -> None:
        """Owe the merchant a message of an event that was told before."""
        self._put(event.id, _subject(event), "true", self.now_s, held=False, lost=False)

    def book(
        self, kind: str, category: str, source: Record, amount: int, *, fee: int = 0, description: str | None = None
    ) -> BalanceTransaction:
        """Move the merchant's balance by `amount` less `fee`."""
        fees = [{"amount": fee, "application": None, "description": "processing fee", "type": "stripe_fee"}]
        movement = BalanceTransaction(
            id=self.new_id(BalanceTransaction),
            amount=amount,
            available_on=self.now + PENDING_S,
            created=self.now,
            currency=getattr(source, "currency", ""),
            description=description,
            fee=fee,
            fee_details=[{**fees[0], "currency": getattr(source, "currency", "")}] if fee else [],
            net=amount - fee,
            reporting_category=category,
            source=source.id,
            type=kind,
        )
        self.books.add(movement, parent=source.id, label=kind)
        return movement

    def _owe(self, event: Event, subject: str) -> None:
        for sending in self.faults.for_event(event.type):
            due_at = self.now_s + sending.wait_s
            self._put(event.id, subject, sending.form, due_at, held=sending.held, lost=sending.lost)

    def _put(self, event: str, subject: str, form: str, due_at: float, *, held: bool, lost: bool) -> None:
        state = "lost" if lost else "held" if held else "due"
        number = self.books.owe(event, subject, form, state, due_at)
        if not lost:
            self.owed.append(Owed(number, self.books.names.own(event), subject, form, held, due_at))


def _subject(event: Event) -> str:
    """The id of the object that an event is about."""
    told = msgspec.json.decode(event.data, type=dict[str, dict[str, object]])
    return str(told["object"]["id"])
