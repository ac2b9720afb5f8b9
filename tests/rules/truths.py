"""What must be true of the rows after every batch, whatever was asked. Each truth asserts, and says what is broken."""

from collections import Counter

from race_to_purchase.rules import attempt as attempts
from race_to_purchase.rules import checkout as checkouts
from race_to_purchase.rules.decide import Decision
from race_to_purchase.rules.drop import item_pool
from race_to_purchase.rules.outcomes import (
    AllReserved,
    AmountTooLarge,
    Closed,
    FlowFixed,
    InFlight,
    KeyInFlight,
    KeyReused,
    Lapsed,
    LimitReached,
    NotOpen,
    PromoUsedUp,
    Replayed,
    SoldOut,
    StockBelowUse,
    Unknown,
    WrongState,
)
from race_to_purchase.rules.rows import Attempt, Checkout, Happened, attempt_id, task_id
from race_to_purchase.store.memory.store import Rows

REFUSALS = (
    AllReserved,
    AmountTooLarge,
    Closed,
    FlowFixed,
    InFlight,
    KeyInFlight,
    KeyReused,
    Lapsed,
    LimitReached,
    NotOpen,
    PromoUsedUp,
    Replayed,
    SoldOut,
    StockBelowUse,
    Unknown,
    WrongState,
)
PAID_FOR = ("committed", "captured", "capture_failed")


def all_hold(rows: Rows) -> None:
    """Every truth about rows as they stand."""
    pools_count_claims(rows)
    nothing_is_oversold(rows)
    orders_are_paid_once(rows)
    journal_balances(rows)
    owed_work_has_a_task(rows)
    nobody_waits_for_nothing(rows)
    ended_attempts_have_their_answer(rows)


def pools_count_claims(rows: Rows) -> None:
    held: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for checkout in rows.checkouts.values():
        if checkout.state in checkouts.HOLDING:
            held.update(checkout.claims.hold)
        elif checkout.state in checkouts.SOLD:
            sold.update(checkout.claims.hold)
            sold.update(checkout.claims.commit)
    for pool in rows.pools.values():
        assert (pool.held, pool.sold) == (held[pool.id], sold[pool.id]), pool
        assert pool.held + pool.sold <= pool.capacity, pool
    assert held.keys() | sold.keys() <= rows.pools.keys()


def nothing_is_oversold(rows: Rows) -> None:
    """Counted from what buyers were quoted, not from what was claimed for them."""
    taken: Counter[str] = Counter()
    for checkout in rows.checkouts.values():
        if checkout.state in checkouts.SOLD:
            for line in checkout.quote.lines:
                taken[item_pool(checkout.drop_id, line.item)] += line.quantity
    for pool_id, quantity in taken.items():
        assert quantity <= rows.pools[pool_id].capacity, pool_id


def orders_are_paid_once(rows: Rows) -> None:
    for checkout in rows.checkouts.values():
        mine = [attempt for attempt in rows.attempts.values() if attempt.checkout_id == checkout.id]
        paid_for = [attempt for attempt in mine if attempt.state in PAID_FOR]
        order = rows.orders.get(checkout.id)
        assert len(paid_for) == (order is not None), checkout
        assert sum(attempt.state in attempts.OPEN for attempt in mine) <= 1, checkout
        if order is None:
            assert checkout.state not in checkouts.SOLD
            continue
        (attempt,) = paid_for
        assert (order.attempt_n, order.amount, order.gateway_ref) == (attempt.n, attempt.amount, attempt.gateway_ref)
        assert attempt.amount == checkout.quote.total
        stands = checkout.state in (*checkouts.SOLD, "returned")
        assert stands == (attempt.state != "capture_failed")


def journal_balances(rows: Rows) -> None:
    booked: Counter[str] = Counter()
    for entry in rows.entries.values():
        assert sum(entry.amounts) == 0
        booked[entry.order_id] += entry.amounts[0]
    for order in rows.orders.values():
        undone = rows.attempts[(order.id, order.attempt_n)].state == "capture_failed"
        assert (order.id, 0) in rows.entries
        assert booked[order.id] == (0 if undone else order.amount)


def owed_work_has_a_task(rows: Rows) -> None:
    """And only that: a loop finds what is overdue in the tasks alone."""
    for attempt in rows.attempts.values():
        task = rows.tasks.get(task_id(attempt.checkout_id, attempt.n))
        assert (task.kind if task else None) == owed(attempt), attempt


def owed(attempt: Attempt) -> str | None:
    if attempt.state in attempts.OPEN:
        return "resolve"
    return {"committed": "capture", "doomed": "void"}.get(attempt.state)


def nobody_waits_for_nothing(rows: Rows) -> None:
    """A checkout that waits for the gateway has an attempt that the gateway has not answered."""
    for checkout in rows.checkouts.values():
        if checkout.state in ("paying", "lapsed"):
            assert rows.attempts[(checkout.id, checkout.live_n)].state in attempts.OPEN, checkout


def ended_attempts_have_their_answer(rows: Rows) -> None:
    """An attempt that failed over has none of its own: its buyer gets that of the attempt that followed."""
    for attempt in rows.attempts.values():
        followed = (attempt.checkout_id, attempt.n + 1) in rows.attempts and attempt.state not in attempts.OPEN
        assert attempt.answer is not None or attempt.state in attempts.OPEN or followed, attempt
        assert attempt.answer is None or attempt.state not in attempts.OPEN, attempt
        assert (attempt.answer_status is None) == (attempt.answer is None), attempt


def moves_are_in_the_tables(before: Rows, decisions: list[Decision]) -> None:
    """Each decision moves a row by one event, or (a commit) an attempt by two; ends move no more."""
    states = {key: row.state for key, row in before.attempts.items()}
    states_of_checkouts = {key: row.state for key, row in before.checkouts.items()}
    for decision in decisions:
        for row in decision.rows:
            if isinstance(row, Checkout):
                was = states_of_checkouts.get(row.id)
                allowed = {was, *checkouts.TRANSITIONS[was].values()} if was else {"open", "reserved"}
                assert row.state in allowed, (was, row.state)
                states_of_checkouts[row.id] = row.state
            elif isinstance(row, Attempt):
                name = (row.checkout_id, row.n)
                assert row.state in reachable(states.get(name)), (states.get(name), row.state)
                states[name] = row.state


def reachable(state: str | None) -> set[str]:
    """The states after one event or two."""
    if state is None:
        return {"sent", "prepared"}
    once = set(attempts.TRANSITIONS[state].values())
    return {state} | once | {after for middle in once for after in attempts.TRANSITIONS[middle].values()}


def refusals_write_nothing(decisions: list[Decision]) -> None:
    for decision in decisions:
        assert not (isinstance(decision.outcome, REFUSALS) and decision.rows), decision


def histories_come_with_their_rows(decisions: list[Decision]) -> None:
    """A line is appended by the write of its row, so a line without a row would be lost."""
    for decision in decisions:
        changed = {row.id for row in decision.rows if isinstance(row, Checkout)}
        changed |= {attempt_id(row.checkout_id, row.n) for row in decision.rows if isinstance(row, Attempt)}
        told = {row.subject for row in decision.rows if isinstance(row, Happened)}
        assert told <= changed, told - changed
