"""What the simulation has found, each as the smallest case that shows it."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from race_to_purchase.commit.committer import Committer
from race_to_purchase.loops.loop import Loop
from race_to_purchase.path import pay
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.route import Facts, Router
from race_to_purchase.ports import Conflict
from race_to_purchase.rehearse.world.loop import VirtualLoop
from race_to_purchase.rules.commands import (
    Authorization,
    BeginPayment,
    Capture,
    Deliver,
    Line,
    NextAttempt,
    PutDrop,
    Reserve,
)
from race_to_purchase.rules.decide import decide, touch
from race_to_purchase.rules.drop import Drop, Item, shared_pools
from race_to_purchase.rules.outcomes import StillPaying, TriedNext
from race_to_purchase.rules.rows import Attempt, AttemptState, Checkout, CheckoutState, Claims, Quote, task_id
from race_to_purchase.rules.snapshot import Keys, Snapshot
from race_to_purchase.rules.verdicts import Absent, Authorized, Captured, NoAnswer, NotSent
from race_to_purchase.store.memory.store import MemoryStore
from tests.path.scripted import Scripted

BEGAN = datetime(2026, 12, 1, 18, tzinfo=UTC)
DEADLINE = BEGAN + timedelta(minutes=10)


ATTEMPT = Attempt("c", 1, "far", "unknown", "k", "pm", 1, "EUR", 0, BEGAN)


def a_checkout(state: CheckoutState) -> Checkout:
    return Checkout("c", "d", "b", state, Quote("EUR", (), 1, 0, 1), Claims({}), DEADLINE, BEGAN, 0, 1)


@pytest.mark.parametrize(
    ("state", "after_deadline_s", "sent_again", "end"),
    [
        ("paying", -1, True, "unknown"),
        # It was sent again until a moment ago, and may be on its way, however long ago the attempt began.
        ("lapsed", 1, False, "unknown"),
        ("lapsed", 60, False, "unknown"),
        ("lapsed", 301, False, "doomed"),
        # The loop that ends reservations is late; a request that is sent now could arrive after it was given up.
        ("paying", 1, False, "unknown"),
    ],
)
def test_a_request_is_given_up_only_long_after_anybody_could_send_it(
    state: CheckoutState, after_deadline_s: int, sent_again: bool, end: AttemptState
) -> None:
    now = DEADLINE + timedelta(seconds=after_deadline_s)
    checkout = a_checkout(state)
    assert pay.wanted(ATTEMPT, checkout, now) is sent_again
    snapshot = Snapshot(now, {}, {"c": checkout}, {("c", 1): ATTEMPT})
    decision = decide(snapshot, Authorization("d", "c", (), 1, Absent()))
    assert [row.state for row in decision.rows if isinstance(row, Attempt)] == [end]


def test_a_request_so_old_that_its_key_may_be_forgotten_is_not_sent_again() -> None:
    """A reservation that lasts for days: the gateway would make a second payment of it."""
    checkout = replace(a_checkout("paying"), deadline=BEGAN + timedelta(days=3))
    assert pay.wanted(ATTEMPT, checkout, BEGAN + timedelta(hours=22))
    assert not pay.wanted(ATTEMPT, checkout, BEGAN + timedelta(hours=23))


DROP = Drop(id="d", title="D", opens_at=BEGAN, currency="EUR", items=(Item("i", "I", 100, 5),))
POOLS = tuple(shared_pools(DROP))
SILENCE = NoAnswer("no answer")
NEWS = [
    ("capture", Capture("d", "c", POOLS, 1, SILENCE, True), Capture("d", "c", POOLS, 1, Captured("ref", 100), True)),
    ("deliver", Deliver("d", "c", POOLS, 1, False, 5.0), Deliver("d", "c", POOLS, 1, True)),
]


@pytest.mark.parametrize(("step", "late", "done"), NEWS, ids=["capture", "deliver"])
async def test_a_step_that_somebody_finished_is_not_asked_for_again(
    step: str, late: Capture | Deliver, done: Capture | Deliver
) -> None:
    """Read without locks, the late decision knew nothing of the other: it would have brought the task back for ever."""
    store = MemoryStore(lambda: BEGAN)
    committer = Committer(store)
    await committer.submit(PutDrop("d", DROP, POOLS))
    await committer.submit(Reserve("d", "c", "ada", (Line("i", 1),), POOLS))
    await committer.submit(BeginPayment("d", "c", POOLS, None, "far", "k", "pm", 15.0))
    await committer.submit(Authorization("d", "c", POOLS, 1, Authorized("ref", 100)))
    if step == "deliver":
        await committer.submit(Capture("d", "c", POOLS, 1, Captured("ref", 100), True))
    async with store.session() as session:
        keys = Keys()
        touch(keys, late, None)
        snapshot = await session.read(keys, lock=False)
        for row in decide(snapshot, late).rows:
            snapshot.put(row)
        await committer.submit(done)
        with pytest.raises(Conflict):
            await session.apply(snapshot)
    assert not [task for task in store.rows.tasks.values() if task.kind == step]


def failed_over() -> Authorization:
    """A payment of which nothing is known to have been sent, and where else it may go."""
    then = NextAttempt("backup", "k2", 15.0)
    return Authorization("d", "c", POOLS, 1, NotSent("no connection"), then=then)


async def begun(store: MemoryStore) -> Committer:
    committer = Committer(store)
    await committer.submit(PutDrop("d", DROP, POOLS))
    await committer.submit(Reserve("d", "c", "ada", (Line("i", 1),), POOLS))
    await committer.submit(BeginPayment("d", "c", POOLS, None, "far", "k", "pm", 15.0))
    return committer


@pytest.mark.parametrize(("after_s", "state"), [(14, "declined"), (15, "unknown")])
async def test_only_while_nobody_else_may_have_sent_it_a_payment_that_was_not_sent_goes_elsewhere(
    after_s: int, state: str
) -> None:
    """Whoever took it over had asked about it, in vain; the first process had sent it, and it was authorized."""
    now = [BEGAN]
    store = MemoryStore(lambda: now[0])
    committer = await begun(store)
    now[0] += timedelta(seconds=after_s)
    await committer.submit(failed_over())
    assert store.rows.attempts[("c", 1)].state == state


async def test_a_failover_that_is_decided_again_finds_the_attempt_that_it_began() -> None:
    """After a COMMIT of unknown fate its process asked again, was told nothing, and its buyer got an error."""
    store = MemoryStore(lambda: BEGAN)
    committer = await begun(store)
    command = failed_over()
    first = await committer.submit(command)
    assert isinstance(first, TriedNext)
    assert await committer.submit(command) == first
    stranger = Authorization("d", "c", POOLS, 1, NotSent("no connection"), then=NextAttempt("backup", "k3", 15.0))
    assert await committer.submit(stranger) == StillPaying("c", 2)


async def test_a_late_authorization_is_not_captured_because_the_payment_was_taken_elsewhere() -> None:
    """Who asked about the first attempt heard that it was authorized, and that the checkout was paid: by the next."""
    store = MemoryStore(lambda: BEGAN)
    committer = await begun(store)
    far, backup = Scripted("far", Authorized("far-ref", 100)), Scripted("backup", Authorized("backup-ref", 100))
    purchase = Purchase(
        committer, store, {"far": far, "backup": backup}, Router([PacedGateway(far), PacedGateway(backup)])
    )
    far.opened.clear()
    task = store.rows.tasks[task_id("c", 1)]
    late = asyncio.create_task(purchase.take_over(task))
    while not far.asked:
        await asyncio.sleep(0)
    await committer.submit(Authorization("d", "c", POOLS, 1, SILENCE, then=NextAttempt("backup", "k2", 15.0)))
    await committer.submit(Authorization("d", "c", POOLS, 2, Authorized("backup-ref", 100)))
    far.opened.set()
    await late
    await purchase.drain(10)
    assert far.asked == ["look_up", "void"]
    assert store.rows.attempts[("c", 1)].state == "voided"


class AnyOther(Router):
    """Chooses the backup for what another gateway could not take."""

    def choose(self, facts: Facts, tried: Collection[str] = ()) -> str | None:
        return "backup" if tried else "far"


async def test_that_a_question_was_not_sent_is_no_proof_that_nothing_was() -> None:
    """The clock of the database had gone back into the time in which only the first sender can know."""
    store = MemoryStore(lambda: BEGAN)
    committer = await begun(store)
    far, backup = Scripted("far", NotSent("no connection")), Scripted("backup")
    gateways = {"far": far, "backup": backup}
    purchase = Purchase(committer, store, gateways, AnyOther([PacedGateway(far), PacedGateway(backup)]))
    await purchase.take_over(store.rows.tasks[task_id("c", 1)])
    assert store.rows.attempts[("c", 1)].state == "unknown"
    assert backup.asked == []


def test_a_loop_that_looks_seldom_does_so() -> None:
    """The longest pause after failures had bounded every pause: what was to look each hour looked every ten seconds."""
    looked: list[float] = []

    class Looks:
        name = "looks"

        async def tick(self) -> bool:
            looked.append(asyncio.get_running_loop().time())
            return False

    async def for_a_day() -> None:
        loop = Loop(Looks(), 3600.0)
        loop.start()
        await asyncio.sleep(86_400)
        await loop.stop()

    VirtualLoop(Random(1)).run(for_a_day())
    assert 20 <= len(looked) <= 31
