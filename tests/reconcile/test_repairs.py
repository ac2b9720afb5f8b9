"""What has one right answer is repaired: once, by the ordinary commands, and with a row that says so."""

import pytest

from race_to_purchase.gateways.sandbox.answers import prefix_of
from race_to_purchase.rules.verdicts import NoAnswer
from tests.path.shop import pass_deadline
from tests.reconcile.desk import Desk
from tests.sale import recount


async def repaired(desk: Desk, kind: str, how: str, *, rows: int = 1) -> None:
    """One pass repairs it and says so; another finds nothing any more."""
    figures = await desk.whole()
    findings = await desk.all()
    assert [(f.kind, f.state, f.how) for f in findings if f.kind == kind] == [(kind, "repaired", how)] * rows
    assert [finding.kind for finding in figures.repaired] == [kind] * rows
    assert {finding.state for finding in findings} == {"repaired"}
    assert await desk.value("SELECT count(*) FROM event WHERE kind IN ('finding_repaired', 'pool_recounted')") == rows
    assert (await desk.whole()).found == {}
    assert await desk.all() == findings


@pytest.mark.parametrize("lost", [False, True])
async def test_an_authorization_that_came_after_its_attempt_was_given_up_is_voided(desk: Desk, lost: bool) -> None:
    checkout = await desk.too_late()
    if lost:  # The step is stored; its answer is not.
        desk.process.wire.lose.add("void")
        await desk.whole()
        assert [finding.state for finding in await desk.all()] == ["repairing"]
        await desk.whole()
    else:
        await repaired(desk, "authorization_left_open", "voided")
    assert await desk.payment(checkout) == "voided"
    (attempt,) = [f for f in await desk.process.reads.history(checkout.id) if f.what == "reconciled"]
    assert attempt.detail == "voided"
    assert await recount(desk.dsn, at_rest=True) == []


async def test_money_that_was_taken_for_an_attempt_without_an_order_is_given_back(desk: Desk) -> None:
    checkout = await desk.too_late()
    ref = await desk.payment(checkout, "ref")
    await desk.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
    await repaired(desk, "charged_without_order", f"refunded {checkout.quote.total}")
    assert await desk.payment(checkout, "captured - refunded") == 0
    assert desk.process.wire.calls.count("refund") == 1


async def test_what_is_captured_before_it_could_be_voided_is_refunded(desk: Desk) -> None:
    """The list showed it authorized; the void says that it was taken meanwhile."""
    checkout = await desk.too_late()
    void = desk.process.wire.void

    async def capture_first(ref: str, key: str):  # type: ignore[no-untyped-def]
        await desk.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
        return await void(ref, key)

    desk.process.wire.void = capture_first  # type: ignore[method-assign]
    await repaired(desk, "authorization_left_open", f"refunded {checkout.quote.total}")
    assert await desk.payment(checkout, "captured - refunded") == 0


@pytest.mark.parametrize("method", ["pm_approved", "pm_declined"])
async def test_an_attempt_that_is_decided_there_is_resolved_at_once(desk: Desk, method: str) -> None:
    checkout = await desk.process.reserve()
    desk.process.wire.lose.add("authorize")
    await desk.process.pay(checkout, method)
    await desk.whole()
    await desk.process.settle()
    assert (await desk.process.checkout(checkout)).state == ("paid" if method == "pm_approved" else "reserved")
    (finding,) = await desk.all()
    assert (finding.kind, finding.state) == ("undecided", "repaired")
    assert (await desk.whole()).found == {}


async def test_a_capture_whose_answer_was_lost_is_noted_at_once(desk: Desk) -> None:
    checkout = await desk.process.reserve()
    desk.process.wire.lose.add("capture")
    await desk.process.pay(checkout)
    await desk.process.settle()
    assert (await desk.process.attempt(checkout)).state == "committed"
    await repaired(desk, "undecided", "attempt is captured")


async def test_a_reservation_that_nobody_ended_is_released(desk: Desk) -> None:
    checkout = await desk.process.reserve()
    await pass_deadline(desk.dsn, checkout)
    await desk.sql("UPDATE checkout SET deadline = deadline - interval '5 min'")
    await repaired(desk, "stuck_checkout", "released")
    assert await desk.process.counts() == (0, 0)


@pytest.mark.parametrize("state", ["unknown", "committed", "doomed"])
async def test_a_step_that_is_owed_gets_its_task_again(desk: Desk, state: str) -> None:
    checkout = await desk.process.reserve()
    desk.process.wire.lose |= {"authorize" if state == "unknown" else "capture"}
    await desk.process.pay(checkout)
    await desk.process.settle()
    kinds = {"unknown": "resolve", "committed": "capture", "doomed": "void"}
    await desk.sql("UPDATE attempt SET state = $1", state)
    await desk.sql("DELETE FROM task")
    await desk.sql("DELETE FROM sandbox.payment")
    if state == "doomed":
        await desk.sql("DELETE FROM orders; DELETE FROM journal; UPDATE pool SET sold = 0")
        await desk.sql("UPDATE checkout SET state = 'expired'")
    await repaired(desk, "owed_without_task", f"{kinds[state]} task")
    assert await desk.value("SELECT kind FROM task") == kinds[state]


@pytest.mark.parametrize(("column", "pool"), [("held", "item/shoe"), ("sold", "item/shoe"), ("held", "buyer/ada")])
async def test_counts_that_went_wrong_are_counted_again(desk: Desk, column: str, pool: str) -> None:
    await desk.process.open(limit_per_buyer=5)
    await desk.process.reserve()
    await desk.bought("bob")
    change = {
        "held": "UPDATE pool SET held = held + 2 WHERE id = $1",
        "sold": "UPDATE pool SET sold = sold + 2 WHERE id = $1",
    }
    await desk.sql(change[column], f"aurora/{pool}")
    before = {"held": "held 3 to 1", "sold": "sold 3 to 1"}[column]
    await desk.whole()
    (finding,) = await desk.all()
    assert (finding.kind, finding.state) == ("pool_miscounted", "repaired")
    assert before in finding.how
    assert await recount(desk.dsn) == []
    assert (await desk.whole()).found == {}


async def test_a_pool_may_go_wrong_twice(desk: Desk) -> None:
    for _ in range(2):
        await desk.sql("UPDATE pool SET held = held + 2 WHERE id = 'aurora/item/shoe'")
        await desk.whole()
        assert await recount(desk.dsn) == []
    (finding,) = await desk.all()
    assert (finding.state, finding.seen) == ("repaired", 2)


async def test_a_second_payment_under_one_attempt_is_voided(desk: Desk) -> None:
    checkout = await desk.bought()
    await desk.sql(
        "INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state)"
        " VALUES ('sbx_second', $1, 15900, 'EUR', 'pm_approved', 'authorized')",
        f"{checkout.id}/1",
    )
    await repaired(desk, "authorization_left_open", "voided")


async def test_a_void_that_is_never_answered_stays_under_repair_and_is_seen(desk: Desk) -> None:
    checkout = await desk.too_late()

    async def silence(ref: str, key: str) -> NoAnswer:
        return NoAnswer("nothing came back")

    desk.process.wire.void = silence  # type: ignore[method-assign]
    for _ in range(2):
        await desk.whole()
    assert [finding.state for finding in await desk.findings.unended("", 10)] == ["repairing"]
    assert await desk.payment(checkout) == "authorized"


async def test_a_repair_that_was_not_answered_is_gone_on_with_by_the_next_tick(desk: Desk) -> None:
    """The walks have passed it, and would not come by again."""
    checkout, void = await desk.too_late(), desk.process.wire.void

    async def silence(ref: str, key: str) -> NoAnswer:
        return NoAnswer("nothing came back")

    desk.process.wire.void = silence  # type: ignore[method-assign]
    await desk.whole()
    desk.process.wire.void = void  # type: ignore[method-assign]
    await desk.sql("UPDATE walk SET reached = (now() + interval '1 hour')::text")
    await desk.reconcile.tick()
    assert [finding.state for finding in await desk.all()] == ["repaired"]
    assert await desk.payment(checkout) == "voided"


async def test_what_is_refused_is_for_people_and_never_tried_again(desk: Desk) -> None:
    checkout = await desk.too_late()
    ref = await desk.payment(checkout, "ref")
    await desk.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
    await desk.sql("UPDATE sandbox.payment SET state = 'captured', refunded = 1")
    refund = desk.process.wire.refund

    async def too_much(ref: str, amount: int, key: str):  # type: ignore[no-untyped-def]
        return await refund(ref, amount + 5, key)

    desk.process.wire.refund = too_much  # type: ignore[method-assign]
    for _ in range(2):
        await desk.whole()
    (finding,) = await desk.all()
    assert (finding.state, finding.how) == ("open", "refund refused: more_than_captured")
    assert desk.process.wire.calls.count("refund") == 1
    assert ref == prefix_of("sandbox") + (await desk.process.attempt(checkout)).key
