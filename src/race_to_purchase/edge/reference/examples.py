"""One purchase, told in examples: the bodies that the reference shows, and that go through the real API in tests."""

from __future__ import annotations

from typing import Any

DROP: dict[str, Any] = {
    "id": "aurora-1",
    "title": "Aurora One",
    "opens_at": "2026-12-01T18:00:00Z",
    "currency": "EUR",
    "items": [
        {
            "id": "aurora-1-42",
            "title": "Aurora One, size 42",
            "price": 15900,
            "stock": 120,
            "seller": None,
            "tax_percent": None,
        }
    ],
    "closes_at": None,
    "reservation_seconds": 300,
    "limit_per_buyer": 2,
    "flow": "reservation_first",
    "promos": [],
    "seller": "house",
    "tax_percent": 19.0,
    "door": None,
}

DROP_ON_SALE: dict[str, Any] = {
    "id": "aurora-1",
    "title": "Aurora One",
    "phase": "open",
    "flow": "reservation_first",
    "opens_at": "2026-12-01T18:00:00Z",
    "closes_at": None,
    "currency": "EUR",
    "reservation_seconds": 300,
    "limit_per_buyer": 2,
    "door": False,
    "promos": False,
    "items": [{"id": "aurora-1-42", "title": "Aurora One, size 42", "price": 15900, "stock": "plenty"}],
}

DROPS: dict[str, Any] = {"drops": [{"definition": DROP, "closed_at": None}]}

WATCHED: dict[str, Any] = {
    "definition": DROP,
    "closed_at": None,
    "now": "2026-12-01T18:00:07Z",
    "pools": [{"id": "aurora-1/item/aurora-1-42", "kind": "item", "capacity": 120, "held": 31, "sold": 12}],
}

OFFER: dict[str, Any] = {
    "tier": 1,
    "ways": ["proof_of_work", "email_code"],
    "challenge": {
        "algorithm": "SHA-256",
        "challenge": "2e40dd0375ff5694346ac8eb57afbddc90c7f88bc8e71783a78f4488cf175391",
        "salt": "0f6b2c9d8e7a4b1fa3c5d7e9f1b3d5a7?expires=1796148600&drop=aurora-1&purpose=line&tier=1"
        "&for=5f1e0a9b7c3d2468&",
        "signature": "7b632505e439e7e8afb3e63686ed0b61cfbc1a6a86df93a7efc940ecc978f58d",
        "maxnumber": 50000,
    },
}

NEW_CODE: dict[str, Any] = {"drop": "aurora-1", "email": "ada@example.com", "purpose": "line", "website": ""}

CODE_SENT: dict[str, Any] = {
    "answer": "code.ASPTU9G5a9qd5S9DJdH1YWAAAAAAaw8zWJ8QyX9f0lFr3GkqNRqv1Ld1oFWx8mB1F1mYVt0n5m5Wb2wC3yXz0b1kqT4g"
    "d2hPq7uJ8sV1tG9rL4x.",
    "expires_at": "2026-12-01T17:50:00Z",
}

NEW_CHECKOUT: dict[str, Any] = {
    "drop": "aurora-1",
    "lines": [{"item": "aurora-1-42", "quantity": 1}],
    "buyer": {"id": "buyer-7", "email": "ada@example.com"},
}

NEW_PAYMENT: dict[str, Any] = {"payment_method": "pm_approved"}

CHECKOUT_ID = "019ae3c5-7c00-7000-8000-0123456789ab"

QUOTE: dict[str, Any] = {
    "currency": "EUR",
    "lines": [
        {
            "item": "aurora-1-42",
            "quantity": 1,
            "unit_price": 15900,
            "discount": 0,
            "total": 15900,
            "tax": 2539,
            "seller": "house",
        }
    ],
    "subtotal": 15900,
    "discount": 0,
    "total": 15900,
    "promo": None,
    "tax": 2539,
}

RESERVED: dict[str, Any] = {
    "id": CHECKOUT_ID,
    "drop": "aurora-1",
    "state": "reserved",
    "quote": QUOTE,
    "reserved_until": "2026-12-01T18:05:07Z",
}

CANCELLED: dict[str, Any] = {"id": CHECKOUT_ID, "drop": "aurora-1", "state": "cancelled", "quote": QUOTE}

PAID: dict[str, Any] = {
    "id": CHECKOUT_ID,
    "state": "paid",
    "order": {
        "id": CHECKOUT_ID,
        "drop": "aurora-1",
        "amount": 15900,
        "currency": "EUR",
        "placed_at": "2026-12-01T18:00:41Z",
    },
}

PAYING: dict[str, Any] = {"id": CHECKOUT_ID, "state": "paying", "attempt": 1}

ORDER: dict[str, Any] = {
    "id": CHECKOUT_ID,
    "drop": "aurora-1",
    "state": "paid",
    "amount": 15900,
    "currency": "EUR",
    "quote": QUOTE,
    "placed_at": "2026-12-01T18:00:41Z",
}

GATEWAY_USE: dict[str, Any] = {"drained": True, "why": "their status page says so"}

GATEWAY: dict[str, Any] = {
    "name": "sandbox",
    "authorizations": {"authorized": 240, "declined": 12},
    "declines": {"generic_decline": 9, "insufficient_funds": 3},
    "latency": {"count": 252, "mean_ms": 212.4, "p50_ms": 190.5, "p95_ms": 401.4, "p99_ms": 913.4, "max_ms": 1212.4},
    "breaker": "closed",
    "waiting": 0,
    "at_work": 2,
    "pace": 1.0,
    "drained": True,
    "drained_at": "2026-12-01T18:03:00Z",
    "why": "their status page says so",
    "by": "ops",
}

GATEWAYS: dict[str, Any] = {"gateways": [GATEWAY]}

TRIAL_BALANCE: dict[str, Any] = {
    "balanced": True,
    "totals": [{"currency": "EUR", "debit": 15900, "credit": 15900}],
    "accounts": [
        {"account": "receivable:sandbox", "currency": "EUR", "debit": 15900, "credit": 0, "amount": 15900},
        {"account": "revenue:house", "currency": "EUR", "debit": 0, "credit": 13361, "amount": -13361},
        {"account": "tax:house", "currency": "EUR", "debit": 0, "credit": 2539, "amount": -2539},
    ],
    "frozen": [],
}

NEW_REFUND: dict[str, Any] = {"amount": 5000, "reason": "damaged box"}

REFUND: dict[str, Any] = {
    "id": "019ae3c9-1d00-7000-8000-0123456789ab",
    "order": CHECKOUT_ID,
    "state": "done",
    "amount": 5000,
    "currency": "EUR",
    "reason": "damaged box",
    "restock": False,
    "asked_at": "2026-12-03T09:12:00Z",
    "ended_at": "2026-12-03T09:12:01Z",
}

REFUND_SENT: dict[str, Any] = {**{name: REFUND[name] for name in REFUND if name != "ended_at"}, "state": "sent"}

REFUNDS: dict[str, Any] = {"refunds": [REFUND], "captured": 15900, "refunded": 5000, "left": 10900}

DISPUTE: dict[str, Any] = {
    "id": "dp_1",
    "order": CHECKOUT_ID,
    "gateway": "sandbox",
    "state": "open",
    "status": "needs_response",
    "amount": 10900,
    "fee": 1500,
    "currency": "EUR",
    "reason": "product_not_received",
    "opened_at": "2026-12-20T08:00:00Z",
    "due_by": "2026-12-27T08:00:00Z",
    "closed_at": None,
}

DISPUTES: dict[str, Any] = {"disputes": [DISPUTE], "orders": 4210, "disputed": 3, "chargeback_rate": 0.000713}

EVIDENCE: dict[str, Any] = {
    "order": CHECKOUT_ID,
    "drop": "aurora-1",
    "buyer": "buyer-7",
    "state": "fulfilled",
    "amount": 15900,
    "currency": "EUR",
    "placed_at": "2026-12-01T18:00:41Z",
    "delivered_at": "2026-12-01T18:00:43Z",
    "quote": QUOTE,
    "payment": {
        "gateway": "sandbox",
        "ref": "sbx_1",
        "method": "pm_approved",
        "attempt": 1,
        "captured": 15900,
        "refunded": 5000,
        "lost": 0,
    },
    "refunds": [REFUND],
    "disputes": [DISPUTE],
    "timeline": [{"subject": CHECKOUT_ID, "what": "reserved", "at": "2026-12-01T18:00:07Z"}],
}

HEALTH: dict[str, Any] = {"status": "ok"}

FINDING_ID = "9f2c4b7d1e6a80354c1d2e3f"

FINDING: dict[str, Any] = {
    "id": FINDING_ID,
    "kind": "unknown_reference",
    "subject": "sandbox/sbx_77",
    "drop_id": "-",
    "state": "open",
    "repair": "",
    "detail": {"what": "payment sbx_77 is captured, its reference is 'by hand'", "gateway": "sandbox", "ref": "sbx_77"},
    "first_seen": "2026-12-01T18:10:00Z",
    "last_seen": "2026-12-02T18:10:00Z",
    "seen": 2,
    "how": "",
    "ended_at": None,
    "version": 1,
}

FINDINGS: dict[str, Any] = {"findings": [FINDING], "more": False, "lag_s": 0.8}

CLOSED_FOR: dict[str, Any] = {"reason": "a test payment of our own, made by hand"}

MESSAGE_RECEIVED: dict[str, Any] = {"received": True}

INBOX: dict[str, Any] = {
    "counts": [
        {
            "gateway": "stripe",
            "kind": "payment",
            "state": "unmatched",
            "messages": 1,
            "oldest_at": "2026-12-01T18:00:43Z",
        }
    ],
    "messages": [
        {
            "id": "stripe/evt_3P1Q",
            "gateway": "stripe",
            "kind": "payment",
            "ref": "pi_3P1Q",
            "reference": None,
            "state": "unmatched",
            "outcome": "no such attempt",
            "tries": 2,
            "created_at": "2026-12-01T18:00:42Z",
            "received_at": "2026-12-01T18:00:43Z",
            "due_at": "2026-12-01T18:01:19Z",
        }
    ],
}

SESSION = {
    "buyer": {"id": "guest:5b0c8e1f3a7d4e2b9c6f1a0d8e7b3c54", "kind": "guest"},
    "csrf": "Zk3Yt0vQw9uXn1sL5aRcHg",
}
SIGN_IN = {"token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJidXllci03In0.c2lnbmF0dXJl"}
SIGNED_IN = {"buyer": {"id": "buyer-7", "kind": "customer"}, "csrf": "Zk3Yt0vQw9uXn1sL5aRcHg"}
SESSION_ENDED = {"ended": True}

CART_CHANGE = {"lines": [{"item": "aurora-1-42", "quantity": 1}]}
CART = {
    "drop": "aurora-1",
    "version": 4,
    "currency": "EUR",
    "lines": [
        {
            "item": "aurora-1-42",
            "title": "Aurora One, size 42",
            "quantity": 1,
            "price": 15900,
            "total": 15900,
            "was": 14900,
            "price_changed": True,
        }
    ],
    "total": 15900,
    "price_changed": True,
    "expires_at": "2026-12-31T18:00:00Z",
}
