"""The ports: what the engine needs from the world, in its own words. Adapters live in `store/` and `gateways/`.

Nobody else's types cross these lines: rows and verdicts of `rules` go in and come out.
"""

from race_to_purchase.ports.books import Booked, Findings, Ledger
from race_to_purchase.ports.carts import Carts
from race_to_purchase.ports.console import Acted, ConsoleReads, Found, Purchase, RowsNow
from race_to_purchase.ports.gateway import (
    Gateway,
    GatewayPayment,
    GatewayUnanswered,
    Inbox,
    PaymentRequest,
    WebhookTooOld,
)
from race_to_purchase.ports.identity import AdminKeyRows, Keyrings, KeySource, KeysUnanswered
from race_to_purchase.ports.line import PART_TIDS, LineRows, LineSeen
from race_to_purchase.ports.reads import AftersaleCounts, AftersaleReads, DueCheckout, Reads
from race_to_purchase.ports.series import SeriesStore
from race_to_purchase.ports.store import Conflict, Rejected, Session, Store
from race_to_purchase.ports.vitals import Holds, TasksDue, Vitals
from race_to_purchase.ports.world import Clock, Publisher

__all__ = [
    "PART_TIDS",
    "Acted",
    "AdminKeyRows",
    "AftersaleCounts",
    "AftersaleReads",
    "Booked",
    "Carts",
    "Clock",
    "Conflict",
    "ConsoleReads",
    "DueCheckout",
    "Findings",
    "Found",
    "Gateway",
    "GatewayPayment",
    "GatewayUnanswered",
    "Holds",
    "Inbox",
    "KeySource",
    "Keyrings",
    "KeysUnanswered",
    "Ledger",
    "LineRows",
    "LineSeen",
    "PaymentRequest",
    "Publisher",
    "Purchase",
    "Reads",
    "Rejected",
    "RowsNow",
    "SeriesStore",
    "Session",
    "Store",
    "TasksDue",
    "Vitals",
    "WebhookTooOld",
]
