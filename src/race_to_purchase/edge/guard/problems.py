"""How a limit is told: 429, when to come back, and the limit itself in the header fields made for it.

The fields are those of draft-ietf-httpapi-ratelimit-headers (form of draft 11): `RateLimit-Policy: "name";q=10;w=60`
is the quota and its window in seconds, `RateLimit: "name";r=0;t=42` what is left of it and in how many seconds all of
it is back.
"""

from __future__ import annotations

import math

from race_to_purchase.edge.guard.gcra import Rate, Refusal
from race_to_purchase.edge.problems import Refused
from race_to_purchase.edge.reply import Header, Reply
from race_to_purchase.rules.answers import problem


def limited(name: str, rate: Rate, refusal: Refusal) -> Refused:
    """Too much was asked of the limit `name`; nothing was done."""
    retry_after_s = max(1, math.ceil(refusal.retry_in_s))
    detail = f"This limit is {rate.quota} requests in {rate.window_s:g} seconds; come back in {retry_after_s} s."
    told = problem(429, "rate_limited", "Too many requests", detail, retryable=True, rate_limit=name)
    return Refused(
        Reply(told.status, told.body, problem=True, retry_after_s=retry_after_s, headers=told_by(name, rate, refusal))
    )


def told_by(name: str, rate: Rate, refusal: Refusal) -> tuple[Header, ...]:
    """The two header fields of one limit."""
    policy = f'"{name}";q={rate.quota};w={math.ceil(rate.window_s)}'
    left = f'"{name}";r={refusal.remaining};t={math.ceil(refusal.full_in_s)}'
    return (b"ratelimit-policy", policy.encode("ascii")), (b"ratelimit", left.encode("ascii"))
