"""The draw, step by step: a secret committed to, a list closed and published, then the secret told.

Each step can be asked for again: what is done already is not done twice.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.commands import (
    CloseRegistration,
    Draw,
    PublishList,
    SealedSecret,
)
from race_to_purchase.rules.line.rows import LineRow
from race_to_purchase.rules.outcomes import Ignored, SecretWrong, Steered, Unknown
from race_to_purchase.rules.rows import DropRow, Event
from race_to_purchase.rules.snapshot import Snapshot


def new_line(drop: Drop, sealed: SealedSecret | None) -> tuple[LineRow, ...]:
    """The line of a new drop with a door: the commitment is there from the beginning."""
    if drop.door is None:
        return ()
    assert sealed is not None, "whoever puts a drop with a door brings its secret"
    return (LineRow(drop.id, sealed.key, sealed.salt, sealed.commitment),)


def close_registration(snapshot: Snapshot, command: CloseRegistration) -> Decision:
    """The list is final once this is committed: whoever appends to it locks the row of the line first."""
    found = _line(snapshot, command.drop_id)
    if found is None:
        return Decision(Unknown("line", command.drop_id))
    row, line = found
    door = row.definition.door
    assert door is not None
    if line.closed_at is not None or snapshot.now < door.registration_closes_at:
        return Decision(Ignored("registration is closed already, or open for some time yet"))
    closed = replace(line, closed_at=snapshot.now)
    return Decision(Steered(closed), (closed, _event(snapshot, row, "registration_closed", {})))


def publish_list(snapshot: Snapshot, command: PublishList) -> Decision:
    """Number and root, once."""
    found = _line(snapshot, command.drop_id)
    if found is None:
        return Decision(Unknown("line", command.drop_id))
    row, line = found
    if line.closed_at is None or line.registered is not None:
        return Decision(Ignored("the list is not closed, or was published"))
    published = replace(line, registered=command.registered, root=command.root)
    event = _event(snapshot, row, "list_published", {"registered": command.registered, "root": command.root})
    return Decision(Steered(published), (published, event))


def draw_places(snapshot: Snapshot, command: Draw) -> Decision:
    """Fix every place. The secret must be the one committed to; of beacon values the first counts."""
    found = _line(snapshot, command.drop_id)
    if found is None:
        return Decision(Unknown("line", command.drop_id))
    row, line = found
    door = row.definition.door
    assert door is not None
    if line.registered is None or line.seed is not None or (door.beacon is not None) != (command.beacon != ""):
        return Decision(Ignored("the list is not published, the draw is over, or its beacon is missing"))
    secret = bytes.fromhex(command.secret)
    if draw.commitment(secret).hex() != line.commitment:
        return Decision(SecretWrong(row.id))
    seed = draw.seed(secret, bytes.fromhex(command.beacon)).hex()
    drawn = replace(line, secret=command.secret, beacon=command.beacon, seed=seed, drawn_at=snapshot.now)
    return Decision(Steered(drawn), (drawn, _event(snapshot, row, "drawn", {"seed": seed, "beacon": command.beacon})))


def _line(snapshot: Snapshot, drop_id: str) -> tuple[DropRow, LineRow] | None:
    row, line = snapshot.drops.get(drop_id), snapshot.lines.lines.get(drop_id)
    return None if row is None or line is None else (row, line)


def _event(snapshot: Snapshot, row: DropRow, kind: str, told: dict[str, str | int]) -> Event:
    return Event(row.id, kind, snapshot.now, msgspec.json.encode(told).decode())
