"""What Stripe tells a shop by messages, when nobody asks and when the shop is killed over them."""

import asyncio
from typing import Any

import requests

from tests.journeys.engine import ADMIN_KEY, Engine
from tests.journeys.test_stripe import Buyer, book_of, shop, stripe
from tests.sale import value
from tests.samples import PRICE
from tests.simulator.running import Process

__all__ = ["shop", "stripe"]


WAITING = "SELECT count(*) FROM race.inbox WHERE kind = 'payment' AND state <> 'done'"


def waiting(shop: Engine) -> int:
    """Messages about payments that are not done."""
    return int(asyncio.run(value(shop.dsn, WAITING)))


def as_operator(shop: Engine, path: str) -> Any:
    """What an operator sees."""
    return requests.get(f"{shop.url}{path}", headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=30).json()


def test_a_message_outlives_the_process_that_took_it_in(shop: Engine, stripe: Process) -> None:
    """Acknowledged, and killed before anything was done about it: it is worked off after the start."""
    kim = Buyer(shop, "kim")
    page = kim.pays("pm_card_threeDSecure2Required", return_url="https://shop.example/back").json()["next_action"]
    stripe.faults({"fault": "cut_before", "on": "payment_intents.retrieve"})
    requests.post(page, data={"outcome": "succeeded"}, timeout=30, allow_redirects=False)
    shop.until(lambda: waiting(shop))
    assert kim.state() == "paying"
    shop.kill()
    stripe.faults()
    shop.start()
    assert waiting(shop)
    asyncio.run(value(shop.dsn, "UPDATE race.inbox SET due_at = clock_timestamp() WHERE state <> 'done' RETURNING 1"))
    shop.until(lambda: kim.state() in ("paid", "fulfilled"))
    shop.until(lambda: book_of(stripe, kim.checkout)["captured"] == PRICE)
    shop.until(lambda: not waiting(shop))


def test_a_dispute_reaches_those_who_have_to_answer_it(shop: Engine, stripe: Process) -> None:
    """Its message names no order of ours: whose it is is asked for."""
    lou = Buyer(shop, "lou")
    assert lou.pays("pm_card_createDispute").json()["state"] == "paid"
    shop.until(lambda: lou.checkout in str(as_operator(shop, "/v1/admin/disputes")))
    assert as_operator(shop, "/v1/admin/inbox?state=left")["messages"] == []
