"""A gateway that hangs, or that nobody names any more, decides nothing: what is found there waits."""

from functools import partial

import pytest
from msgspec.structs import replace

from race_to_purchase.loops.reconcile import loop
from race_to_purchase.loops.reconcile.loop import Reconcile
from race_to_purchase.store.findings import leading
from tests.reconcile.reconciler import AT_ONCE, Reconciler


def without_gateways(reconciler: Reconciler, dsn: str) -> Reconcile:
    """The same reconciliation, with settings that name no gateway any more."""
    process = reconciler.process
    lead = partial(leading, dsn)
    return Reconcile(process.committer, process.reads, reconciler.findings, process.purchase, {}, lead, AT_ONCE)


async def test_a_void_that_hangs_is_given_up_and_done_again(reconciler: Reconciler, dsn: str) -> None:
    checkout = await reconciler.too_late()
    reconciler.process.wire.hold.add("void")
    await Reconciler(reconciler.process, dsn, pace=replace(AT_ONCE, timeout_s=0.05)).whole()
    assert [finding.state for finding in await reconciler.all()] == ["repairing"]
    reconciler.process.wire.hold.clear()
    await reconciler.whole()
    assert [finding.state for finding in await reconciler.all()] == ["repaired"]
    assert await reconciler.payment(checkout) == "voided"


async def test_a_payment_is_not_missing_because_nobody_says_whether_it_is_there(
    reconciler: Reconciler, dsn: str
) -> None:
    await reconciler.bought()
    await reconciler.sql("UPDATE sandbox.payment SET created_at = created_at + interval '1 hour'")  # Not listed.
    reconciler.process.wire.hold.add("look_up")
    hasty = Reconciler(reconciler.process, dsn, pace=replace(AT_ONCE, timeout_s=0.05))
    assert (await hasty.whole()).found == {}
    reconciler.process.wire.hold.clear()
    assert (await reconciler.whole()).found == {}, "it is there, though not listed"


async def test_what_is_found_at_a_gateway_waits_until_somebody_names_it_again(reconciler: Reconciler, dsn: str) -> None:
    await reconciler.too_late()
    reconciler.process.wire.hold.add("void")
    hasty = Reconciler(reconciler.process, dsn, pace=replace(AT_ONCE, timeout_s=0.05))
    await hasty.whole()
    figures = await without_gateways(reconciler, dsn).whole()
    assert figures is not None
    assert figures.repaired == ()
    await reconciler.sql("UPDATE finding SET state = 'open'")
    await without_gateways(reconciler, dsn).whole()
    assert [finding.state for finding in await reconciler.all()] == ["open"]


async def test_a_tick_gives_way_and_says_that_there_is_more(
    reconciler: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reconciler.bought()
    monkeypatch.setattr(loop, "TICK_S_MAX", 0.0)
    ticks = 1
    while await reconciler.reconcile.tick():
        ticks += 1
    assert ticks > 3, "each walk does one window a tick"
    assert reconciler.reconcile.lag_s < 30.0, "it has come to where what is too young begins"
