"""Messages about refunds and disputes, which name the gateway's payment and no reference of ours."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.path.refund import RefundRequest
from race_to_purchase.rules.messages import WebhookEvent, WebhookKind
from race_to_purchase.rules.rows import Checkout
from tests.loops.reading import Reader, hasten, outcomes
from tests.messages import SAID_AT, a_message
from tests.path.shop import Process
from tests.sale import value

BOOKED = """
    SELECT sum(amount) FROM race.journal, unnest(accounts, amounts) AS posting (account, amount)
    WHERE account LIKE 'disputes:%'"""
DISPUTE = {
    "dispute": "dp_1",
    "amount": 15_900,
    "currency": "eur",
    "reason": "fraudulent",
    "status": "needs_response",
    "fee": 1500,
    "due_at": "2026-12-15T00:00:00+00:00",
}


@pytest.fixture
async def order(shop: Process) -> Checkout:
    """One that is paid and captured."""
    checkout = await shop.reserve()
    await shop.pay(checkout)
    await shop.settle()
    return checkout


async def told(shop: Process, order: Checkout, kind: WebhookKind, **data: Any) -> WebhookEvent:
    """A message about an order's payment, by the gateway's own name for it."""
    ref = (await shop.attempt(order)).gateway_ref
    assert ref is not None
    return replace(a_message(kind=kind, ref=ref, said=None), data=data)


async def test_a_refund_whose_answer_was_lost_is_ended_by_its_message(
    shop: Process, reader: Reader, dsn: str, order: Checkout
) -> None:
    shop.wire.lose.add("refund")
    await shop.refunds.request(RefundRequest(order.id, 500, "", False, "shop"))
    await reader.keep(await told(shop, order, "refund", status="succeeded"))
    await reader.read()
    (refund,) = (await shop.reads.after(order.id)).refunds_of(order.id)
    assert (refund.state, refund.amount) == ("done", 500)
    assert await outcomes(dsn) == ["done: asked"]


async def test_messages_about_the_same_refund_are_asked_about_once(
    shop: Process, reader: Reader, order: Checkout
) -> None:
    await shop.refunds.request(RefundRequest(order.id, 500, "", False, "shop"))
    await reader.keep(*[await told(shop, order, "refund", status="succeeded") for _ in range(3)])
    await reader.read()
    assert shop.wire.calls.count("reference_of") == 1


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))), ids=str)
async def test_a_dispute_ends_the_same_in_every_order_of_arrival(
    shop: Process, reader: Reader, dsn: str, order: Checkout, order_of_arrival: tuple[int, ...]
) -> None:
    stages: list[tuple[WebhookKind, str]] = [
        ("dispute_opened", "needs_response"),
        ("dispute_updated", "under_review"),
        ("dispute_closed", "lost"),
    ]
    for stage in order_of_arrival:
        kind, status = stages[stage]
        event = await told(shop, order, kind, **{**DISPUTE, "status": status})
        event = replace(event, id=f"evt_{stage}", created_at=SAID_AT + timedelta(minutes=stage))
        await reader.keep(event, event)
        await reader.read()
    (dispute,) = (await shop.reads.after(order.id)).disputes.values()
    assert (dispute.state, dispute.status, dispute.amount, dispute.fee) == ("lost", "lost", 15_900, 1500)
    assert {end.partition(":")[0] for end in await outcomes(dsn)} == {"done"}
    booked = await value(dsn, BOOKED)
    assert booked == 15_900


async def test_all_that_is_told_of_a_dispute_counts_though_it_is_read_in_one_look(
    shop: Process, reader: Reader, order: Checkout
) -> None:
    """One question serves all messages about a payment; but a dispute is what its messages say."""
    opened = await told(shop, order, "dispute_opened", **DISPUTE)
    other = replace(opened, id="evt_other", data={**DISPUTE, "dispute": "dp_2", "amount": 100})
    newer = replace(opened, id="evt_newer", created_at=SAID_AT + timedelta(minutes=1))
    await reader.keep(opened, other, replace(newer, data={**DISPUTE, "status": "under_review"}))
    await reader.read()
    disputes = (await shop.reads.after(order.id)).disputes.values()
    assert {(one.id, one.status) for one in disputes} == {("dp_1", "under_review"), ("dp_2", "needs_response")}


async def test_where_the_gateway_does_not_say_whose_it_is_it_is_asked_again(
    shop: Process, reader: Reader, dsn: str, order: Checkout
) -> None:
    shop.wire.lose.add("reference_of")
    await reader.keep(await told(shop, order, "dispute_opened", **DISPUTE))
    await reader.read()
    assert await outcomes(dsn) == ["waiting: not confirmed yet"]
    await hasten(dsn)
    await reader.read()
    assert await outcomes(dsn) == ["done: asked"]


async def test_what_nobody_here_sold_is_unmatched(reader: Reader, dsn: str) -> None:
    unknown = replace(a_message(kind="dispute_opened", ref="sbx_nobody"), data=DISPUTE)
    nameless = a_message(kind="refund", ref="")
    await reader.keep(unknown, nameless)
    await reader.read()
    assert sorted(await outcomes(dsn)) == ["unmatched: names no payment", "unmatched: no such order"]


@pytest.mark.parametrize("nonsense", [{"amount": "much"}, {"currency": "zzz"}], ids=["amount", "currency"])
async def test_a_dispute_that_makes_no_sense_is_put_back_and_not_spun_on(
    shop: Process, reader: Reader, dsn: str, order: Checkout, nonsense: dict[str, str]
) -> None:
    await reader.keep(await told(shop, order, "dispute_opened", **{**DISPUTE, **nonsense}))
    await reader.read()
    assert await outcomes(dsn) == ["waiting: failed"]
    assert await value(dsn, "SELECT due_at > clock_timestamp() FROM race.inbox")
