"""Every command of the line, by its rule, and what has to be read for it."""

from __future__ import annotations

from race_to_purchase.rules.decide.calling import call_next, steer
from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.decide.drawing import close_registration, draw_places, publish_list
from race_to_purchase.rules.decide.passing import claim_pass, expire_pass
from race_to_purchase.rules.line.commands import (
    CallNext,
    ClaimPass,
    CloseRegistration,
    Draw,
    ExpirePass,
    OfLine,
    PublishList,
    SteerLine,
)
from race_to_purchase.rules.snapshot import Keys, Snapshot


def touch_line(keys: Keys, command: OfLine) -> None:
    """Add to `keys` what a command of the line is decided on."""
    keys.lines.add(command.drop_id)
    if isinstance(command, CallNext | ClaimPass | ExpirePass):
        keys.pools.update(command.pools)
    if isinstance(command, ClaimPass | ExpirePass):
        keys.passes.add((command.drop_id, command.tid))


def line(snapshot: Snapshot, command: OfLine) -> Decision:
    """What a command of the line comes to."""
    match command:
        case CloseRegistration():
            return close_registration(snapshot, command)
        case PublishList():
            return publish_list(snapshot, command)
        case Draw():
            return draw_places(snapshot, command)
        case CallNext():
            return call_next(snapshot, command)
        case ClaimPass():
            return claim_pass(snapshot, command)
        case ExpirePass():
            return expire_pass(snapshot, command)
        case SteerLine():
            return steer(snapshot, command)
