"""The gateway's objects, field for field as its API shows them: what is stored is what is answered.

They hold no logic. Amounts are minor units, times Unix seconds; `metadata` and evidence are the merchant's own words.
Fields that this simulator never fills are left out, but for those that every reader may count on.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

IntentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
]
DisputeStatus = Literal[
    "warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost"
]
CaptureMethod = Literal["automatic", "automatic_async", "manual"]

Metadata = dict[str, str]

NO_DETAILS = {"address": None, "email": None, "name": None, "phone": None}


class PaymentIntent(msgspec.Struct, frozen=True, kw_only=True):
    """One intention to be paid: from nothing to captured, over as many cards as it takes."""

    prefix: ClassVar[str] = "pi"
    kind: ClassVar[str] = "PaymentIntent"

    id: str
    object: Literal["payment_intent"] = "payment_intent"
    allowed_payment_method_types: list[str] | None = None
    amount: int
    amount_capturable: int = 0
    amount_received: int = 0
    application: None = None
    application_fee_amount: None = None
    automatic_payment_methods: dict[str, Any] | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    capture_method: CaptureMethod = "automatic"
    client_secret: str
    confirmation_method: str = "automatic"
    created: int
    currency: str
    customer: str | None = None
    description: str | None = None
    last_payment_error: dict[str, Any] | None = None
    latest_charge: str | None = None
    livemode: bool = False
    metadata: Metadata = {}
    next_action: dict[str, Any] | None = None
    on_behalf_of: None = None
    payment_method: str | None = None
    payment_method_options: dict[str, Any] = {}
    payment_method_types: list[str]
    processing: dict[str, Any] | None = None
    receipt_email: str | None = None
    setup_future_usage: str | None = None
    shipping: dict[str, Any] | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    status: IntentStatus
    transfer_data: None = None
    transfer_group: str | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One try to take money from a card, whatever came of it."""

    prefix: ClassVar[str] = "ch"
    kind: ClassVar[str] = "charge"

    id: str
    object: Literal["charge"] = "charge"
    amount: int
    amount_captured: int = 0
    amount_refunded: int = 0
    balance_transaction: str | None = None
    billing_details: dict[str, Any] = msgspec.field(default_factory=lambda: dict(NO_DETAILS))
    captured: bool = False
    created: int
    currency: str
    customer: str | None = None
    description: str | None = None
    disputed: bool = False
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    fraud_details: dict[str, Any] = {}
    livemode: bool = False
    metadata: Metadata = {}
    outcome: dict[str, Any] | None = None
    paid: bool = False
    payment_intent: str
    payment_method: str
    payment_method_details: dict[str, Any]
    receipt_email: str | None = None
    receipt_number: str | None = None
    receipt_url: str | None = None
    refunded: bool = False
    review: None = None
    shipping: dict[str, Any] | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    status: Literal["succeeded", "pending", "failed"]
    transfer_data: None = None
    transfer_group: str | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back to the buyer."""

    prefix: ClassVar[str] = "re"
    kind: ClassVar[str] = "refund"

    id: str
    object: Literal["refund"] = "refund"
    amount: int
    balance_transaction: str | None = None
    charge: str
    created: int
    currency: str
    destination_details: dict[str, Any] | None = None
    failure_balance_transaction: str | UnsetType = UNSET
    failure_reason: str | UnsetType = UNSET
    metadata: Metadata = {}
    payment_intent: str
    reason: str | None = None
    receipt_number: None = None
    source_transfer_reversal: None = None
    status: Literal["succeeded", "pending", "failed", "canceled"]
    transfer_reversal: None = None


class BalanceTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of the merchant's balance, its fee beside it: `net` is `amount` less `fee`."""

    prefix: ClassVar[str] = "txn"
    kind: ClassVar[str] = "balance transaction"

    id: str
    object: Literal["balance_transaction"] = "balance_transaction"
    amount: int
    available_on: int
    balance_type: str = "payments"
    created: int
    currency: str
    description: str | None = None
    exchange_rate: None = None
    fee: int
    fee_details: list[dict[str, Any]] = []
    net: int
    reporting_category: str
    source: str
    status: Literal["available", "pending"] = "pending"
    type: str


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer who went to the bank: the money is gone until the dispute is won."""

    prefix: ClassVar[str] = "du"
    kind: ClassVar[str] = "dispute"

    id: str
    object: Literal["dispute"] = "dispute"
    amount: int
    balance_transactions: list[BalanceTransaction] = []
    charge: str
    created: int
    currency: str
    enhanced_eligibility_types: list[str] = []
    evidence: dict[str, Any] = {}
    evidence_details: dict[str, Any]
    is_charge_refundable: bool
    livemode: bool = False
    metadata: Metadata = {}
    payment_intent: str
    payment_method_details: dict[str, Any] | None = None
    reason: str
    status: DisputeStatus


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, with the object as it was just after: `data` is `{"object": ...}`."""

    prefix: ClassVar[str] = "evt"
    kind: ClassVar[str] = "event"

    id: str
    object: Literal["event"] = "event"
    api_version: str
    created: int
    data: msgspec.Raw
    livemode: bool = False
    pending_webhooks: int
    request: dict[str, str | None]
    type: str


Record = PaymentIntent | Charge | Refund | BalanceTransaction | Dispute | Event
KINDS: tuple[type[Record], ...] = (PaymentIntent, Charge, Refund, BalanceTransaction, Dispute, Event)
