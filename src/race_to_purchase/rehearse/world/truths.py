"""What must be true after every single COMMIT, every deed of the gateway and every answer: cheap, and exact at once.

The full checks of `checks` come when a world has come to rest. These here see what would heal until then: a pool that
was wrong for a moment, an end that was left again, a charge that was taken back.
"""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from race_to_purchase.app.in_memory import Rows
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Payment
from race_to_purchase.rehearse.world.reaching import reaching
from race_to_purchase.rehearse.world.requests import Request, read
from race_to_purchase.rehearse.world.truths_after import AfterTruths
from race_to_purchase.rules import attempt as attempts
from race_to_purchase.rules import checkout as checkouts
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.rows import Attempt, Checkout, Pool, StoredKey, attempt_id, task_id
from race_to_purchase.rules.snapshot import Snapshot

FIXED = attrgetter("key", "method", "amount", "currency", "gateway", "fence", "began_at")
"""What of an attempt never changes: the stored request."""


class Truths:
    """Watches one world; what it finds goes to `World.violated`."""

    def __init__(self, world: World, rows: Rows) -> None:
        self._violated = world.violated
        self._rows = rows
        self._checkouts: dict[str, Checkout] = {}
        self._attempts: dict[tuple[str, int], Attempt] = {}
        self._books = world.gateway
        self._payments = world.gateway.payments
        self.spoilt: set[str] = set()
        """Pools that somebody has changed by hand, until they are counted again."""
        self._two_step = {at.name for at in world.plan.gateways if at.two_step}
        self._after = AfterTruths(world, rows)
        self._held: Counter[str] = Counter()
        self._sold: Counter[str] = Counter()

    def committed(self, snapshot: Snapshot) -> None:
        """After a COMMIT: only what it changed is looked at."""
        for checkout_id in snapshot.checkouts.changed:
            self._checkout(self._rows.checkouts[checkout_id], snapshot)
        for name in snapshot.attempts.changed:
            self._attempt(self._rows.attempts[name])
        for pool_id in snapshot.pools.changed:
            pool = self._rows.pools[pool_id]
            if not (pool.held >= 0 <= pool.sold and pool.held + pool.sold <= pool.capacity):
                self._violated("pool_bounds", pool_id, f"held {pool.held}, sold {pool.sold} of {pool.capacity}")
            if pool_id in self.spoilt:
                if not self.miscounted(pool):
                    self.spoilt.discard(pool_id)
                continue
            if pool.held != self._held[pool_id]:
                self._violated("pool_held_matches_claims", pool_id, f"says {pool.held}, is {self._held[pool_id]}")
            if pool.sold != self._sold[pool_id]:
                self._violated("pool_sold_matches_claims", pool_id, f"says {pool.sold}, is {self._sold[pool_id]}")
        if snapshot.after is not None:
            self._after.committed(snapshot.after)
        for order in snapshot.orders:
            if self._rows.checkouts[order.id].state not in checkouts.SOLD:
                self._violated("order_without_paid_checkout", order.id, self._rows.checkouts[order.id].state)

    def was_rewritten(self, row: Checkout | Attempt) -> None:
        """Somebody has changed a row by hand: what comes after is judged from there."""
        if isinstance(row, Attempt):
            self._attempts[(row.checkout_id, row.n)] = row
            return
        self._claim(self._checkouts[row.id], -1)
        self._claim(row, 1)
        self._checkouts[row.id] = row

    def miscounted(self, pool: Pool) -> bool:
        """Whether a pool says something else than the checkouts that claim it."""
        return (pool.held, pool.sold) != self.counted(pool.id)

    def counted(self, pool_id: str) -> tuple[int, int]:
        """What is held and sold of a pool by the checkouts that claim it."""
        return self._held[pool_id], self._sold[pool_id]

    def _checkout(self, row: Checkout, snapshot: Snapshot) -> None:
        before = self._checkouts.get(row.id)
        self._checkouts[row.id] = row
        if before is not None:
            self._claim(before, -1)
            if row.state not in CHECKOUTS_REACH[before.state]:
                self._violated("illegal_transition", row.id, f"{before.state} became {row.state}")
            if row.fence < before.fence or row.version <= before.version:
                self._violated("fence_went_back", row.id, f"{before.fence} became {row.fence}")
            gave_up = before.state in checkouts.EXPIRING and row.state in ("lapsed", "expired", "cancelled")
            if gave_up and row.fence == before.fence:
                self._violated("fence_not_raised", row.id, f"{before.state} became {row.state}")
            timely = row.state == "lapsed" or (row.state == "expired" and before.state in ("open", "reserved"))
            if timely and before.state != row.state and snapshot.now < row.deadline:
                self._violated("ended_before_deadline", row.id, f"{before.state} became {row.state}")
        self._claim(row, 1)
        if row.state == "paid" and row.id not in self._rows.orders:
            self._violated("paid_checkout_without_order", row.id, "at the pivot")

    def _claim(self, row: Checkout, times: int) -> None:
        if row.state in checkouts.HOLDING:
            _add(self._held, row.claims.hold, times)
        elif row.state in checkouts.SOLD:
            _add(self._sold, row.claims.hold, times)
            _add(self._sold, row.claims.commit, times)

    def _attempt(self, row: Attempt) -> None:
        name = (row.checkout_id, row.n)
        subject = attempt_id(*name)
        before = self._attempts.get(name)
        self._attempts[name] = row
        if before is None:
            earlier = self._attempts.get((row.checkout_id, row.n - 1))
            if earlier is not None and earlier.state in attempts.OPEN:
                self._violated("two_open_attempts", subject, f"the one before is {earlier.state}")
        else:
            if row.state not in ATTEMPTS_REACH[before.state]:
                self._violated("illegal_transition", subject, f"{before.state} became {row.state}")
            if before.answer is not None and before.answer != row.answer:
                self._violated("answer_changed", subject, f"{before.answer!r} became {row.answer!r}")
            if FIXED(before) != FIXED(row):
                self._violated("request_changed", subject, "what is stored of a request never changes")
        waits = row.state in attempts.OPEN
        followed = (row.checkout_id, row.n + 1) in self._rows.attempts
        if (waits and row.answer is not None) or (row.answer is None and not (waits or followed)):
            self._violated("attempt_without_answer", subject, row.state)
        task = self._rows.tasks.get(task_id(*name))
        if (task.kind if task else None) != owed(row):
            self._violated("owed_without_task", subject, f"{row.state}, with a {task.kind if task else 'missing'} task")

    def attempt_of(self, payment: Payment) -> Attempt | None:
        """The attempt that a payment was made for."""
        checkout_id, _, n = payment.request.reference.partition("/")
        return self._rows.attempts.get((checkout_id, int(n)))

    def at_gateway(self, what: str, payment: Payment) -> None:
        """After a deed of the gateway: is it one that our rows stand for?"""
        subject = payment.request.reference
        if payment.request.key in self._books.strays:
            self._stray(payment, subject)
            return
        attempt = self.attempt_of(payment)
        if attempt is None or attempt.key != payment.request.key:
            self._violated("sent_before_stored", subject, f"{payment.ref} is under a key that no attempt has")
        elif what == "authorize" and payment.gateway in self._two_step and attempt.gateway_ref != payment.ref:
            self._violated("authorized_before_stored", subject, f"{payment.ref} is not in our rows")
        elif what == "capture":
            self._once(payment)
            if attempt.state not in ("committed", "captured") or attempt.checkout_id not in self._rows.orders:
                self._violated("charged_without_order", subject, f"captured while the attempt is {attempt.state}")
        elif what == "refund":
            self._refunded(payment)
        elif what == "void" and attempt.state not in ("doomed", "voided", "declined"):
            self._violated("voided_though_wanted", subject, f"voided while the attempt is {attempt.state}")

    def _stray(self, payment: Payment, subject: str) -> None:
        """It is touched only by a repair that was written down before; what belongs to somebody else is not at all."""
        if self._books.strays[payment.request.key] == "stranger":
            self._violated("stranger_touched", subject, f"{payment.ref} is {payment.state}")
        elif not any(row.repair and row.detail.get("ref") == payment.ref for row in self._rows.findings.values()):
            self._violated("repaired_before_noted", subject, f"{payment.ref} is {payment.state}")

    def _refunded(self, payment: Payment) -> None:
        """What went back was asked for in our rows, or undoes what may not be."""
        key = list(payment.refunds)[-1]
        known = {row.id for row in self._rows.refunds.values() if row.order_id == payment.checkout_id}
        if key not in known and key != f"{payment.request.key}-undo":
            self._violated("refunded_before_stored", payment.checkout_id, f"{key} is in no row")

    def _once(self, payment: Payment) -> None:
        """No other payment of the checkout has taken money and kept it."""
        live_n = self._rows.checkouts[payment.checkout_id].live_n
        keys = (self._rows.attempts[(payment.checkout_id, n)].key for n in range(1, live_n + 1))
        taken = [other for key in keys if (other := self._payments.get(key)) and other.captured > other.refunded]
        if len(taken) > 1:
            self._violated("charged_twice", payment.checkout_id, " and ".join(other.ref for other in taken))


class Diary:
    """What buyers were told, by idempotency key."""

    def __init__(self, world: World, rows: Rows) -> None:
        self._violated = world.violated
        self._rows = rows
        self._told: dict[tuple[str, str, bytes], Answer] = {}

    def before(self, request: Request) -> StoredKey | None:
        """The key of the request, as it is stored before it is sent."""
        return None if request.key is None else self._rows.stored.get((request.key.scope, request.key.key))

    def told(self, request: Request, stored: StoredKey | None, answer: Answer) -> None:
        """The buyer gets `answer`, or would, if the connection held."""
        if answer.status == 201:
            self._exists(request, answer)
        elif answer.status == 200 and request.route in ("pay", "return"):
            self._is_paid(request)
        elif answer.status == 409 and b'"reservation_expired"' in answer.body:
            self._is_over(request)
        key = request.key
        if key is None or answer.status in (202, 500, 503) or b'"idempotency_in_flight"' in answer.body:
            return
        if stored is not None and stored.fingerprint != key.fingerprint:
            if answer.status != 422:
                self._violated("key_of_another_request", request.checkout_id, f"{key.key}: {answer.status}")
            return
        now_stored = self._rows.stored.get((key.scope, key.key))
        mine = now_stored is not None and now_stored.fingerprint == key.fingerprint
        # A refusal that was decided before the key was stored may come late; it is no answer of the stored request.
        if stored is not None or answer.status in (200, 201) or (mine and answer.status == 402):
            first = self._told.setdefault((key.scope, key.key, key.fingerprint), answer)
            if (first.status, first.body) != (answer.status, answer.body):
                subject = request.checkout_id or read(first.body).id
                self._violated("answers_differ", subject, f"{key.key}: {first} became {answer}")

    def _exists(self, request: Request, answer: Answer) -> None:
        checkout = self._rows.checkouts.get(read(answer.body).id)
        if checkout is None or checkout.buyer != request.buyer:
            self._violated("answered_but_missing", "", f"{request.buyer} was told of {answer.body!r}")

    def _is_paid(self, request: Request) -> None:
        if request.checkout_id not in self._rows.orders:
            self._violated("answered_but_missing", request.checkout_id, "its buyer was told that it is paid")

    def _is_over(self, request: Request) -> None:
        """Whoever is told that nothing was charged buys again."""
        n = self._rows.checkouts[request.checkout_id].live_n
        attempt = self._rows.attempts.get((request.checkout_id, n))
        if attempt is not None and attempt.state in attempts.OPEN | {"committed", "captured"}:
            self._violated("told_of_no_charge", request.checkout_id, "its buyer was told that nothing was charged")


def owed(attempt: Attempt) -> str | None:
    """The kind of task that an attempt has."""
    if attempt.state in attempts.OPEN:
        return "resolve"
    return {"committed": "capture", "doomed": "void"}.get(attempt.state)


def _add(counter: Counter[str], claims: dict[str, int], times: int) -> None:
    for pool_id, quantity in claims.items():
        counter[pool_id] += times * quantity


CHECKOUTS_REACH = reaching(checkouts.TRANSITIONS)
ATTEMPTS_REACH = reaching(attempts.TRANSITIONS)
