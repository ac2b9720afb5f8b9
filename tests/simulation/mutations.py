"""The safeguards of a payment up to its end, and how each is taken away."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.app import in_memory
from race_to_purchase.commit.waiting import Lanes
from race_to_purchase.loops.owed import Owed
from race_to_purchase.path import pay
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.ports import Gateway, PaymentRequest
from race_to_purchase.rules import commands, pools
from race_to_purchase.rules import decide as deciding
from race_to_purchase.rules.attempt import TRANSITIONS
from race_to_purchase.rules.decide import ending, failing_over, paying, settling, waiting
from race_to_purchase.rules.decide.decision import Decision, with_state
from race_to_purchase.rules.outcomes import Answered, Begun, Lapsed, Outcome
from race_to_purchase.rules.rows import (
    Attempt,
    Checkout,
    Entry,
    Pool,
    StoredKey,
    Task,
    TaskDone,
    TaskTurned,
    attempt_id,
)
from race_to_purchase.rules.snapshot import Snapshot, Table
from race_to_purchase.rules.verdicts import Authorized, Declined, NoAnswer, NotSent, Verdict
from race_to_purchase.store.memory import aftersale
from race_to_purchase.store.memory import pools as memory_pools

Patch = pytest.MonkeyPatch
MEMORY = in_memory.MemoryStore.__module__


def no_fence(patch: Patch) -> None:
    """An authorization commits as if the checkout still held what it held when the attempt began."""

    def authorized(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, verdict: Authorized) -> Decision:
        pinned = replace(checkout, state="paying")
        stock = paying.each(snapshot, checkout.claims.commit, lambda pool, n: pools.sell(pool, n) or pool)
        kept = paying.each(snapshot, checkout.claims.hold, _keep_anyway)
        return paying._commit(snapshot, pinned, attempt, verdict, [*kept, *stock], "commit")

    patch.setattr(paying, "_authorized", authorized)


def _keep_anyway(pool: pools.Pool, quantity: int) -> pools.Pool:
    return replace(pool, held=max(0, pool.held - quantity), sold=pool.sold + quantity)


def no_in_flight(patch: Patch) -> None:
    """A second payment begins beside the first."""
    begin = paying.begin_payment

    def begin_anyway(snapshot: Snapshot, command: paying.BeginPayment) -> Decision:
        checkout = snapshot.checkouts.get(command.checkout_id)
        if checkout is not None and checkout.state == "paying" and command.gateway is not None:
            return paying._begun(snapshot, command, with_state(checkout, "reserved"), [])
        return begin(snapshot, command)

    patch.setitem(deciding.RULES, commands.BeginPayment, begin_anyway)


def lapsed_is_over(patch: Patch) -> None:
    """Whoever pays what has lapsed is told that nothing was charged, whatever the first payment comes to."""
    begin = paying.begin_payment

    def over(snapshot: Snapshot, command: paying.BeginPayment) -> Decision:
        checkout = snapshot.checkouts.get(command.checkout_id)
        if checkout is not None and checkout.state == "lapsed":
            return Decision(Lapsed(checkout.id))
        return begin(snapshot, command)

    patch.setitem(deciding.RULES, commands.BeginPayment, over)


def new_key_on_resend(patch: Patch) -> None:
    """What is sent again is sent under another key."""
    sent: dict[str, int] = {}
    authorize = pay.authorize

    async def with_new_key(gateway: Gateway, attempt: Attempt, timeout_s: float, *, again: bool) -> Verdict:
        times = sent[attempt.key] = sent.get(attempt.key, 0) + 1
        key = attempt.key if times == 1 else f"{attempt.key}-{times}"
        return await authorize(gateway, replace(attempt, key=key), timeout_s, again=again)

    patch.setattr(pay, "authorize", with_new_key)


def unknown_is_failed(patch: Patch) -> None:
    """A gateway that does not answer is taken to have refused."""
    settle = paying.authorization

    def guessed(snapshot: Snapshot, command: paying.Authorization) -> Decision:
        if isinstance(command.verdict, NoAnswer):
            command = replace(command, verdict=Declined("timeout", retryable=True))
        return settle(snapshot, command)

    patch.setitem(deciding.RULES, commands.Authorization, guessed)


def absent_is_voided_soon(patch: Patch) -> None:
    """What the gateway does not know is given up at once, and counts as voided."""
    patch.setattr(paying, "unheard_of", lambda *_: True)
    patch.setattr(settling, "unheard_of", lambda *_: True)


def keys_not_stored(patch: Patch) -> None:
    """No idempotency key is remembered."""

    def forgets(snapshot: Snapshot, outcome: Outcome, key: deciding.KeyUse) -> StoredKey | None:
        return None

    patch.setattr(deciding, "_stored", forgets)


def fingerprint_ignored(patch: Patch) -> None:
    """A key answers whatever is asked under it."""
    again = deciding._again

    def same(snapshot: Snapshot, stored: StoredKey, key: deciding.KeyUse) -> Outcome:
        return again(snapshot, stored, replace(key, fingerprint=stored.fingerprint))

    patch.setattr(deciding, "_again", same)


def versions_ignored(patch: Patch) -> None:
    """Whoever writes last wins."""
    patch.setattr(f"{MEMORY}.check_versions", lambda *_: None)
    patch.setattr(aftersale, "check_versions", lambda *_: None)


def locks_not_taken(patch: Patch) -> None:
    """Nobody waits for a row, and nobody compares versions."""
    versions_ignored(patch)

    async def take_nothing(_self: object, _table: str, ids: set[str]) -> set[str]:
        return ids

    patch.setattr(f"{MEMORY}.MemorySession._lock", take_nothing)


def locks_in_any_order(patch: Patch) -> None:
    """Each batch takes its locks from the other end than the one before."""
    turns = itertools.cycle((False, True))
    memory = importlib.import_module(MEMORY)
    patch.setattr(memory, "sorted", lambda items, **how: sorted(items, reverse=next(turns), **how), raising=False)


def void_not_stored(patch: Patch) -> None:
    """A doomed attempt is stored without the task that voids it."""
    doom = paying._doom

    def forgets(*arguments: Any, **more: Any) -> Decision:
        decision = doom(*arguments, **more)
        return replace(decision, rows=tuple(row for row in decision.rows if not isinstance(row, TaskTurned)))

    patch.setattr(paying, "_doom", forgets)


def doomed_may_commit(patch: Patch) -> None:
    """An attempt that was given up is decided again when its authorization is heard of again."""
    patch.setattr(paying, "OPEN", paying.OPEN | {"doomed"})
    patch.setitem(TRANSITIONS["doomed"], "authorize", "authorized")


def ended_may_change(patch: Patch) -> None:
    """Late news of an attempt that has ended are decided like any other."""
    patch.setattr(paying, "OPEN", frozenset(TRANSITIONS))


def released_twice(patch: Patch) -> None:
    """What a lapsed checkout gave back is given back once more when it ends."""
    given_up = paying._given_up

    def generous(snapshot: Snapshot, checkout: Checkout) -> list[Any]:
        rows = given_up(snapshot, checkout)
        return rows if checkout.state != "lapsed" else [*rows, *paying.release(snapshot, checkout)]

    patch.setattr(paying, "_given_up", generous)


def deadline_ignored(patch: Patch) -> None:
    """A loop that is asked too early ends what has time left."""
    expire = ending.expire

    def at_once(snapshot: Snapshot, command: ending.Expire) -> Decision:
        now, checkout = snapshot.now, snapshot.checkouts.get(command.checkout_id)
        if checkout is not None:
            snapshot.now = max(now, checkout.deadline)
        decision = expire(snapshot, command)
        snapshot.now = now
        return decision

    patch.setitem(deciding.RULES, commands.Expire, at_once)
    eager_loop(patch)


def eager_loop(patch: Patch) -> None:
    """The loop asks for everything that has a deadline: harmless, as the decision knows better."""
    overdue = in_memory.MemoryStore.overdue

    async def all_of_them(self: in_memory.MemoryStore, since: Any, until: Any, limit: int) -> Sequence[Any]:
        return await overdue(self, since, until + timedelta(days=1), limit)

    patch.setattr(in_memory.MemoryStore, "overdue", all_of_them)


def nothing_taken_over(patch: Patch) -> None:
    """What a dead process owed is never done."""

    async def idle(_self: Owed) -> bool:
        return False

    patch.setattr(Owed, "tick", idle)


def captured_too_early(patch: Patch) -> None:
    """Money is taken as soon as it is authorized, whatever the pivot says."""
    authorize = pay.authorize

    async def greedy(gateway: Gateway, attempt: Attempt, timeout_s: float, *, again: bool) -> Verdict:
        verdict = await authorize(gateway, attempt, timeout_s, again=again)
        if isinstance(verdict, Authorized):
            await gateway.capture(verdict.ref, attempt.amount, f"{attempt.key}-capture")
        return verdict

    patch.setattr(pay, "authorize", greedy)


def pools_unbounded(patch: Patch) -> None:
    """Pools give what they do not have, and the store does not mind."""

    def hold(pool: pools.Pool, quantity: int) -> pools.Pool:
        return replace(pool, held=pool.held + quantity)

    patch.setattr(pools, "hold", hold)
    patch.setattr(pools, "_with", lambda pool, held, sold: replace(pool, held=held, sold=sold))
    bounds_unchecked(patch)


def bounds_unchecked(patch: Patch) -> None:
    """Pools are moved whether or not there is enough by then."""
    patch.setattr(f"{MEMORY}.within_bounds", lambda _pool: True)
    patch.setattr(memory_pools, "within_bounds", lambda _pool: True)


def pools_overwritten(patch: Patch) -> None:
    """A pool becomes what a batch made of it, whatever others did to it since it was read."""

    def overwritten(changes: Table[str, Pool], table: Mapping[str, Pool]) -> Table[str, Pool]:
        found = Table(changes.read)
        for key in changes.changed:
            there = table.get(key)
            found.put(key, changes[key] if there is None else replace(changes[key], version=there.version))
        return found

    patch.setattr(f"{MEMORY}.moved", overwritten)


def urgent_dropped(patch: Patch) -> None:
    """What followed a gateway call is dropped when the database is gone."""
    patch.setattr(Lanes, "put_back", lambda _self, _batch: None)


def undone_keeps_stock(patch: Patch) -> None:
    """An order whose capture was refused keeps its stock."""
    patch.setattr(settling, "each", lambda _snapshot, _claims, _change: [])


def no_sale_booked(patch: Patch) -> None:
    """The order is placed without its journal entry."""
    commit = paying._commit

    def silent(*arguments: Any) -> Decision:
        decision = commit(*arguments)
        return replace(decision, rows=tuple(row for row in decision.rows if not isinstance(row, Entry)))

    patch.setattr(paying, "_commit", silent)


def task_not_stored(patch: Patch) -> None:
    """A payment is begun without a word of it for others."""
    begun = paying._begun

    def silent(*arguments: Any) -> Decision:
        decision = begun(*arguments)
        return replace(decision, rows=tuple(row for row in decision.rows if not isinstance(row, Task)))

    patch.setattr(paying, "_begun", silent)


def unproven_failover(patch: Patch) -> None:
    """That a question was not sent, or not answered, counts as if the payment had never been sent."""
    look_up = pay.look_up

    async def taken_for_proof(gateway: Gateway, attempt: Attempt, timeout_s: float) -> Verdict:
        verdict = await look_up(gateway, attempt, timeout_s)
        return NotSent(verdict.reason) if isinstance(verdict, NoAnswer) else verdict

    patch.setattr(pay, "look_up", taken_for_proof)
    patch.setattr(failing_over, "_alone_until", lambda _attempt, _then: datetime.max.replace(tzinfo=UTC))


def failover_forgets(patch: Patch) -> None:
    """What is given up for another gateway is taken to be declined: nobody voids it."""
    following = failing_over._next

    def forgets(*arguments: Any, doomed: bool) -> Decision:
        return following(*arguments, doomed=False)

    patch.setattr(failing_over, "_next", forgets)


def answers_without_attempt(patch: Patch) -> None:
    """Whoever asked about an attempt that failed over hears how the next one ended, as if it were its own end."""
    settle = paying.authorization

    def nameless(snapshot: Snapshot, command: paying.Authorization) -> Decision:
        decision = settle(snapshot, command)
        if isinstance(decision.outcome, Answered):
            return replace(decision, outcome=replace(decision.outcome, n=command.n))
        return decision

    patch.setitem(deciding.RULES, commands.Authorization, nameless)


def failover_not_found_again(patch: Patch) -> None:
    """Who decides a failover again, after a COMMIT of unknown fate, is told nothing of the next attempt."""
    patch.setattr(paying, "tried_next", lambda *_: None)


def ref_not_stored(patch: Patch) -> None:
    """What was made in the first of two steps is authorized before it is in our rows."""
    prepared = paying._prepared

    def forgets(*arguments: Any) -> Decision:
        decision = prepared(*arguments)
        return replace(decision, rows=()) if isinstance(decision.outcome, Begun) else decision

    patch.setattr(paying, "_prepared", forgets)


def resent_for_ever(patch: Patch) -> None:
    """A request is sent again however old its key is."""
    patch.setattr(pay, "RESEND_FOR", timedelta(days=365))


def silence_forgotten(patch: Patch) -> None:
    """What is left to people after days loses its task, and no later answer would be followed."""
    unresolved = waiting._unresolved

    def forgets(*arguments: Any) -> Decision:
        decision = unresolved(*arguments)
        return replace(decision, rows=tuple(TaskDone(r.id) if isinstance(r, Task) else r for r in decision.rows))

    patch.setattr(waiting, "_unresolved", forgets)


def sent_before_stored(patch: Patch) -> None:
    """The gateway is called before the attempt is committed."""
    begin = pay.begin

    async def hasty(committer: Any, known: Any, request: pay.PayRequest, *more: Any) -> Outcome:
        gateway = HASTY[0]._gateways[request.gateway]
        wish = PaymentRequest(request.gateway_key, 1, "EUR", request.method, attempt_id(known.id, 1), EARLY)
        await gateway.authorize(wish, None)
        return await begin(committer, known, request, *more)

    started = Purchase.__init__

    def remember(self: Purchase, *arguments: Any, **more: Any) -> None:
        HASTY[:] = [self]
        started(self, *arguments, **more)

    patch.setattr(Purchase, "__init__", remember)
    patch.setattr(pay, "begin", hasty)


EARLY = datetime(2026, 12, 1, tzinfo=UTC)
HASTY: list[Purchase] = []
