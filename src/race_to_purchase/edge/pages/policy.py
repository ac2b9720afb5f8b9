"""What browsers are told to allow on our pages: nothing that is not our own file."""

from __future__ import annotations

from race_to_purchase.edge.reply import Header

_OTHERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def _policy(*more: str) -> Header:
    rules = ("default-src 'none'", "style-src 'self'", "img-src 'self' data:", *more)
    fixed = ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'")
    return b"content-security-policy", "; ".join((*rules, *fixed)).encode("ascii")


PAGE_HEADERS: tuple[Header, ...] = (
    _policy("script-src 'self'", "font-src 'self'", "connect-src 'self'", "worker-src 'self'"),
    *_OTHERS,
)

PLAIN_HEADERS: tuple[Header, ...] = (_policy(), *_OTHERS)
"""For pages in which no script runs at all."""

ASSET_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
"""Assets are public, and shops load them into their own pages, which are another origin."""
