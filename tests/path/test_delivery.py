"""The merchant is told of a captured order: signed, again and again until it is accepted, always as one message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from race_to_purchase.gateways.webhook.publisher import WebhookPublisher
from race_to_purchase.gateways.webhook.secret import new_secret
from race_to_purchase.rules.outcomes import Answered
from race_to_purchase.rules.rows import Checkout
from tests.listening import listening
from tests.path.shop import Process, make_due
from tests.sale import recount, value


class Merchant:
    """A merchant's system on the loopback. It answers with `status`; `got` are the ids and bodies that arrived."""

    def __init__(self) -> None:
        self.secret = new_secret()
        self.status = 200
        self.got: list[tuple[str, bytes]] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        Webhook(self.secret).verify(body, dict(request.headers))
        self.got.append((request.headers["webhook-id"], body))
        return web.Response(status=self.status)


@pytest.fixture
async def merchant() -> AsyncIterator[Merchant]:
    """A merchant who listens."""
    merchant = Merchant()
    async with listening(merchant.receive, "/hook") as merchant.url:
        yield merchant


@pytest.fixture
async def publisher(merchant: Merchant) -> AsyncIterator[WebhookPublisher]:
    """The way to the merchant."""
    publisher = WebhookPublisher(merchant.url, merchant.secret, allow_private=True)
    yield publisher
    await publisher.close()


@pytest.fixture
async def shop(dsn: str, publisher: WebhookPublisher) -> AsyncIterator[Process]:
    """A process that delivers."""
    process = await Process.start(dsn, publisher)
    await process.open()
    yield process
    await process.stop()


async def bought(shop: Process) -> Checkout:
    """An order whose money has arrived."""
    checkout = await shop.reserve()
    assert isinstance(await shop.pay(checkout), Answered)
    await shop.settle()
    return checkout


async def test_a_captured_order_is_delivered_and_fulfilled(shop: Process, merchant: Merchant, dsn: str) -> None:
    checkout = await bought(shop)
    await shop.owed("deliver")
    ((id_, body),) = merchant.got
    assert checkout.id in id_
    told = msgspec.json.decode(body)
    assert (told["type"], told["data"]["order"]["id"]) == ("order.paid", checkout.id)
    assert (await shop.checkout(checkout)).state == "fulfilled"
    assert await recount(dsn, at_rest=True) == []


async def test_what_is_not_accepted_is_told_again_as_the_same_message(
    shop: Process, merchant: Merchant, dsn: str
) -> None:
    checkout = await bought(shop)
    merchant.status = 500
    await shop.owed("deliver")
    waits = await value(dsn, "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM race.task")
    assert 1 < waits < 60, "not at once"
    assert (await shop.checkout(checkout)).state == "paid"
    await shop.owed("deliver")
    assert len(merchant.got) == 1, "and not before its time"

    await make_due(dsn)
    await shop.owed("deliver")
    later = await value(dsn, "SELECT extract(epoch FROM due_at - clock_timestamp())::float FROM race.task")
    assert later > waits, "less and less often"

    merchant.status = 204
    await make_due(dsn)
    await shop.owed("deliver")
    assert len(merchant.got) == 3
    assert len(set(merchant.got)) == 1, "the same id and the same bytes each time"
    assert (await shop.checkout(checkout)).state == "fulfilled"
    assert await recount(dsn, at_rest=True) == []


async def test_who_never_accepts_is_given_up_at_last(shop: Process, merchant: Merchant, dsn: str) -> None:
    checkout = await bought(shop)
    merchant.status = 410
    for _ in range(30):
        await make_due(dsn)
        await shop.owed("deliver")
    assert 5 < len(merchant.got) < 30
    assert (await shop.checkout(checkout)).state == "paid"
    assert "undeliverable" in [line.what for line in await shop.reads.history(checkout.id)]
    assert await recount(dsn, at_rest=True) == []


async def test_nobody_is_told_of_an_order_whose_capture_was_refused(shop: Process, merchant: Merchant) -> None:
    checkout = await shop.reserve()
    await shop.pay(checkout, "pm_capture_refused")
    await shop.settle()
    await shop.owed("deliver")
    assert merchant.got == []


async def test_a_process_lost_in_delivery_is_taken_over(
    shop: Process, merchant: Merchant, publisher: WebhookPublisher, dsn: str
) -> None:
    checkout = await bought(shop)
    await shop.reads.take_tasks(["deliver"], 10, 60)
    other = await Process.start(dsn, publisher)
    await other.owed("deliver")
    assert merchant.got == [], "it is leased"
    await make_due(dsn)
    await asyncio.gather(other.owed("deliver"), shop.owed("deliver"))
    assert len(merchant.got) == 1
    assert (await other.checkout(checkout)).state == "fulfilled"
    await other.stop()


async def test_a_private_address_is_refused_unless_it_is_allowed(dsn: str, merchant: Merchant) -> None:
    url = merchant.url.replace("http://127.0.0.1", "https://localhost")
    careful = WebhookPublisher(url, merchant.secret)
    shop = await Process.start(dsn, careful)
    await shop.open()
    await bought(shop)
    await shop.owed("deliver")
    assert merchant.got == []
    assert await value(dsn, "SELECT tries FROM race.task") == 2
    await careful.close()
    await shop.stop()
