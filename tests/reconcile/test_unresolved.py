"""A payment whose gateway says nothing for days is left to people, and is settled when somebody asks once more."""

from race_to_purchase.rules.commands import Authorization, Expire
from race_to_purchase.rules.rows import Checkout, task_id
from race_to_purchase.rules.verdicts import Authorized
from tests.path.shop import age, make_due
from tests.reconcile.desk import Desk
from tests.sale import recount

SIX_DAYS = 6 * 24 * 60


async def asked_in_vain(desk: Desk) -> None:
    """The task falls due, and there is no answer."""
    await make_due(desk.dsn)
    desk.process.wire.lose.add("look_up")
    await desk.process.owed("resolve")


async def silent(desk: Desk) -> Checkout:
    """A payment that was authorized without anybody hearing of it, six days ago."""
    checkout = await desk.process.reserve()
    desk.process.wire.lose.add("authorize")
    await desk.process.pay(checkout)
    await asked_in_vain(desk)
    assert await desk.all() == [], "it is early, and it will be asked again"
    await age(desk.dsn, SIX_DAYS)
    await desk.process.committer.submit(Expire(checkout.drop_id, checkout.id, checkout.claims.pools))
    await asked_in_vain(desk)
    return checkout


async def due_in_s(desk: Desk, checkout: Checkout) -> float:
    query = "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM task WHERE id = $1"
    return float(await desk.value(query, task_id(checkout.id, 1)))


async def test_after_five_days_people_are_told_and_no_loop_asks_again(desk: Desk) -> None:
    checkout = await silent(desk)
    (finding,) = await desk.all()
    assert (finding.kind, finding.state, finding.subject) == ("unresolved", "open", f"{checkout.id}/1")
    assert finding.detail["what"] == "the wire was cut"
    assert (await desk.process.attempt(checkout)).state == "unknown"
    desk.process.wire.calls.clear()
    await desk.process.owed("resolve")
    assert desk.process.wire.calls == []
    assert await due_in_s(desk, checkout) > 365 * 86_400
    assert await recount(desk.dsn) == [], "what is left to people owes nothing that a check would miss"


async def test_an_answer_that_comes_after_all_leaves_its_next_step_due_soon(desk: Desk) -> None:
    checkout = await silent(desk)
    at = (checkout.drop_id, checkout.id, checkout.claims.pools, 1)
    ref = await desk.payment(checkout, "ref")
    await desk.process.committer.submit(Authorization(*at, Authorized(ref, checkout.quote.total)))
    assert (await desk.process.attempt(checkout)).state == "committed"
    assert 0 < await due_in_s(desk, checkout) <= 60


async def test_the_gateways_list_settles_it_and_its_finding_is_closed(desk: Desk) -> None:
    checkout = await silent(desk)
    await desk.whole()
    states = {finding.kind: finding.state for finding in await desk.all()}
    assert states == {"undecided": "repaired", "unresolved": "closed"}
    await desk.process.settle()
    assert await desk.payment(checkout) == "captured"
    assert await recount(desk.dsn, at_rest=True) == []


async def test_only_who_insists_has_the_gateway_asked(desk: Desk) -> None:
    """The gateway lists nothing, since the request never came there."""
    checkout = await silent(desk)
    await desk.sql("DELETE FROM sandbox.payment")
    desk.process.wire.calls.clear()
    await desk.reconcile.tick()
    assert desk.process.wire.calls == []
    assert [finding.state for finding in await desk.all()] == ["open"]
    await desk.whole()
    assert "look_up" in desk.process.wire.calls
    assert [(finding.kind, finding.state) for finding in await desk.all()] == [("unresolved", "closed")]
    assert (await desk.process.attempt(checkout)).decline_code == "never_received"
