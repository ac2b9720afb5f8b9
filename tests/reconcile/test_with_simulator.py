"""Reconciliation and settlement against the gateway simulator, over Stripe's API and with its own report."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from race_to_purchase.app.commands.audit_gateways import GatewaySilent, audit_gateways
from race_to_purchase.app.commands.settle import UnknownSettler, run_settle, settle_at
from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.operate import settlement
from race_to_purchase.path.refund import RefundRequest
from race_to_purchase.rules.commands import Authorization
from race_to_purchase.rules.outcomes import Outcome, RefundStored
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.rules.verdicts import Declined
from race_to_purchase.settings import Settings
from race_to_purchase.store.postgres import PostgresStore
from tests.path.shop import PATIENCE, Process, Wire
from tests.reconcile.reconciler import Reconciler
from tests.simulator.running import Running, running

KEY = "sk_test_simulator"
CARD = "pm_card_visa"


@pytest.fixture
def bank() -> Iterator[Running]:
    """A simulator without faults."""
    with running(api_key=KEY) as one:
        yield one


@pytest.fixture
async def reconciler(dsn: str, bank: Running) -> AsyncIterator[Reconciler]:
    """A shop that sells through the simulator, and its reconciliation."""
    wire = Wire(StripeGateway("stripe", KEY, ("whsec_x",), bank.url, timeout_s=5.0))  # type: ignore[arg-type]
    wire.two_step = True
    process = Process(await PostgresStore.open(dsn, connections=4), wire, None, PATIENCE)
    await process.open()
    yield Reconciler(process, dsn)
    await process.stop()


async def bought(reconciler: Reconciler, buyer: str = "ada", card: str = CARD) -> Checkout:
    checkout = await reconciler.process.reserve(buyer)
    await reconciler.process.pay(checkout, card)
    await reconciler.process.settle()
    assert (await reconciler.process.attempt(checkout)).state == "captured"
    return checkout


async def payment_of(reconciler: Reconciler, checkout: Checkout) -> str:
    ref = (await reconciler.process.attempt(checkout)).gateway_ref
    assert ref is not None
    return ref


async def test_an_orphan_at_the_simulator_is_voided(reconciler: Reconciler, bank: Running) -> None:
    await bought(reconciler)
    late = await reconciler.process.reserve("bob")
    reconciler.process.wire.lose.add("authorize")
    await reconciler.process.pay(late, CARD)
    given_up = Declined("never_received", retryable=True)
    await reconciler.process.committer.submit(Authorization(late.drop_id, late.id, late.claims.pools, 1, given_up))
    figures = await reconciler.whole()
    assert [finding.kind for finding in figures.repaired] == ["authorization_left_open"]
    assert figures.compared["payments at stripe"] == 2
    assert bank.book(f"{late.id}/1")["held"] == 0
    assert (await reconciler.whole()).found == {}


async def given_back(reconciler: Reconciler, checkout: Checkout, amount: int | None = None) -> Outcome:
    wish = RefundRequest(checkout.id, amount, "asked for", restock=False, asked_by="shop")
    return await reconciler.process.refunds.request(wish)


@pytest.mark.parametrize("amount", [500, None])
async def test_a_refund_that_both_have_is_no_difference(reconciler: Reconciler, amount: int | None) -> None:
    checkout = await bought(reconciler)
    await given_back(reconciler, checkout, 100)
    await given_back(reconciler, checkout, amount)
    assert (await reconciler.whole()).found == {}


async def test_a_refund_that_somebody_made_at_the_gateway_is_shown(
    reconciler: Reconciler, dsn: str, bank: Running
) -> None:
    checkout = await bought(reconciler)
    await given_back(reconciler, checkout, 100)
    bank.v1.refunds.create({"payment_intent": await payment_of(reconciler, checkout)})
    figures = await reconciler.whole()
    assert (figures.found, figures.repaired) == ({"refunds_differ_at_gateway": 1}, ())
    (finding,) = await reconciler.all()
    assert finding.state == "open"
    assert finding.detail["what"] == "15900 paid back, we say 100 and 0 pending"
    told = (await audit_gateways(at_simulator(dsn, bank), dsn, in_use=False)).findings
    assert [(one.check, one.amount) for one in told] == [("refunds_differ_at_gateway", 15_800)]


async def test_a_refund_that_the_bank_sent_back_without_our_hearing_of_it_has_failed(reconciler: Reconciler) -> None:
    checkout = await bought(reconciler, card="pm_card_refundFail")
    told = await given_back(reconciler, checkout, 100)
    assert isinstance(told, RefundStored)
    assert told.refund.state == "done"
    figures = await reconciler.whole()
    (repaired,) = figures.repaired
    assert repaired.kind == "refunds_differ_at_gateway"
    assert repaired.how.startswith("refund 1 has failed: ")
    after = await reconciler.process.reads.after(checkout.id)
    assert after.refunds[(checkout.id, 1)].state == "failed"
    assert after.guards[checkout.id].left == 15_900
    assert (await reconciler.whole()).found == {}


async def test_a_gateway_that_does_not_say_is_asked_about_the_refund_again(reconciler: Reconciler) -> None:
    checkout = await bought(reconciler, card="pm_card_refundFail")
    await given_back(reconciler, checkout, 100)
    reconciler.process.wire.lose.add("look_up_refund")
    await reconciler.whole()
    assert [finding.state for finding in await reconciler.all()] == ["repairing"]
    await reconciler.whole()
    assert [finding.state for finding in await reconciler.all()] == ["repaired"]


def report(bank: Running, folder: Path, **change: str) -> Path:
    """The simulator's report as a file; `change` turns one text into another."""
    text = requests.get(f"{bank.control_url}/_control/settlement.csv", timeout=10).text
    for before, after in change.items():
        text = text.replace(before, after)
    file = folder / "report.csv"
    file.write_text(text, encoding="utf-8-sig")
    return file


async def run(dsn: str, file: Path, gateway: str = "stripe") -> tuple[int, str, Any]:
    out, written = io.StringIO(), file.with_suffix(".json")
    settings = Settings(database_url=dsn)
    status = await asyncio.to_thread(run_settle, settings, file, gateway, Console(file=out, width=220), written)
    return status, out.getvalue(), json.loads(written.read_bytes())


async def test_a_file_is_matched_and_its_fees_are_booked_once(
    reconciler: Reconciler, dsn: str, bank: Running, tmp_path: Path
) -> None:
    for buyer in ("ada", "bob", "eve"):
        await bought(reconciler, buyer)
    file = report(bank, tmp_path)
    fees = sum(movement.fee for movement in settlement.read(file.read_text("utf-8-sig"), "r"))
    for booked in ((3, 0), (0, 3)):
        status, told, written = await run(dsn, file)
        assert (status, written["differences"], written["categories"]) == (0, [], {"charge": 3})
        assert (written["booked"], written["booked_before"]) == booked
        assert "everything matches" in told
    query = "SELECT sum(b.amount) FROM journal, unnest(accounts, amounts) AS b (account, amount) WHERE account = $1"
    assert await reconciler.value(query, "fees:stripe") == fees > 0
    assert await reconciler.value(query, "receivable:stripe") == 3 * 15_900 - fees
    assert (await reconciler.whole()).found == {}, "what stands for itself in the journal is no order's"


async def test_what_differs_is_listed_and_the_status_is_1(
    reconciler: Reconciler, dsn: str, bank: Running, tmp_path: Path
) -> None:
    refunded, kept = await bought(reconciler), await bought(reconciler, "bob")
    bank.v1.refunds.create({"payment_intent": await payment_of(reconciler, refunded), "amount": 500})
    bank.paid(2000)
    status, told, written = await run(dsn, report(bank, tmp_path))
    assert status == 1
    found = {(one["kind"], one["what"], one["ours"], one["theirs"]) for one in written["differences"]}
    assert found == {("missing_here", "refund", 0, -500), ("missing_here", "charge", 0, 2000)}
    assert "missing_here" in told
    assert kept.id not in told


async def test_a_refund_that_its_bank_has_not_got_yet_is_no_difference(
    reconciler: Reconciler, dsn: str, bank: Running, tmp_path: Path
) -> None:
    checkout = await bought(reconciler, card="pm_card_pendingRefund")
    asked = await reconciler.process.refunds.request(
        RefundRequest(checkout.id, 500, "late", restock=False, asked_by="shop")
    )
    assert isinstance(asked, RefundStored)
    assert asked.refund.state == "sent"
    status, _, written = await run(dsn, report(bank, tmp_path))
    assert (status, written["differences"], written["categories"]) == (0, [], {"charge": 1, "refund": 1})


async def test_an_order_that_is_not_in_the_file_is_missing_there(
    reconciler: Reconciler, dsn: str, bank: Running, tmp_path: Path
) -> None:
    for buyer in ("first", "ada", "last"):
        await bought(reconciler, buyer)
    movements = settlement.read(report(bank, tmp_path).read_text("utf-8-sig"), "report.csv")
    without = [movements[0], movements[2]]
    done = await settle_at(Settings(database_url=dsn), dsn, without, "stripe", grace=timedelta(seconds=-5))
    assert [(one.kind, one.order_id) for one in done.differences] == [("missing_there", movements[1].order_id)]


async def test_a_gateway_that_nobody_knows_is_refused_before_anything_is_booked(
    reconciler: Reconciler, dsn: str, bank: Running, tmp_path: Path
) -> None:
    await bought(reconciler)
    with pytest.raises(UnknownSettler, match="stripes"):
        await run(dsn, report(bank, tmp_path), "stripes")
    assert await reconciler.value("SELECT count(*) FROM journal") == 1


def at_simulator(dsn: str, bank: Running) -> Settings:
    return Settings(database_url=dsn, stripe_key=KEY, stripe_base=bank.url, gateway_timeout_s=2.0)


async def test_an_audit_asks_the_gateway_for_its_own_list(reconciler: Reconciler, dsn: str, bank: Running) -> None:
    paid = await bought(reconciler)
    clean = await audit_gateways(at_simulator(dsn, bank), dsn, in_use=False)
    assert (clean.payments, clean.findings) == ({"stripe": 1}, ())
    assert (await audit_gateways(at_simulator(dsn, bank), dsn, in_use=True)).payments == {"stripe": 0}, "it is young"
    bank.paid(2000)
    await reconciler.sql("UPDATE attempt SET state = 'voided'")
    dirty = await audit_gateways(at_simulator(dsn, bank), dsn, in_use=False)
    found = {(finding.check, finding.amount) for finding in dirty.findings}
    assert found == {("unknown_reference", 2000), ("charged_without_order", 15_900)}
    assert f"{paid.id}/1" in {finding.subject for finding in dirty.findings}


async def test_an_audit_says_which_gateway_is_silent(reconciler: Reconciler, dsn: str, bank: Running) -> None:
    bank.control("/outage", {"mode": "cut"}, "PUT")
    with pytest.raises(GatewaySilent, match="stripe"):
        await audit_gateways(at_simulator(dsn, bank), dsn, in_use=False)
    bank.control("/outage", {"mode": "none"}, "PUT")
