"""A gateway's settlement file, read line by line and compared with our books.

The file is a balance or payout report as CSV with the columns of Stripe's itemized reports, in any order; others are
ignored. Amounts are in whole units with a decimal point. Reading it decides nothing and touches no database.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from race_to_purchase.books import REFERENCE
from race_to_purchase.errors import RaceError
from race_to_purchase.rules.money import EXPONENTS, MINOR_UNITS_MAX

NEEDED = ("balance_transaction_id", "reporting_category", "currency", "gross", "fee", "net")
_TIME = ("created_utc", "created")
_PAYMENT = ("payment_intent_id", "charge_id", "source_id")
_REFERENCE = ("reference", "payment_metadata[reference]", "charge_metadata[reference]")

CHARGES = frozenset({"charge"})
REFUNDS = frozenset({"refund", "refund_failure"})
DISPUTES = frozenset({"dispute", "dispute_reversal"})
PAYOUTS = frozenset({"payout", "payout_reversal"})
FEES = frozenset({"fee", "network_cost"})
ERRORS_MAX = 20

_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,8})?")


class WrongSettlementFile(RaceError):
    """{file} is no settlement file that can be read: {reasons}"""

    code = "wrong_settlement_file"
    exit_code = 2


class Movement(msgspec.Struct, frozen=True):
    """One line: money that came or went at the gateway, in minor units; `net` is `gross` less `fee`."""

    line: int
    id: str
    category: str
    currency: str
    gross: int
    fee: int
    at: datetime | None
    payment: str
    order_id: str | None

    @property
    def net(self) -> int:
        """What the balance was moved by."""
        return self.gross - self.fee


class Settled(msgspec.Struct, frozen=True):
    """What our books say of an order: amounts in minor units, `refunded` and `disputed` as the gateway owes less.

    `refunding` is what was asked for and is not booked before its bank has it; a gateway lists it at once.
    """

    order_id: str
    payment: str
    amount: int
    currency: str
    captured: bool
    placed_at: datetime
    refunded: int
    disputed: int
    refunding: int = 0


class Difference(msgspec.Struct, frozen=True):
    """`kind`: missing_here, missing_there, other_amount or unknown_movement; amounts in minor units."""

    kind: str
    what: str
    payment: str
    order_id: str | None
    ours: int
    theirs: int
    currency: str
    line: int = 0


def read(text: str, file: str) -> list[Movement]:
    """The movements of a file, once each; WrongSettlementFile names the lines that are wrong."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise WrongSettlementFile(file=file, reasons=f"line 1: there is no column {', '.join(missing)}")
    movements: dict[str, Movement] = {}
    wrong: list[str] = []
    for line, row in _rows(reader, wrong):
        try:
            movement = _movement(line, {name: (row.get(column) or "").strip() for name, column in names.items()})
            if movements.setdefault(movement.id, movement) is not movement:
                wrong.append(f"line {line}: {movement.id} stands in line {movements[movement.id].line} already")
        except ValueError as error:
            wrong.append(f"line {line}: {error}")
        if len(wrong) >= ERRORS_MAX:
            break
    if wrong:
        raise WrongSettlementFile(file=file, reasons="; ".join(wrong))
    return list(movements.values())


def _rows(reader: csv.DictReader[str], wrong: list[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Rows with the number of their last line; blank ones are left out."""
    try:
        for row in reader:
            if None in row:
                wrong.append(f"line {reader.line_num}: it has more fields than there are columns")
            elif any(value for value in row.values()):
                yield reader.line_num, row
    except csv.Error as error:
        wrong.append(f"line {reader.line_num + 1}: {error}")


def _movement(line: int, row: Mapping[str, str]) -> Movement:
    for name in NEEDED:
        if not row[name]:
            raise ValueError(f"{name} is empty")
    currency = row["currency"].upper()
    if currency not in EXPONENTS:
        raise ValueError(f"{row['currency']!r} is not an ISO 4217 currency code")
    gross, fee, net = (_minor(name, row[name], currency) for name in ("gross", "fee", "net"))
    if net != gross - fee:
        raise ValueError(f"net {row['net']} is not gross {row['gross']} less fee {row['fee']}")
    named = REFERENCE.fullmatch(_first(row, _REFERENCE))
    return Movement(
        line,
        row["balance_transaction_id"],
        row["reporting_category"].lower(),
        currency,
        gross,
        fee,
        _time(_first(row, _TIME)),
        _first(row, _PAYMENT),
        named[1] if named is not None else None,
    )


def _first(row: Mapping[str, str], names: Iterable[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _minor(name: str, text: str, currency: str) -> int:
    """`"159.00"` EUR as 15900; ValueError for what is no amount, or has more digits than the currency."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{name} {text[:40]!r} is no amount in whole units, such as -159.00")
    try:
        amount = Decimal(text).scaleb(EXPONENTS[currency])
    except InvalidOperation:
        raise ValueError(f"{name} {text!r} is too large") from None
    if amount != amount.to_integral_value():
        raise ValueError(f"{name} {text} has more decimal places than {currency}")
    if abs(amount) > MINOR_UNITS_MAX:
        raise ValueError(f"{name} {text} is too large")
    return int(amount)


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no time, such as 2026-12-01 18:00:41") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def fee_of(movement: Movement) -> int:
    """What has to be booked as the gateway's fee. That of a dispute is booked with the dispute."""
    if movement.category in DISPUTES | PAYOUTS:
        return 0
    return movement.fee - (movement.gross if movement.category in FEES else 0)


def payout_of(movement: Movement) -> int:
    """What the gateway sent to the bank; below zero where it came back."""
    return -movement.gross if movement.category in PAYOUTS else 0


def differences(movements: Iterable[Movement], ours: Iterable[Settled], until: datetime | None) -> list[Difference]:
    """Where file and books differ. `ours` are the orders that the file names, and all of the file's time.

    An order that was placed before `until` and is not in the file at all is missing there; None asks for none. What is
    refunded here and not yet in the file may be in the next one, so only what goes beyond our books is told, and beyond
    the refunds that are under way.
    """
    by_order = {order.order_id: order for order in ours}
    by_payment = {order.payment: order for order in by_order.values()}
    found: list[Difference] = []
    together: dict[str, list[Movement]] = {}
    for movement in movements:
        order = by_order.get(movement.order_id or "") or by_payment.get(movement.payment)
        if movement.category in CHARGES | REFUNDS | DISPUTES:
            together.setdefault(order.order_id if order is not None else movement.payment, []).append(movement)
        elif movement.category not in PAYOUTS | FEES:
            found.append(_differs("unknown_movement", movement.category, movement, None, 0, movement.net))
    for name, moved in together.items():
        order = by_order.get(name)
        found += _nobodys(moved) if order is None else _compared(moved, order)
    if until is not None:
        found += [
            _absent(o) for o in by_order.values() if o.captured and o.placed_at < until and o.order_id not in together
        ]
    return sorted(found, key=lambda difference: difference.line)


def _differs(kind: str, what: str, movement: Movement, order: Settled | None, ours: int, theirs: int) -> Difference:
    order_id = movement.order_id if order is None else order.order_id
    return Difference(kind, what, movement.payment, order_id, ours, theirs, movement.currency, movement.line)


def _nobodys(moved: list[Movement]) -> Iterator[Difference]:
    """A charge that no order stands for; one that was given back in the same file is settled."""
    left = sum(movement.gross for movement in moved)
    if left:
        yield _differs("missing_here", moved[0].category, moved[0], None, 0, left)


def _compared(moved: list[Movement], order: Settled) -> Iterator[Difference]:
    for what, categories, ours, coming in (
        ("charge", CHARGES, order.amount, 0),
        ("refund", REFUNDS, -order.refunded, -order.refunding),
        ("dispute", DISPUTES, -order.disputed, 0),
    ):
        lines = [movement for movement in moved if movement.category in categories]
        theirs = sum(movement.net if what == "dispute" else movement.gross for movement in lines)
        other_currency = any(movement.currency != order.currency for movement in lines)
        if not lines:
            continue
        if what == "charge" and (theirs != ours or other_currency or not order.captured):
            yield _differs("other_amount", what, lines[0], order, ours if order.captured else 0, theirs)
        elif what != "charge" and (theirs < ours + coming or other_currency):
            yield _differs("other_amount" if ours else "missing_here", what, lines[0], order, ours, theirs)


def _absent(order: Settled) -> Difference:
    return Difference("missing_there", "charge", order.payment, order.order_id, order.amount, 0, order.currency)
