"""Calling the next, and the operator's hand on it.

One process leads, for as long as its lease lasts by the database's clock. One that was frozen comes back to find that
another leads, and that what it decided on has another version: it can neither call twice nor on old facts. Those that
do not lead ask all the same: what that took is what their buyers wait, and the leader hears of it where it is too long.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules import pools
from race_to_purchase.rules.decide.decision import Decision, pool_of, stock_of
from race_to_purchase.rules.drop import passes_pool, reserved_pool
from race_to_purchase.rules.line import controller
from race_to_purchase.rules.line.commands import (
    CallNext,
    GiveLeadBack,
    SteerLine,
)
from race_to_purchase.rules.line.controller import Facts, Limits
from race_to_purchase.rules.line.door import Door
from race_to_purchase.rules.line.rows import Called, LineRow
from race_to_purchase.rules.outcomes import ChangedMeanwhile, Done, Ignored, Released, Steered, Unknown
from race_to_purchase.rules.phases import phase_of
from race_to_purchase.rules.rows import DropRow, Event, Pool
from race_to_purchase.rules.snapshot import Snapshot

ON_THEIR_WAY_S = 60.0
"""Whoever has not come so long after being called counts as staying away; twice the longest pause between looks."""

PAUSE_S_MAX = 2.0
"""A decision makes up for so much time at most: after a pause nobody is called in a burst."""

STEP_S_MIN = 0.1
"""And it counts for so long at least: whoever the lead is given to may decide in the same moment."""


def call_next(snapshot: Snapshot, command: CallNext) -> Decision:
    """The places that may come now, if the process leads, or takes over from one that is gone."""
    row, line = snapshot.drops.get(command.drop_id), snapshot.lines.lines.get(command.drop_id)
    if row is None or line is None:
        return Decision(Unknown("line", command.drop_id))
    if line.leader != command.leader and line.lease_until is not None and snapshot.now < line.lease_until:
        return _told(row, line, command)
    items = stock_of(snapshot, row.definition)
    leading = _lapsed(
        replace(
            line,
            leader=command.leader,
            lease_until=snapshot.now + timedelta(seconds=command.lease_s),
            decided_at=snapshot.now,
        )
    )
    phase = phase_of(row, line, items, snapshot.now)
    if phase != "open":
        still = replace(leading, bound=phase, load=None)
        return Decision(Released(0, phase, still), (still,))
    door = row.definition.door
    assert door is not None
    limits = _limits(door, line)
    held = pool_of(snapshot, passes_pool(row.id)).held
    free = sum(pool.free for pool in items)
    lane = snapshot.pools.get(reserved_pool(row.id))
    lane_room = _lane_room(lane, door)
    facts = _facts(leading, command, held, free)
    in_line = facts.waiting
    facts = replace(facts, waiting=in_line + lane_room)
    seconds = min(PAUSE_S_MAX, max(STEP_S_MIN, _since(line.decided_at, snapshot.now)))
    given = controller.release(limits, line.control or controller.begin(limits), facts, seconds)
    kept: tuple[Pool, ...] = ()
    more = _for_lane(lane, door, line.cursor, given.number, in_line, lane_room)
    if lane is not None and more:
        grown = pools.resize(lane, lane.capacity + more)
        assert grown is not None
        kept = (grown,)
    called = _called(leading, given, given.number - more, snapshot.now)
    return Decision(Released(given.number, given.why, called), (called, *kept))


def _told(row: DropRow, line: LineRow, command: CallNext) -> Decision:
    """What a process that does not lead suffers from is kept for the leader's next decision; of those well, nothing."""
    door = row.definition.door
    assert door is not None
    well = command.load.well(_limits(door, line))
    told = () if well else (replace(line, load=command.load.worst(line.load)),)
    return Decision(Ignored("another process leads"), told)


def give_lead_back(snapshot: Snapshot, command: GiveLeadBack) -> Decision:
    """Nobody leads any more, if it was this process that did."""
    line = snapshot.lines.lines.get(command.drop_id)
    if line is None or line.leader != command.leader or line.lease_until is None:
        return Decision(Ignored("another process leads"))
    return Decision(Done("given back"), (replace(line, lease_until=None),))


def _lane_room(lane: Pool | None, door: Door) -> int:
    """How many more places may lie ready for holders of grants: what nobody takes is not piled up."""
    if lane is None or not door.reserved_share:
        return 0
    return max(0, math.ceil(door.reserved_share * door.passes_outstanding_max) - lane.free)


def _for_lane(lane: Pool | None, door: Door, cursor: int, number: int, in_line: int, room: int) -> int:
    """How many of the `number` that may come are for holders of grants: their share of all that were ever called, and
    what the line has nobody for.
    """
    if lane is None:
        return 0
    due = math.floor(door.reserved_share * (cursor + lane.capacity + number)) - lane.capacity
    return max(0, min(room, number, max(due, number - in_line)))


def _limits(door: Door, line: LineRow) -> Limits:
    rate = door.rate_per_s if line.rate_per_s is None else line.rate_per_s
    room = door.passes_outstanding_max
    return Limits(rate_per_s=rate, in_flight_max=room, in_flight_min=min(10, room))


def _since(before: datetime | None, now: datetime) -> float:
    return 1.0 if before is None else (now - before).total_seconds()


def _facts(line: LineRow, command: CallNext, inside: int, free: int) -> Facts:
    assert line.registered is not None
    return Facts(
        inside=inside,
        came=line.came,
        came_after_s=line.came_delay_s / line.came if line.came else 0.0,
        lapsed=line.lapsed,
        free=free,
        waiting=max(0, line.registered + command.late - line.cursor),
        load=command.load.worst(line.load),
    )


def _lapsed(line: LineRow) -> LineRow:
    """The line without calls that are long ago; whoever of them has not come by now stays away."""
    assert line.decided_at is not None
    long_ago = line.decided_at - timedelta(seconds=ON_THEIR_WAY_S)
    old = [called for called in line.calls if called.at <= long_ago]
    missing = sum(max(0, called.until - called.since - called.came) for called in old)
    return replace(line, calls=line.calls[len(old) :], lapsed=line.lapsed + missing)


def _called(line: LineRow, given: controller.Release, number: int, now: datetime) -> LineRow:
    cursor = line.cursor + number
    calls = (*line.calls, Called(now, line.cursor, cursor)) if number else line.calls
    return replace(
        line,
        cursor=cursor,
        calls=calls,
        came=0,
        came_delay_s=0.0,
        lapsed=0,
        load=None,
        control=given.control,
        bound=given.why,
    )


def steer(snapshot: Snapshot, command: SteerLine) -> Decision:
    """What the operator wants of the line; it is noted who did."""
    line = snapshot.lines.lines.get(command.drop_id)
    if line is None:
        return Decision(Unknown("line", command.drop_id))
    if command.seen is not None and command.seen != line.hand:
        return Decision(ChangedMeanwhile(command.drop_id))
    steered = line
    if command.paused is not None:
        steered = replace(steered, paused_at=(line.paused_at or snapshot.now) if command.paused else None)
    if command.rate_per_s is not None:
        steered = replace(steered, rate_per_s=command.rate_per_s or None)
    if command.message is not None:
        steered = replace(steered, message=command.message or None)
    if steered == line:
        return Decision(Steered(line))
    told = {"by": command.by, "paused": command.paused, "rate_per_s": command.rate_per_s, "message": command.message}
    told["why"] = command.why or None
    data = msgspec.json.encode({name: value for name, value in told.items() if value is not None}).decode()
    return Decision(Steered(steered), (steered, Event(command.drop_id, "line_steered", snapshot.now, data)))
