"""The statements of `checks`, answered from rows in memory and from the books of the simulated gateway.

Each is named as its SQL is and finds the same, so that the simulation asks the very checks that `race audit` asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from race_to_purchase.app.in_memory import Rows
from race_to_purchase.loops.reconcile.rows import COMPARED
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Payment
from race_to_purchase.rehearse.world.rows_after import AfterRows
from race_to_purchase.rules.checkout import HOLDING, SOLD
from race_to_purchase.rules.rows import Attempt, Order, attempt_id, task_id

Found = Iterator[Sequence[Any]]

BOUGHT = ("paid", "fulfilled", "refunded", "returned")
OF_CHECKOUTS = frozenset(check.name for check in COMPARED)
"""Checks that are led by a checkout's id, and asked for some of them."""

ENDED = ("declined", "captured", "capture_failed", "voided")
OPEN = ("prepared", "sent", "unknown", "action_required", "authorized")


class MemoryRows(AfterRows):
    """`checks.Rows` over one world. A table is one range: there is no other work that a statement could hold up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows: Rows = world.database.store.rows
        books = world.gateway
        self._payments = {key: row for key, row in books.payments.items() if books.strays.get(key) != "stranger"}

    async def fetch(self, name: str, *arguments: Any) -> Sequence[Sequence[Any]]:
        """See `checks.Rows`."""
        if name.startswith("range_"):
            return [["\U0010ffff"]] if arguments[0] < "\U0010ffff" else []
        statement: Callable[..., Found] = getattr(self, f"_{name}")
        found = list(statement(*arguments))
        if name in OF_CHECKOUTS:
            after, until = arguments[:2]
            found = [row for row in found if after < row[0].partition("/")[0] <= until]
        return found

    def _window_checkout(self, after: str, until: str, limit: int) -> Found:
        ids = sorted(checkout_id for checkout_id in self._rows.checkouts if after < checkout_id <= until)[:limit]
        if ids:
            yield ids[-1], len(ids)

    def _pool_difference(self, pool_id: str, *_: Any) -> Found:
        pool = self._rows.pools.get(pool_id)
        if pool is not None:
            held = sold = 0
            for row in self._rows.checkouts.values():
                if row.state in HOLDING:
                    held += row.claims.hold.get(pool_id, 0)
                elif row.state in SOLD:
                    sold += row.claims.hold.get(pool_id, 0) + row.claims.commit.get(pool_id, 0)
            yield held - pool.held, sold - pool.sold

    def _attempt(self, order: Order) -> Attempt | None:
        return self._rows.attempts.get((order.id, order.attempt_n))

    def _of(self, payment: Payment) -> Attempt | None:
        """The attempt that a payment was made for."""
        checkout_id, _, n = payment.request.reference.partition("/")
        attempt = self._rows.attempts.get((checkout_id, int(n)))
        return attempt if attempt is not None and attempt.key == payment.request.key else None

    def _made_for(self, attempt: Attempt) -> Payment | None:
        found: Payment | None = self._payments.get((attempt.gateway_ref or "").removeprefix("pay_"))
        return found

    def _books(self) -> Found:
        yield (True,)

    def _pool_bounds(self, *_: Any) -> Found:
        for pool in self._rows.pools.values():
            if not (pool.held >= 0 <= pool.sold and pool.held + pool.sold <= pool.capacity):
                yield pool.id, f"held {pool.held}, sold {pool.sold}, capacity {pool.capacity}", 1

    def _no_line(self, *_: Any) -> Found:
        """No simulated drop has a door yet."""
        yield from ()

    _passes_differ = _pass_without_row = _pass_overdue = _late_number_missing = _draw_bent = _no_line

    def _settled_before(self, _age_s: float) -> Found:
        yield (self._world.database.now() - timedelta(days=36_500),)

    def _claims_settled(self, *_: Any) -> Found:
        yield from ()

    def _claims_pools(self, *_: Any) -> Found:
        for pool in self._rows.pools.values():
            if pool.kind == "buyer":
                yield pool.id, pool.kind, pool.capacity, pool.held, pool.sold

    def _claims_recent(self, *_: Any) -> Found:
        held: Counter[str] = Counter()
        sold: Counter[str] = Counter()
        for checkout in self._rows.checkouts.values():
            if checkout.state in HOLDING:
                held.update(checkout.claims.hold)
            elif checkout.state in SOLD:
                sold.update(checkout.claims.hold)
                sold.update(checkout.claims.commit)
        for pool_id in sorted(self._rows.pools.keys() | held.keys() | sold.keys()):
            pool = self._rows.pools.get(pool_id)
            if pool is None:
                yield pool_id, "missing", 0, 0, 0, held[pool_id], sold[pool_id]
            else:
                yield pool_id, pool.kind, pool.capacity, pool.held, pool.sold, held[pool_id], sold[pool_id]

    def _duplicate_orders(self, *_: Any) -> Found:
        paid = Counter(
            row.checkout_id
            for row in self._rows.attempts.values()
            if row.state in ("authorized", "committed", "captured")
        )
        for checkout_id, count in paid.items():
            if count > 1:
                yield checkout_id, f"{count} attempts", count - 1

    def _order_without_paid_checkout(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            checkout, attempt = self._rows.checkouts.get(order.id), self._attempt(order)
            states = (checkout.state if checkout else "missing", attempt.state if attempt else "missing")
            if states[0] not in BOUGHT and states != (
                "cancelled",
                "capture_failed",
            ):
                yield order.id, f"checkout is {states[0]}", 1

    def _paid_checkout_without_order(self, *_: Any) -> Found:
        for checkout in self._rows.checkouts.values():
            if checkout.state in BOUGHT and checkout.id not in self._rows.orders:
                yield checkout.id, f"checkout is {checkout.state}", 1

    def _captured_without_order(self, *_: Any) -> Found:
        for row in self._rows.attempts.values():
            order = self._rows.orders.get(row.checkout_id)
            if row.state in ("committed", "captured") and (order is None or order.attempt_n != row.n):
                yield attempt_id(row.checkout_id, row.n), f"attempt is {row.state}", row.amount

    def _orders_without_capture(self, _after: str, _until: str, patience_s: float) -> Found:
        before = self._world.database.now() - timedelta(seconds=patience_s)
        for order in self._rows.orders.values():
            attempt = self._attempt(order)
            if (attempt is None or attempt.state not in ("captured", "capture_failed")) and order.placed_at < before:
                yield order.id, f"attempt is {attempt.state if attempt else 'missing'}", order.amount

    def _doomed_committed(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            attempt = self._attempt(order)
            if attempt is not None and attempt.state in ("declined", "doomed", "voided"):
                yield order.id, f"attempt is {attempt.state}", 1

    def _capture_missed(self, *_: Any) -> Found:
        now = self._world.database.now()
        for attempt in self._rows.attempts.values():
            if attempt.state == "committed" and attempt.capture_before is not None and attempt.capture_before < now:
                yield attempt_id(attempt.checkout_id, attempt.n), f"before {attempt.capture_before}", attempt.amount

    def _two_open_attempts(self, *_: Any) -> Found:
        waiting = Counter(attempt.checkout_id for attempt in self._rows.attempts.values() if attempt.state in OPEN)
        for checkout_id, number in waiting.items():
            if number > 1:
                yield checkout_id, f"{number} attempts", number - 1

    def _end_without_answer(self, *_: Any) -> Found:
        for (checkout_id, n), attempt in self._rows.attempts.items():
            followed = (checkout_id, n + 1) in self._rows.attempts
            if attempt.answer is None and attempt.state not in OPEN and not followed:
                yield attempt_id(checkout_id, n), f"attempt is {attempt.state}", 1

    def _attempt_differs_from_quote(self, *_: Any) -> Found:
        for row in self._rows.attempts.values():
            quote = self._rows.checkouts[row.checkout_id].quote
            if (row.amount, row.currency) != (quote.total, quote.currency):
                yield attempt_id(row.checkout_id, row.n), f"{row.amount} instead of {quote.total}", 1

    def _order_differs_from_attempt(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            row = self._attempt(order)
            says = (order.amount, order.currency, order.gateway, order.gateway_ref)
            if row is not None and says != (row.amount, row.currency, row.gateway, row.gateway_ref):
                yield order.id, f"{says}", 1

    def _ledger_imbalance(self, *_: Any) -> Found:
        for entry in self._rows.entries.values():
            if sum(entry.amounts):
                yield entry.order_id, f"{entry.amounts}", abs(sum(entry.amounts))

    def _entry_without_order(self, *_: Any) -> Found:
        for entry in self._rows.entries.values():
            if entry.order_id not in self._rows.orders:
                yield entry.order_id, f"entry is a {entry.kind}", 1

    def _order_without_sale(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            entry = self._rows.entries.get((order.id, 0))
            if entry is None or entry.kind != "sale":
                yield order.id, "no entry 0 of kind sale", order.amount

    def _booked_amount_differs(self, *_: Any) -> Found:
        booked: Counter[str] = Counter()
        for entry in self._rows.entries.values():
            for account, amount in zip(entry.accounts, entry.amounts, strict=True):
                if account.startswith("receivable:"):
                    booked[entry.order_id] += amount
        for row in self._rows.disputes.values():
            booked[row.order_id] += row.fee + (row.amount if row.state in ("open", "lost") else 0)
        for order in self._rows.orders.values():
            guard = self._rows.guards.get(order.id)
            booked[order.id] += guard.refunded if guard is not None else 0
            expected = 0 if self._rows.checkouts[order.id].state == "cancelled" else order.amount
            if booked[order.id] != expected:
                yield order.id, f"{booked[order.id]} booked instead of {expected}", abs(booked[order.id] - expected)

    def _seal_chain_broken(self, *_: Any) -> Found:
        """Nothing is sealed in memory, nor are there running totals: entries are all there is."""
        yield from ()

    _sealed_entry_changed = _sealed_total_differs = _balance_differs = _seal_chain_broken

    def _trial_balance(self) -> Found:
        sums: Counter[str] = Counter()
        for entry in self._rows.entries.values():
            sums[entry.currency] += sum(entry.amounts)
        for currency, amount in sums.items():
            if amount:
                yield currency, f"{amount} too much", abs(amount)

    def _key_points_nowhere(self, *_: Any) -> Found:
        for row in self._rows.stored.values():
            if row.checkout_id is None or row.attempt_n is None:
                continue
            known = (row.checkout_id, -row.attempt_n) in self._rows.refunds
            if not known and (row.checkout_id, row.attempt_n) not in self._rows.attempts:
                yield f"{row.scope} {row.key}", f"attempt {row.checkout_id}/{row.attempt_n}", 1

    def _stuck_checkout(self, _after: str, _until: str, patience_s: float) -> Found:
        before = self._world.database.now() - timedelta(seconds=patience_s)
        for row in self._rows.checkouts.values():
            if row.state in ("open", "reserved", "paying") and row.deadline < before:
                yield row.id, f"{row.state} since its deadline", 1

    def _waiting_for_nothing(self, *_: Any) -> Found:
        for row in self._rows.checkouts.values():
            attempt = self._rows.attempts.get((row.id, row.live_n))
            if row.state in ("paying", "lapsed") and (attempt is None or attempt.state not in OPEN):
                yield row.id, f"{row.state}, attempt is {attempt.state if attempt else 'missing'}", 1

    def _owed_without_task(self, *_: Any) -> Found:
        for row in self._rows.attempts.values():
            task = self._rows.tasks.get(task_id(row.checkout_id, row.n))
            wanted = {"committed": "capture", "doomed": "void"}.get(row.state, "resolve")
            if row.state not in ENDED and (task is None or task.kind != wanted):
                yield attempt_id(row.checkout_id, row.n), f"{row.state}, task is {task.kind if task else 'missing'}", 1

    def _task_without_step(self, *_: Any) -> Found:
        for task in self._rows.tasks.values():
            row = self._rows.attempts.get((task.checkout_id, task.n))
            state = row.state if row else "missing"
            if state != "captured" if task.kind == "deliver" else state in (*ENDED, "missing"):
                yield task.id, f"a {task.kind} task, attempt is {state}", 1

    def _task_overdue(self, _after: str, _until: str, patience_s: float) -> Found:
        before = self._world.database.now() - timedelta(seconds=patience_s)
        for task in self._rows.tasks.values():
            if task.due_at < before:
                yield task.id, f"a {task.kind} task", 1

    def _message_overdue(self, *_: Any) -> Found:
        """The simulated gateway sends no messages: a world has to come to rest without them."""
        yield from ()

    def _charged_without_order(self, *_: Any) -> Found:
        for payment in self._payments.values():
            order = self._rows.orders.get(payment.checkout_id)
            attempt = self._attempt(order) if order and order.gateway_ref == payment.ref else None
            stands = attempt is not None and attempt.state != "capture_failed"
            if payment.captured > payment.refunded and not stands:
                yield payment.request.reference, f"payment {payment.ref}", payment.captured - payment.refunded

    def _charged_twice(self, *_: Any) -> Found:
        charged = Counter(
            payment.checkout_id for payment in self._payments.values() if payment.captured > payment.refunded
        )
        for checkout_id, count in charged.items():
            if count > 1:
                yield checkout_id, f"{count} payments", count - 1

    def _capture_missing_at_gateway(self, *_: Any) -> Found:
        for row in self._rows.attempts.values():
            payment = self._made_for(row)
            if row.state == "captured" and (payment is None or payment.state != "captured"):
                yield attempt_id(row.checkout_id, row.n), f"payment {row.gateway_ref}", row.amount

    def _captured_amount_differs(self, *_: Any) -> Found:
        for row in self._rows.attempts.values():
            payment = self._made_for(row)
            if row.state == "captured" and payment is not None and payment.captured != row.amount:
                yield attempt_id(row.checkout_id, row.n), f"{payment.captured} instead of {row.amount}", 1

    def _paid_by_another(self, *_: Any) -> Found:
        for order in self._rows.orders.values():
            payment = self._payments.get(order.gateway_ref.removeprefix("pay_"))
            wanted = attempt_id(order.id, order.attempt_n)
            if payment is not None and payment.request.reference != wanted:
                yield order.id, f"payment {payment.ref} was made for {payment.request.reference}", order.amount

    def _authorization_left_open(self, *_: Any) -> Found:
        for payment in self._payments.values():
            attempt = self._of(payment)
            lapsed = self._world.loop.now_s >= payment.lapses_at_s
            ended = attempt is None or attempt.state in ("declined", "capture_failed", "voided")
            if payment.state == "authorized" and not lapsed and ended:
                state = attempt.state if attempt else "missing"
                yield payment.request.reference, f"payment {payment.ref}, attempt is {state}", payment.authorized

    def _sold_pieces(self, *_: Any) -> Found:
        pieces: Counter[tuple[str, str]] = Counter()
        orders: Counter[tuple[str, str]] = Counter()
        for order in self._rows.orders.values():
            checkout = self._rows.checkouts[order.id]
            if checkout.state in SOLD:
                for number, line in enumerate(checkout.quote.lines):
                    pieces[(order.drop_id, line.item)] += line.quantity
                    orders[(order.drop_id, line.item)] += number == 0
        for (drop_id, item), count in pieces.items():
            yield drop_id, item, count, orders[(drop_id, item)]

    def _stock(self) -> Found:
        for row in self._rows.drops.values():
            for item in row.definition.items:
                yield row.id, item.id, item.stock
