"""A payment whose gateway says nothing for days is left to people, and is settled when somebody asks once more."""

from race_to_purchase.rules.commands import Authorization, Expire
from race_to_purchase.rules.rows import Checkout, task_id
from race_to_purchase.rules.verdicts import Authorized
from tests.path.shop import age, make_due
from tests.reconcile.reconciler import Reconciler
from tests.sale import recount

SIX_DAYS = 6 * 24 * 60


async def asked_in_vain(reconciler: Reconciler) -> None:
    """The task falls due, and there is no answer."""
    await make_due(reconciler.dsn)
    reconciler.process.wire.lose.add("look_up")
    await reconciler.process.owed("resolve")


async def silent(reconciler: Reconciler) -> Checkout:
    """A payment that was authorized without anybody hearing of it, six days ago."""
    checkout = await reconciler.process.reserve()
    reconciler.process.wire.lose.add("authorize")
    await reconciler.process.pay(checkout)
    await asked_in_vain(reconciler)
    assert await reconciler.all() == [], "it is early, and it will be asked again"
    await age(reconciler.dsn, SIX_DAYS)
    await reconciler.process.committer.submit(Expire(checkout.drop_id, checkout.id, checkout.claims.pools))
    await asked_in_vain(reconciler)
    return checkout


async def due_in_s(reconciler: Reconciler, checkout: Checkout) -> float:
    query = "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM task WHERE id = $1"
    return float(await reconciler.value(query, task_id(checkout.id, 1)))


async def test_after_five_days_people_are_told_and_no_loop_asks_again(reconciler: Reconciler) -> None:
    checkout = await silent(reconciler)
    (finding,) = await reconciler.all()
    assert (finding.kind, finding.state, finding.subject) == ("unresolved", "open", f"{checkout.id}/1")
    assert finding.detail["what"] == "the wire was cut"
    assert (await reconciler.process.attempt(checkout)).state == "unknown"
    reconciler.process.wire.calls.clear()
    await reconciler.process.owed("resolve")
    assert reconciler.process.wire.calls == []
    assert await due_in_s(reconciler, checkout) > 365 * 86_400
    assert await recount(reconciler.dsn) == [], "what is left to people owes nothing that a check would miss"


async def test_an_answer_that_comes_after_all_leaves_its_next_step_due_soon(reconciler: Reconciler) -> None:
    checkout = await silent(reconciler)
    at = (checkout.drop_id, checkout.id, checkout.claims.pools, 1)
    ref = await reconciler.payment(checkout, "ref")
    await reconciler.process.committer.submit(Authorization(*at, Authorized(ref, checkout.quote.total)))
    assert (await reconciler.process.attempt(checkout)).state == "committed"
    assert 0 < await due_in_s(reconciler, checkout) <= 60


async def test_the_gateways_list_settles_it_and_its_finding_is_closed(reconciler: Reconciler) -> None:
    checkout = await silent(reconciler)
    await reconciler.whole()
    states = {finding.kind: finding.state for finding in await reconciler.all()}
    assert states == {"undecided": "repaired", "unresolved": "closed"}
    await reconciler.process.settle()
    assert await reconciler.payment(checkout) == "captured"
    assert await recount(reconciler.dsn, at_rest=True) == []


async def test_only_who_insists_has_the_gateway_asked(reconciler: Reconciler) -> None:
    """The gateway lists nothing, since the request never came there."""
    checkout = await silent(reconciler)
    await reconciler.sql("DELETE FROM sandbox.payment")
    reconciler.process.wire.calls.clear()
    await reconciler.reconcile.tick()
    assert reconciler.process.wire.calls == []
    assert [finding.state for finding in await reconciler.all()] == ["open"]
    await reconciler.whole()
    assert "look_up" in reconciler.process.wire.calls
    assert [(finding.kind, finding.state) for finding in await reconciler.all()] == [("unresolved", "closed")]
    assert (await reconciler.process.attempt(checkout)).decline_code == "never_received"
