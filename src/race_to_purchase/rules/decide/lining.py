"""Every command of the line, by its rule, and what has to be read for it."""

from __future__ import annotations

from race_to_purchase.rules.decide.calling import call_next, give_lead_back, steer
from race_to_purchase.rules.decide.decision import Rule
from race_to_purchase.rules.decide.drawing import close_registration, draw_places, publish_list
from race_to_purchase.rules.decide.granting import issue_grants, redeem_grant, revoke_grant
from race_to_purchase.rules.decide.passing import claim_pass, expire_pass
from race_to_purchase.rules.line.commands import (
    CallNext,
    ClaimPass,
    CloseRegistration,
    Draw,
    ExpirePass,
    GiveLeadBack,
    IssueGrants,
    OfLine,
    PublishList,
    RedeemGrant,
    RevokeGrant,
    SteerLine,
)
from race_to_purchase.rules.snapshot import Keys


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


RULES: dict[type, Rule] = {
    CloseRegistration: close_registration,
    PublishList: publish_list,
    Draw: draw_places,
    CallNext: call_next,
    GiveLeadBack: give_lead_back,
    ClaimPass: claim_pass,
    ExpirePass: expire_pass,
    SteerLine: steer,
    IssueGrants: issue_grants,
    RevokeGrant: revoke_grant,
    RedeemGrant: redeem_grant,
}
