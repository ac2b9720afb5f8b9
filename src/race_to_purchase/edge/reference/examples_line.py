"""The line, told in examples."""

from __future__ import annotations

from typing import Any

TICKET = "AQEBgshZRMDlg4nV18w3ETNV6wAAAABrSdIA__________8-IU6hqyqFQcq4Gq8TSzfD"

JOINED: dict[str, Any] = {"ticket": TICKET, "late": None, "lane": None}

STATUS: dict[str, Any] = {
    "drop": "aurora-1",
    "phase": "open",
    "now": "2026-12-01T18:00:07Z",
    "opens_at": "2026-12-01T18:00:00Z",
    "registration_opens_at": "2026-12-01T17:00:00Z",
    "registration_closes_at": "2026-12-01T17:55:00Z",
    "commitment": "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925",
    "seed": "9f2c4e0b6a5d7f81c3e2b19d04a86f75e1d3c2b4a5968778695a4b3c2d1e0f9a",
    "registered": 48211,
    "root": "1f0e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "cursor": 420,
    "rate_per_s": 60.0,
    "stock": "plenty",
    "poll_s": [5, 30],
    "message": None,
    "slim_from": 540,
}

WANTED_PASS: dict[str, Any] = {"ticket": TICKET}

GIVEN_PASS: dict[str, Any] = {
    "pass": "AQECgshZRMDlg4nV18w3ETNV6wAAAAAAAAAAAAAAAAAAAAFx0kYzE8p9mQ5b2n7hV3cXAAAAAGstNEh6m0uE2c1fZ8aP4vQk",
    "expires_at": "2026-12-01T18:02:07Z",
}

DRAW: dict[str, Any] = {
    "drop": "aurora-1",
    "commitment": STATUS["commitment"],
    "closed_at": "2026-12-01T17:55:00Z",
    "registered": 48211,
    "root": STATUS["root"],
    "parts": 1,
    "beacon": None,
    "beacon_value": None,
    "secret": "0000000000000000000000000000000000000000000000000000000000000000",
    "seed": STATUS["seed"],
    "drawn_at": "2026-12-01T17:55:01Z",
}

WATCHED: dict[str, Any] = {
    "status": STATUS,
    "late": 12,
    "passes_out": 37,
    "passes_max": 200,
    "bound": "rate",
    "leader": "shop-1/4711/019ae3c5-7c00-7000-8000-00000000000a",
    "lease_until": "2026-12-01T18:00:11Z",
    "rate_now_per_s": 60.0,
    "room": 200.0,
    "no_shows": 0.21,
    "paused_at": None,
}

HAND: dict[str, Any] = {"paused": True, "message": "We are looking into slow payments. Your place is kept."}

BEACON_VALUE: dict[str, Any] = {"beacon": "7d0f3c6e2a915b84f0c2d1e3a4b5968778695a4b3c2d1e0f9a8b7c6d5e4f3021"}

GRANT = {
    "drop_id": "aurora-1",
    "id": "5f0c2d1e3a4b5968778695a4b3c2d1e0",
    "tid": "82c85944c0e58389d5d7cc37113355eb",
    "lane": "vip",
    "valid_from": "2026-12-01T17:00:00Z",
    "valid_until": "2026-12-01T19:00:00Z",
    "issued_by": "ops",
    "issued_at": "2026-11-30T09:12:44Z",
    "used_at": None,
    "revoked_at": None,
    "version": 0,
}

NEW_GRANTS: dict[str, Any] = {
    "lane": "vip",
    "identities": ["customer-1077"],
    "valid_from": "2026-12-01T17:00:00Z",
    "valid_until": "2026-12-01T19:00:00Z",
}

ISSUED: dict[str, Any] = {"grants": [{"id": GRANT["id"], "identity": "customer-1077", "grant": "AQEEXwwtHjpLWWh3…"}]}

GRANTS: dict[str, Any] = {"grants": [GRANT]}
