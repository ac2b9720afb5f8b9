"""Passes: claimed by whoever is called, spent by one reservation, given back when their time is up.

The pool `passes` counts those that are out. Each ticket has a pool of its own, made at its first claim: its capacity is
how many passes the ticket has had, the one that is out is held, one that was used or replaced is sold, and one whose
time ran out is free again. So nothing has to be written of a pass but pools when it is spent.

A ticket whose pass was used gets another one, a few times, once all that its passes were used for has ended without an
order: whose telephone failed has not lost the race, and nobody has two ways in at a time.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.rules import pools
from race_to_purchase.rules.checkout import WITHOUT_ORDER
from race_to_purchase.rules.decide.decision import Decision, pool_of, stock_of
from race_to_purchase.rules.drop import Drop, passes_pool, reserved_pool, ticket_pool
from race_to_purchase.rules.line.commands import Admitted, ClaimPass, ExpirePass, Used
from race_to_purchase.rules.line.draw import late_place, place
from race_to_purchase.rules.line.rows import LineRow, PassGone, PassRow
from race_to_purchase.rules.outcomes import (
    AllSold,
    Closed,
    Done,
    Ignored,
    LinePaused,
    NoPassFree,
    NotCalled,
    Outcome,
    PassGiven,
    PassRefused,
    Unknown,
)
from race_to_purchase.rules.phases import phase_of
from race_to_purchase.rules.rows import DropRow, Pool
from race_to_purchase.rules.snapshot import Snapshot

RETURNS_MAX = 3
"""How often a ticket gets a pass again after a reservation that came to nothing."""

RETRY_S = 5
"""When somebody for whom there is no pass free may ask again."""


def spend(snapshot: Snapshot, drop: Drop, admitted: Admitted | None) -> list[Pool] | Outcome:
    """The pools once the pass is used; nothing for a drop without a door."""
    if drop.door is None:
        return []
    if admitted is None:
        return PassRefused("pass_required")
    if snapshot.now >= admitted.expires_at:
        return PassRefused("pass_expired")
    ticket = snapshot.pools.get(ticket_pool(drop.id, admitted.tid))
    if ticket is None or ticket.capacity != admitted.n or ticket.held == 0:
        used = ticket is not None and ticket.capacity == ticket.sold
        return PassRefused("pass_used" if used else "pass_invalid")
    return [pools.keep(ticket, 1), pools.release(pool_of(snapshot, passes_pool(drop.id)), 1)]


def claim_pass(snapshot: Snapshot, command: ClaimPass) -> Decision:
    """The ticket's pass, or why there is none yet; the same browser gets the same, another one replaces it."""
    row = snapshot.drops.get(command.drop_id)
    line = snapshot.lines.lines.get(command.drop_id)
    if row is None or line is None:
        return Decision(Unknown("line", command.drop_id))
    refused = _shut(snapshot, row, line) or (None if command.granted else _not_called(row, line, command))
    if refused is not None:
        return Decision(refused)
    ticket = snapshot.pools.get(ticket_pool(command.drop_id, command.tid))
    known = snapshot.lines.passes.get((command.drop_id, command.tid))
    if ticket is None:
        return _first(snapshot, row.definition, line, command)
    if ticket.held and known is not None and snapshot.now < known.expires_at:
        return _again(ticket, known, command)
    if ticket.held == 0 and ticket.sold == ticket.capacity:
        if not _came_to_nothing(snapshot, ticket, command.used):
            return Decision(PassRefused("pass_used"))
        ticket = _another(ticket)
    return _returned(snapshot, row.definition, ticket, known, command)


def _came_to_nothing(snapshot: Snapshot, ticket: Pool, used: Used | None) -> bool:
    """Whether everything that the ticket's passes were used for has ended without an order, and was not too much.

    What was looked up before a further pass was given says nothing of what that was used for.
    """
    if used is None or used.passes != ticket.capacity or not 1 <= len(used.checkouts) <= RETURNS_MAX:
        return False
    checkouts = [snapshot.checkouts.get(checkout_id) for checkout_id in used.checkouts]
    return all(
        checkout is not None and checkout.claims.ticket == ticket.id and checkout.state in WITHOUT_ORDER
        for checkout in checkouts
    )


def _another(ticket: Pool) -> Pool:
    """The ticket with room for one pass more."""
    more = pools.resize(ticket, ticket.capacity + 1)
    assert more is not None
    return more


def _shut(snapshot: Snapshot, row: DropRow, line: LineRow) -> Outcome | None:
    """Why nobody at all comes in now."""
    items = stock_of(snapshot, row.definition)
    match phase_of(row, line, items, snapshot.now):
        case "closed":
            return Closed(row.id)
        case "sold_out":
            return AllSold(row.id)
        case "paused":
            return LinePaused(line.message)
        case "announced" | "registration" | "draw":
            return NotCalled(0, 0.0)
        case _:
            return None


def _not_called(row: DropRow, line: LineRow, command: ClaimPass) -> NotCalled | None:
    door = row.definition.door
    assert door is not None
    where = place_of(line, command.tid, command.late)
    if where is not None and where < line.cursor:
        return None
    return NotCalled(line.cursor, door.rate_per_s if line.rate_per_s is None else line.rate_per_s)


def place_of(line: LineRow, tid: str, late: int | None) -> int | None:
    """Where a ticket stands, from 0; None before the draw."""
    if line.seed is None or line.registered is None:
        return None
    if late is not None:
        return late_place(line.registered, late)
    return place(bytes.fromhex(line.seed), bytes.fromhex(tid), line.registered)


def _room(snapshot: Snapshot, drop: Drop) -> Pool | NoPassFree:
    """The pool of passes with one more held; none is given for which there is nothing to buy."""
    assert drop.door is not None
    passes = pool_of(snapshot, passes_pool(drop.id))
    free = sum(pool.free for pool in stock_of(snapshot, drop))
    held = pools.hold(passes, 1)
    if held is None or held.held > min(free, drop.door.passes_outstanding_max):
        return NoPassFree(snapshot.now + timedelta(seconds=RETRY_S))
    return held


def _first(snapshot: Snapshot, drop: Drop, line: LineRow, command: ClaimPass) -> Decision:
    passes = _room(snapshot, drop)
    if isinstance(passes, NoPassFree):
        return Decision(passes)
    ticket = Pool(ticket_pool(drop.id, command.tid), drop.id, "ticket", 1, held=1)
    given = _given(snapshot, drop, 1, command)
    if command.granted:
        reserved = pools.sell(pool_of(snapshot, reserved_pool(drop.id)), 1)
        if reserved is None:
            return Decision(NoPassFree(snapshot.now + timedelta(seconds=RETRY_S)))
        return Decision(PassGiven(given, "first"), (passes, ticket, given, reserved))
    came_after_s, counted = _came(snapshot, line, command)
    return Decision(PassGiven(given, "first", came_after_s), (passes, ticket, given, *counted))


def _again(ticket: Pool, known: PassRow, command: ClaimPass) -> Decision:
    """The pass that is out; in another browser a new one that takes its place, and lasts no longer."""
    if known.browser == command.browser:
        return Decision(PassGiven(known))
    held = pools.hold(_another(pools.keep(ticket, 1)), 1)
    assert held is not None
    moved = replace(known, n=held.capacity, browser=command.browser)
    return Decision(PassGiven(moved, "moved"), (held, moved))


def _returned(snapshot: Snapshot, drop: Drop, ticket: Pool, known: PassRow | None, command: ClaimPass) -> Decision:
    """Somebody whose pass ran out, or came to nothing, comes back."""
    if ticket.held:  # It ran out a moment ago: its place was not given back yet, and is taken over.
        assert known is not None
        later = replace(_given(snapshot, drop, ticket.capacity, command), version=known.version)
        return Decision(PassGiven(later, "returned"), (later,))
    passes = _room(snapshot, drop)
    if isinstance(passes, NoPassFree):
        return Decision(passes)
    held = pools.hold(ticket, 1)
    assert held is not None
    given = replace(_given(snapshot, drop, held.capacity, command), version=known.version if known else 0)
    return Decision(PassGiven(given, "returned"), (passes, held, given))


def _given(snapshot: Snapshot, drop: Drop, n: int, command: ClaimPass) -> PassRow:
    assert drop.door is not None
    # In whole seconds, as tokens have them.
    expires_at = snapshot.now.replace(microsecond=0) + timedelta(seconds=drop.door.pass_seconds)
    return PassRow(drop.id, command.tid, n, command.browser, expires_at)


def _came(snapshot: Snapshot, line: LineRow, command: ClaimPass) -> tuple[float | None, tuple[LineRow, ...]]:
    """How long after being called somebody came, and the line that counts them; nothing for who comes much later."""
    where = place_of(line, command.tid, command.late)
    assert where is not None
    for index, called in enumerate(line.calls):
        if called.since <= where < called.until:
            delay_s = (snapshot.now - called.at).total_seconds()
            calls = (*line.calls[:index], replace(called, came=called.came + 1), *line.calls[index + 1 :])
            counted = replace(line, calls=calls, came=line.came + 1, came_delay_s=line.came_delay_s + delay_s)
            return delay_s, (counted,)
    return None, ()


def expire_pass(snapshot: Snapshot, command: ExpirePass) -> Decision:
    """Take a pass away whose time is up; if it was not used, its place is free again."""
    row = snapshot.lines.passes.get((command.drop_id, command.tid))
    if row is None or snapshot.now < row.expires_at:
        return Decision(Ignored("the pass is gone, or good for some time yet"))
    gone = PassGone(row.drop_id, row.tid)
    ticket = pool_of(snapshot, ticket_pool(row.drop_id, row.tid))
    if ticket.held == 0:
        return Decision(Done("used"), (gone,))
    passes = pool_of(snapshot, passes_pool(row.drop_id))
    return Decision(Done("expired"), (pools.release(ticket, 1), pools.release(passes, 1), gone))
