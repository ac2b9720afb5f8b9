"""What is wrong although no process of ours makes it so, and how reconciliation puts it right.

A world that has come to rest is spoilt: a row as an older backup has it, a count that somebody has changed by hand, a
payment at the gateway that nobody here knows of. Then the faults begin again, and every process reconciles, until
there is nothing left to repair; what only people can judge has to be told to them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from msgspec.structs import replace

from race_to_purchase.loops.reconcile.rows import MISCOUNTED
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rehearse.world.parts import Rest, World
from race_to_purchase.rehearse.world.payments import Payment
from race_to_purchase.rehearse.world.plan import BEGIN
from race_to_purchase.rules.attempt import TERMINAL
from race_to_purchase.rules.decide.waiting import UNRESOLVED, unresolved_id
from race_to_purchase.rules.rows import Attempt, Entry, Finding, Pool, attempt_id, finding_id

ROUNDS = (6, 14)
"""Passes while there are faults; then as many without as it takes, `ROUNDS_MAX` at most."""

ROUNDS_MAX = 40

PAUSE_S = (30.0, 400.0)
"""Between two passes: what is younger than five minutes is not judged."""

FLOOD = 40
"""More than is noted, or asked, at the same time."""

ENDED = ("declined", "voided")


class Wrongs:
    """See the module."""

    def __init__(self, world: World, rest: Rest) -> None:
        self._world = world
        self._rest = rest
        self._rows = world.database.store.rows
        self._ruined: dict[str, Pool] = {}
        self._lost: list[Entry] = []
        self._spoilt: set[str] = set()
        """Checkouts: what goes wrong twice may have no one right answer."""

    async def put_right(self) -> None:
        """Spoil the world, and let the processes repair it."""
        world = self._world
        for spoil in self._ways():
            for _ in range(world.pick((1, 2, 3, 6))):
                spoil()
        for _ in range(world.pick((0, 0, FLOOD))):
            self._come_from_a_stranger()
        # The backup knows nothing of what has been compared since.
        for walk in await world.database.findings.reached():
            await world.database.findings.reach(walk, (BEGIN - timedelta(hours=1)).isoformat())
        world.chaos.on = True
        rounds = world.pick(ROUNDS)
        for number in range(rounds):
            await self._pass()
            if 2 * number >= rounds:
                self._see_again()
        self._rest.end_faults()
        for _ in range(ROUNDS_MAX):
            await self._pass()
            if not self._unrepaired() and await self._is_judged():
                break
        await self._rest.quiet()
        for finding in self._unrepaired():
            world.violated("not_put_right", str(finding.detail.get("checkout", "")), f"{finding}")
        told = {row.detail.get("ref") for row in self._rows.findings.values()}
        for ref in self._strangers() - told:
            world.violated("stranger_not_told", "", f"{ref} is at the gateway, and in no finding")

    def _strangers(self) -> set[str]:
        books = self._world.gateway
        return {books.payments[key].ref for key, whose in books.strays.items() if whose == "stranger"}

    def _ways(self) -> list[Callable[[], None]]:
        return [
            self._miscount,
            lambda: self._stray("authorized"),
            lambda: self._stray("captured"),
            self._come_from_a_stranger,
            self._forget_a_capture,
            self._forget_a_refusal,
            self._leave_a_reservation,
            self._ruin_a_count,
            self._break_off_a_repair,
            self._send_back,
            self._lose_sight,
            self._lose_an_entry,
            self._ask_about_what_is_known,
        ]

    async def _pass(self) -> None:
        """Every process reconciles once, more or less together."""
        world = self._world
        up = [process for process in world.processes if process.up]
        whole = world.chance.random() < 0.3
        passes = [
            world.spawn(self._rest.attempt(each, each.reconcile.whole() if whole else each.reconcile.tick()))
            for each in up
            if each.reconcile
        ]
        for each in passes:
            await each
        await world.pause(world.between(*PAUSE_S))
        await self._rest.round()

    def _unrepaired(self) -> list[Finding]:
        strangers = self._strangers()
        unended = (row for row in self._rows.findings.values() if row.ended_at is None)
        return [row for row in unended if row.detail.get("ref") not in strangers]

    async def _is_judged(self) -> bool:
        """Whether every walk is past the newest payment and the newest checkout."""
        reached = await self._world.database.findings.reached()
        newest = max(
            [payment.created_at for payment in self._world.gateway.payments.values()]
            + [row.created_at for row in self._rows.checkouts.values()]
        )
        past = (newest + timedelta(minutes=1)).isoformat()
        walks = [at for name, at in reached.items() if name.endswith("/new")]
        return bool(walks) and min(walks) > past and not self._wrong_pools()

    def _wrong_pools(self) -> bool:
        return any(self._world.truths.miscounted(pool) for pool in self._rows.pools.values())

    def _any(self, wanted: Callable[[Attempt], bool]) -> Attempt | None:
        """One attempt of a checkout with which nothing is wrong yet."""
        rows = self._rows.attempts.values()
        some = [row for row in rows if row.checkout_id not in self._spoilt and wanted(row)]
        if not some:
            return None
        row: Attempt = self._world.pick(some)
        self._spoilt.add(row.checkout_id)
        return row

    def _miscount(self) -> None:
        """Somebody has helped a count along."""
        room = [pool for pool in self._rows.pools.values() if 0 < pool.sold < pool.capacity - pool.held]
        if room:
            pool = self._world.pick(room)
            self._rows.pools[pool.id] = replace(pool, held=pool.held + 1, version=pool.version + 1)
            self._world.truths.spoilt.add(pool.id)
            self._tell("", f"pool {pool.id}: one more is held")

    def _stray(self, state: Literal["authorized", "captured"]) -> None:
        """A payment of an attempt that has ended, of which nobody here has heard."""
        row = self._any(lambda row: row.state in ENDED)
        if row is not None:
            payment = self._payment(row, attempt_id(row.checkout_id, row.n), state)
            self._tell(row.checkout_id, f"{payment.ref} is {state} at {row.gateway}")

    def _come_from_a_stranger(self) -> None:
        """The shop's other system uses the same account."""
        attempts = list(self._rows.attempts.values())
        if attempts:
            payment = self._payment(self._world.pick(attempts), "invoice 4711", "captured")
            self._world.gateway.strays[payment.request.key] = "stranger"

    def _payment(self, like: Attempt, reference: str, state: Literal["authorized", "captured"]) -> Payment:
        world = self._world
        key, now = world.new_id(), world.database.now()
        request = PaymentRequest(key, like.amount or 1, like.currency, like.method, reference, now)
        payment = Payment(f"pay_{key}", like.gateway, request, now, state, request.amount)
        payment.captured = request.amount if state == "captured" else 0
        payment.lapses_at_s = world.loop.now_s + 7 * 86_400
        world.gateway.payments[key] = payment
        world.gateway.strays[key] = "ours"
        return payment

    def _forget_a_capture(self) -> None:
        """The attempt as a backup had it: committed, its task lost, while its gateway has taken the money."""
        row = self._any(lambda row: row.state == "captured")
        if row is not None:
            forgotten = replace(row, state="committed", version=row.version + 1)
            self._rows.attempts[(row.checkout_id, row.n)] = forgotten
            self._world.truths.was_rewritten(forgotten)
            self._tell(row.checkout_id, "the attempt is committed again, without a task")

    def _forget_a_refusal(self) -> None:
        """The attempt as a backup had it: nobody knew yet that its gateway had declined it."""
        books = self._world.gateway.payments
        row = self._any(lambda row: row.state == "declined" and row.answer is not None and row.key in books)
        if row is not None:
            forgotten = replace(row, state="unknown", answer=None, answer_status=None, version=row.version + 1)
            self._rows.attempts[(row.checkout_id, row.n)] = forgotten
            self._world.truths.was_rewritten(forgotten)
            self._tell(row.checkout_id, "the attempt is unknown again, without a task")

    def _ruin_a_count(self) -> None:
        """A count that cannot be put right by counting: there is less than was sold. People have to."""
        sold = [
            pool
            for pool in self._rows.pools.values()
            if pool.sold > 1 and not pool.held and pool.id not in self._world.truths.spoilt
        ]
        if sold:
            pool = self._world.pick(sold)
            self._ruined[pool.id] = pool
            self._rows.pools[pool.id] = replace(pool, sold=0, capacity=1, version=pool.version + 1)
            self._world.truths.spoilt.add(pool.id)
            self._tell("", f"pool {pool.id}: sold 0 of 1")

    def _break_off_a_repair(self) -> None:
        """Somebody was faster than a repair that its process did not finish: the count is right already."""
        pool = self._world.pick(list(self._rows.pools.values()))
        now, name = self._world.database.now(), finding_id(MISCOUNTED, pool.id)
        detail: dict[str, str | int] = {"what": "one more is held", "amount": 1}
        self._rows.findings.setdefault(
            name, Finding(name, MISCOUNTED, pool.id, pool.drop_id, "repairing", "recount", detail, now, now)
        )

    def _lose_sight(self) -> None:
        """For a while the gateway's list leaves out what it has, and some of that it does not find at all."""
        captured = [
            payment
            for payment in self._world.gateway.payments.values()
            if payment.state == "captured"
            and payment.checkout_id not in self._spoilt
            and payment.request.key not in self._world.gateway.strays
        ]
        books = self._world.gateway
        for payment in captured[: self._world.pick((1, FLOOD))]:
            books.hidden[payment.request.key] = self._world.chance.random() < 0.3

    def _lose_an_entry(self) -> None:
        """A sale is missing in the journal; only people can book it again."""
        left = [row for row in self._rows.entries.values() if row.kind == "sale" and row.order_id not in self._spoilt]
        if left:
            row = self._world.pick(left)
            self._spoilt.add(row.order_id)
            self._lost.append(self._rows.entries.pop((row.order_id, row.entry)))
            self._tell(row.order_id, "its sale is not in the journal")

    def _ask_about_what_is_known(self) -> None:
        """People were told that nobody knew how an attempt ended; meanwhile it is known."""
        row = self._any(lambda row: row.state in TERMINAL)
        if row is not None:
            now, name = self._world.database.now(), unresolved_id(row.checkout_id, row.n)
            drop_id = self._rows.checkouts[row.checkout_id].drop_id
            detail: dict[str, str | int] = {"checkout": row.checkout_id, "n": row.n, "gateway": row.gateway}
            subject = attempt_id(row.checkout_id, row.n)
            told = Finding(name, UNRESOLVED, subject, drop_id, "open", "", detail, now, now)
            self._rows.findings.setdefault(name, told)

    def _send_back(self) -> None:
        """A bank has sent a refund back, and the gateway has told nobody."""
        books = self._world.gateway
        done = [row for row in self._rows.refunds.values() if row.state == "done" and row.order_id not in self._spoilt]
        if done:
            row = self._world.pick(done)
            self._spoilt.add(row.order_id)
            payment = books.payments[row.payment_ref.removeprefix("pay_")]
            del payment.refunds[row.id]
            books.sent_back.add(row.id)
            self._tell(row.order_id, f"the bank sends back refund {row.n}")

    def _see_again(self) -> None:
        """The gateway is well again, and people have put right what they were told of."""
        self._world.gateway.hidden.clear()
        for pool in self._ruined.values():
            there = self._rows.pools[pool.id]
            held, sold = self._world.truths.counted(pool.id)
            self._rows.pools[pool.id] = replace(pool, held=held, sold=sold, version=there.version + 1)
        self._ruined.clear()
        self._rows.entries.update(((row.order_id, row.entry), row) for row in self._lost)
        self._lost.clear()

    def _leave_a_reservation(self) -> None:
        """A reservation that has ended is back, and no loop knows of it."""
        rows = self._rows
        for row in list(rows.checkouts.values()):
            if row.id in self._spoilt or not row.claims.hold.keys() <= rows.pools.keys() - self._world.truths.spoilt:
                continue
            pools = {pool_id: rows.pools[pool_id] for pool_id in row.claims.hold}
            room = all(pool.held + pool.sold + row.claims.hold[id_] <= pool.capacity for id_, pool in pools.items())
            if row.state == "expired" and not row.live_n and room and self._world.chance.random() < 0.3:
                back = replace(row, state="reserved", version=row.version + 1)
                rows.checkouts[row.id] = back
                for id_, pool in pools.items():
                    rows.pools[id_] = replace(pool, held=pool.held + row.claims.hold[id_], version=pool.version + 1)
                self._spoilt.add(row.id)
                self._world.truths.was_rewritten(back)
                self._tell(row.id, "the reservation is back")
                return

    def _tell(self, subject: str, what: str) -> None:
        self._world.story.tell(self._world.loop.now_s, subject, "somebody", "spoils", what)
