"""What has one right answer is repaired: once, by the ordinary commands, and with a row that says so."""

import pytest

from race_to_purchase.gateways.sandbox.answers import prefix_of
from race_to_purchase.rules.verdicts import NoAnswer
from tests.path.shop import pass_deadline
from tests.reconcile.reconciler import Reconciler
from tests.sale import recount


async def repaired(reconciler: Reconciler, kind: str, how: str, *, rows: int = 1) -> None:
    """One pass repairs it and says so; another finds nothing any more."""
    figures = await reconciler.whole()
    findings = await reconciler.all()
    assert [(f.kind, f.state, f.how) for f in findings if f.kind == kind] == [(kind, "repaired", how)] * rows
    assert [finding.kind for finding in figures.repaired] == [kind] * rows
    assert {finding.state for finding in findings} == {"repaired"}
    assert (
        await reconciler.value("SELECT count(*) FROM event WHERE kind IN ('finding_repaired', 'pool_recounted')")
        == rows
    )
    assert (await reconciler.whole()).found == {}
    assert await reconciler.all() == findings


@pytest.mark.parametrize("lost", [False, True])
async def test_an_authorization_that_came_after_its_attempt_was_given_up_is_voided(
    reconciler: Reconciler, lost: bool
) -> None:
    checkout = await reconciler.too_late()
    if lost:  # The step is stored; its answer is not.
        reconciler.process.wire.lose.add("void")
        await reconciler.whole()
        assert [finding.state for finding in await reconciler.all()] == ["repairing"]
        await reconciler.whole()
    else:
        await repaired(reconciler, "authorization_left_open", "voided")
    assert await reconciler.payment(checkout) == "voided"
    (attempt,) = [f for f in await reconciler.process.reads.history(checkout.id) if f.what == "reconciled"]
    assert attempt.detail == "voided"
    assert await recount(reconciler.dsn, at_rest=True) == []


async def test_money_that_was_taken_for_an_attempt_without_an_order_is_given_back(reconciler: Reconciler) -> None:
    checkout = await reconciler.too_late()
    ref = await reconciler.payment(checkout, "ref")
    await reconciler.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
    await repaired(reconciler, "charged_without_order", f"refunded {checkout.quote.total}")
    assert await reconciler.payment(checkout, "captured - refunded") == 0
    assert reconciler.process.wire.calls.count("refund") == 1


async def test_what_is_captured_before_it_could_be_voided_is_refunded(reconciler: Reconciler) -> None:
    """The list showed it authorized; the void says that it was taken meanwhile."""
    checkout = await reconciler.too_late()
    void = reconciler.process.wire.void

    async def capture_first(ref: str, key: str):  # type: ignore[no-untyped-def]
        await reconciler.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
        return await void(ref, key)

    reconciler.process.wire.void = capture_first  # type: ignore[method-assign]
    await repaired(reconciler, "authorization_left_open", f"refunded {checkout.quote.total}")
    assert await reconciler.payment(checkout, "captured - refunded") == 0


@pytest.mark.parametrize("method", ["pm_approved", "pm_declined"])
async def test_an_attempt_that_is_decided_there_is_resolved_at_once(reconciler: Reconciler, method: str) -> None:
    checkout = await reconciler.process.reserve()
    reconciler.process.wire.lose.add("authorize")
    await reconciler.process.pay(checkout, method)
    await reconciler.whole()
    await reconciler.process.settle()
    assert (await reconciler.process.checkout(checkout)).state == ("paid" if method == "pm_approved" else "reserved")
    (finding,) = await reconciler.all()
    assert (finding.kind, finding.state) == ("undecided", "repaired")
    assert (await reconciler.whole()).found == {}


async def test_a_capture_whose_answer_was_lost_is_noted_at_once(reconciler: Reconciler) -> None:
    checkout = await reconciler.process.reserve()
    reconciler.process.wire.lose.add("capture")
    await reconciler.process.pay(checkout)
    await reconciler.process.settle()
    assert (await reconciler.process.attempt(checkout)).state == "committed"
    await repaired(reconciler, "undecided", "attempt is captured")


async def test_a_reservation_that_nobody_ended_is_released(reconciler: Reconciler) -> None:
    checkout = await reconciler.process.reserve()
    await pass_deadline(reconciler.dsn, checkout)
    await reconciler.sql("UPDATE checkout SET deadline = deadline - interval '5 min'")
    await repaired(reconciler, "stuck_checkout", "released")
    assert await reconciler.process.counts() == (0, 0)


@pytest.mark.parametrize("state", ["unknown", "committed", "doomed"])
async def test_a_step_that_is_owed_gets_its_task_again(reconciler: Reconciler, state: str) -> None:
    checkout = await reconciler.process.reserve()
    reconciler.process.wire.lose |= {"authorize" if state == "unknown" else "capture"}
    await reconciler.process.pay(checkout)
    await reconciler.process.settle()
    kinds = {"unknown": "resolve", "committed": "capture", "doomed": "void"}
    await reconciler.sql("UPDATE attempt SET state = $1", state)
    await reconciler.sql("DELETE FROM task")
    await reconciler.sql("DELETE FROM sandbox.payment")
    if state == "doomed":
        await reconciler.sql("DELETE FROM orders; DELETE FROM journal; UPDATE pool SET sold = 0")
        await reconciler.sql("UPDATE checkout SET state = 'expired'")
    await repaired(reconciler, "owed_without_task", f"{kinds[state]} task")
    assert await reconciler.value("SELECT kind FROM task") == kinds[state]


@pytest.mark.parametrize(("column", "pool"), [("held", "item/shoe"), ("sold", "item/shoe"), ("held", "buyer/ada")])
async def test_counts_that_went_wrong_are_counted_again(reconciler: Reconciler, column: str, pool: str) -> None:
    await reconciler.process.open(limit_per_buyer=5)
    await reconciler.process.reserve()
    await reconciler.bought("bob")
    change = {
        "held": "UPDATE pool SET held = held + 2 WHERE id = $1",
        "sold": "UPDATE pool SET sold = sold + 2 WHERE id = $1",
    }
    await reconciler.sql(change[column], f"aurora/{pool}")
    before = {"held": "held 3 to 1", "sold": "sold 3 to 1"}[column]
    await reconciler.whole()
    (finding,) = await reconciler.all()
    assert (finding.kind, finding.state) == ("pool_miscounted", "repaired")
    assert before in finding.how
    assert await recount(reconciler.dsn) == []
    assert (await reconciler.whole()).found == {}


async def test_a_pool_may_go_wrong_twice(reconciler: Reconciler) -> None:
    for _ in range(2):
        await reconciler.sql("UPDATE pool SET held = held + 2 WHERE id = 'aurora/item/shoe'")
        await reconciler.whole()
        assert await recount(reconciler.dsn) == []
    (finding,) = await reconciler.all()
    assert (finding.state, finding.seen) == ("repaired", 2)


async def test_a_second_payment_under_one_attempt_is_voided(reconciler: Reconciler) -> None:
    checkout = await reconciler.bought()
    await reconciler.sql(
        "INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state)"
        " VALUES ('sbx_second', $1, 15900, 'EUR', 'pm_approved', 'authorized')",
        f"{checkout.id}/1",
    )
    await repaired(reconciler, "authorization_left_open", "voided")


async def test_a_void_that_is_never_answered_stays_under_repair_and_is_seen(reconciler: Reconciler) -> None:
    checkout = await reconciler.too_late()

    async def silence(ref: str, key: str) -> NoAnswer:
        return NoAnswer("nothing came back")

    reconciler.process.wire.void = silence  # type: ignore[method-assign]
    for _ in range(2):
        await reconciler.whole()
    assert [finding.state for finding in await reconciler.findings.unended("", 10)] == ["repairing"]
    assert await reconciler.payment(checkout) == "authorized"


async def test_a_repair_that_was_not_answered_is_gone_on_with_by_the_next_tick(reconciler: Reconciler) -> None:
    """The walks have passed it, and would not come by again."""
    checkout, void = await reconciler.too_late(), reconciler.process.wire.void

    async def silence(ref: str, key: str) -> NoAnswer:
        return NoAnswer("nothing came back")

    reconciler.process.wire.void = silence  # type: ignore[method-assign]
    await reconciler.whole()
    reconciler.process.wire.void = void  # type: ignore[method-assign]
    await reconciler.sql("UPDATE walk SET reached = (now() + interval '1 hour')::text")
    await reconciler.reconcile.tick()
    assert [finding.state for finding in await reconciler.all()] == ["repaired"]
    assert await reconciler.payment(checkout) == "voided"


async def test_what_is_refused_is_for_people_and_never_tried_again(reconciler: Reconciler) -> None:
    checkout = await reconciler.too_late()
    ref = await reconciler.payment(checkout, "ref")
    await reconciler.process.wire.gateway.capture(ref, checkout.quote.total, "by-hand")
    await reconciler.sql("UPDATE sandbox.payment SET state = 'captured', refunded = 1")
    refund = reconciler.process.wire.refund

    async def too_much(ref: str, amount: int, key: str):  # type: ignore[no-untyped-def]
        return await refund(ref, amount + 5, key)

    reconciler.process.wire.refund = too_much  # type: ignore[method-assign]
    for _ in range(2):
        await reconciler.whole()
    (finding,) = await reconciler.all()
    assert (finding.state, finding.how) == ("open", "refund refused: more_than_captured")
    assert reconciler.process.wire.calls.count("refund") == 1
    assert ref == prefix_of("sandbox") + (await reconciler.process.attempt(checkout)).key
