"""Every command of the line, by its rule, and what has to be read for it."""

from __future__ import annotations

from race_to_purchase.rules.decide.calling import call_next, steer
from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.decide.drawing import close_registration, draw_places, publish_list
from race_to_purchase.rules.decide.granting import issue_grants, redeem_grant, revoke_grant
from race_to_purchase.rules.decide.passing import claim_pass, expire_pass
from race_to_purchase.rules.line.commands import (
    CallNext,
    ClaimPass,
    CloseRegistration,
    Draw,
    ExpirePass,
    IssueGrants,
    OfLine,
    PublishList,
    RedeemGrant,
    RevokeGrant,
    SteerLine,
)
from race_to_purchase.rules.snapshot import Keys, Snapshot


def touch_line(keys: Keys, command: OfLine) -> None:
    """Add to `keys` what a command of the line is decided on."""
    keys.lines.add(command.drop_id)
    if isinstance(command, CallNext | ClaimPass | ExpirePass | RedeemGrant):
        keys.pools.update(command.pools)
    if isinstance(command, ClaimPass | ExpirePass):
        keys.passes.add((command.drop_id, command.tid))
        if isinstance(command, ClaimPass) and command.used is not None:
            keys.checkouts.update(command.used.checkouts)
    elif isinstance(command, RevokeGrant | RedeemGrant):
        keys.grants.add((command.drop_id, command.id))
    elif isinstance(command, IssueGrants):
        keys.grants.update((command.drop_id, new.id) for new in command.grants)


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
        case IssueGrants():
            return issue_grants(snapshot, command)
        case RevokeGrant():
            return revoke_grant(snapshot, command)
        case RedeemGrant():
            return redeem_grant(snapshot, command)
