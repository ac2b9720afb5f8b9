"""A measuring stick: the same server, routing, endpoint and body parsing as a reservation, and no work.

It is mounted for benchmarks alone. It asks for no key and no idempotency, so that what it measures is the most that
this way of serving can give.
"""

from __future__ import annotations

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.checkouts import NEW_CHECKOUT
from race_to_purchase.rules.answers import Answer


async def echo(call: Call) -> Answer:
    """POST /echo: a reservation's body, read and checked, and sent back as it came."""
    call.decoded(NEW_CHECKOUT)
    return Answer(200, call.body)
