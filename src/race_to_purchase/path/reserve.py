"""Reserve: from what a buyer wants to a checkout that holds it until a deadline."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.commit.waiting import Alive
from race_to_purchase.observe.request import CAUSE
from race_to_purchase.rules.commands import Line, Reserve
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import (
    Flow,
    buyer_pool,
    in_flight_pool,
    item_pool,
    passes_pool,
    promo_pool,
    ticket_pool,
)
from race_to_purchase.rules.line.commands import Admitted
from race_to_purchase.rules.outcomes import Outcome


class ReserveRequest(msgspec.Struct, frozen=True):
    """What a buyer wants; already checked for form, not for sense."""

    drop_id: str
    buyer: str
    lines: tuple[Line, ...]
    email: str | None = None
    promo: str | None = None
    admitted: Admitted | None = None
    refused: Outcome | None = None
    """Why not, where that is known already; see the command."""


async def reserve(
    committer: Committer,
    flow: Flow,
    request: ReserveRequest,
    key: KeyUse | None,
    alive: Alive | None,
    *,
    new_id: Callable[[], str],
) -> Outcome:
    """Reserved, or why not; the id of the checkout is made here, so that the command can be run again."""
    command = Reserve(
        request.drop_id,
        new_id(),
        request.buyer,
        request.lines,
        _pools(flow, request) if request.refused is None else (),
        request.email,
        request.promo,
        request.admitted,
        CAUSE.get().traceparent,
        request.refused,
    )
    return await committer.submit(command, key, alive)


def _pools(flow: Flow, request: ReserveRequest) -> tuple[str, ...]:
    drop_id = request.drop_id
    pools = [item_pool(drop_id, line.item) for line in request.lines]
    pools.append(buyer_pool(drop_id, request.buyer))
    if flow == "payment_first":
        pools += [in_flight_pool(drop_id, line.item) for line in request.lines]
    if request.promo is not None:
        pools.append(promo_pool(drop_id, request.promo))
    if request.admitted is not None:
        pools += [passes_pool(drop_id), ticket_pool(drop_id, request.admitted.tid)]
    return tuple(pools)
