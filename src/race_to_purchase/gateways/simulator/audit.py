"""What the gateway's books say, for whoever compares them with the shop's: per reference, in sum, and as a settlement.

The books audit themselves as well: what the API shows of payments, refunds, disputes and the balance has to add up to
what the accounts hold.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from race_to_purchase.gateways.simulator.core import Gateway
from race_to_purchase.gateways.simulator.lists import Shelf
from race_to_purchase.rules.money import EXPONENTS

PAGE_MAX = 5000
_AMOUNTS = ("authorized", "held", "captured", "refunded", "disputed")

CHECKS = {
    "payment_shows_other_amounts": "audit_payments",
    "refunds_do_not_add_up": "audit_refunds",
    "disputes_do_not_add_up": "audit_disputes",
    "balance_does_not_add_up": "audit_balance",
    "key_made_two_payments": "audit_keys",
}
"""By the name of the violation: the statement that finds it."""

SETTLEMENT_COLUMNS = (
    "balance_transaction_id",
    "created_utc",
    "available_on_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "charge_id",
    "payment_intent_id",
    "reference",
)


class Cursor(msgspec.Struct, frozen=True):
    """Where a page of the books begins."""

    after: str = ""
    after_currency: str = ""
    reference: str | None = None
    limit: int = 1000


async def books(gateway: Gateway, cursor: Cursor) -> dict[str, Any]:
    """One page of what each reference paid; `next` is the query of the page behind it, None at the end."""
    limit = max(1, min(cursor.limit, PAGE_MAX))
    values = {
        "after": cursor.after,
        "after_currency": cursor.after_currency,
        "first": cursor.reference or "",
        "last": cursor.reference or "\U0010ffff",
        "limit": limit,
    }
    rows = await gateway.audits.rows("books", values)
    found = [_book(gateway, row) for row in rows]
    end = {"after": rows[-1][0], "after_currency": rows[-1][1]} if len(rows) == limit else None
    return {"books": found, "next": end}


async def totals(gateway: Gateway) -> list[dict[str, Any]]:
    """The sums over all payments, by currency."""
    rows = await gateway.audits.rows("totals")
    return [{"currency": row[0], "payments": row[1], **dict(zip(_AMOUNTS, row[2:], strict=True))} for row in rows]


async def violations(gateway: Gateway) -> list[dict[str, Any]]:
    """Where the books contradict themselves; empty as it should be."""
    found = []
    for name, statement in CHECKS.items():
        found += [{"violation": name, "row": list(row)} for row in await gateway.audits.rows(statement)]
    return found


async def settlement(gateway: Gateway, since: int, until: int) -> str:
    """Movements of the balance in a range of Unix seconds as CSV, the oldest first, amounts in whole units.

    The columns are those of Stripe's itemized balance report that a shop can match its captures by.
    """
    return await gateway.audits.read(lambda shelf: _report(shelf, since, until))


def _report(shelf: Shelf, since: int, until: int) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(SETTLEMENT_COLUMNS)
    out.writerows(_settled(shelf, moved) for moved in shelf.movements(since, until))
    return text.getvalue()


def _book(gateway: Gateway, row: Any) -> dict[str, Any]:
    reference, currency, payments, *amounts, numbers = row
    return {
        "reference": reference,
        "currency": currency,
        "payments": payments,
        **dict(zip(_AMOUNTS, amounts, strict=True)),
        "payment_intents": [gateway.names.of("pi", number) for number in msgspec.json.decode(numbers)],
    }


def _settled(shelf: Shelf, moved: dict[str, Any]) -> list[object]:
    currency = moved["currency"]
    gross, fee, net = (_major(moved[name], currency) for name in ("amount", "fee", "net"))
    source = msgspec.json.decode(shelf.body(moved["source"]) or b"{}")
    payment = source.get("payment_intent", "")
    charge = source.get("charge", moved["source"])
    return [
        moved["id"], _time(moved["created"]), _time(moved["available_on"]), currency, gross, fee, net,
        moved["reporting_category"], moved["source"], moved["description"] or "", charge, payment,
        shelf.reference(payment),
    ]  # fmt: skip


def _major(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-EXPONENTS[currency.upper()]):f}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
