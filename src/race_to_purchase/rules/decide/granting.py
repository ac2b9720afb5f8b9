"""Grants: issued, taken back, and used once, by the one identity that they are for."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.drop import ticket_pool
from race_to_purchase.rules.line.commands import IssueGrants, RedeemGrant, RevokeGrant
from race_to_purchase.rules.line.rows import GrantRow
from race_to_purchase.rules.outcomes import Granted, GrantRefused, Unknown
from race_to_purchase.rules.rows import Event
from race_to_purchase.rules.snapshot import Snapshot


def issue_grants(snapshot: Snapshot, command: IssueGrants) -> Decision:
    """Store them."""
    if command.drop_id not in snapshot.lines.lines:
        return Decision(Unknown("line", command.drop_id))
    known = snapshot.lines.grants
    if any((command.drop_id, new.id) in known for new in command.grants):  # The same command, run again.
        return Decision(Granted(tuple(known[(command.drop_id, new.id)] for new in command.grants)))
    rows = tuple(
        GrantRow(command.drop_id, new.id, new.tid, new.lane, new.valid_from, new.valid_until, command.by, snapshot.now)
        for new in command.grants
    )
    told = {"by": command.by, "lanes": sorted({new.lane for new in command.grants}), "number": len(rows)}
    event = Event(command.drop_id, "grants_issued", snapshot.now, msgspec.json.encode(told).decode())
    return Decision(Granted(rows), (*rows, event))


def revoke_grant(snapshot: Snapshot, command: RevokeGrant) -> Decision:
    """It is good for nothing from now on; one that was used stays so."""
    row = snapshot.lines.grants.get((command.drop_id, command.id))
    if row is None:
        return Decision(Unknown("grant", command.id))
    if row.used_at is not None:
        return Decision(GrantRefused("grant_used"))
    if row.revoked_at is not None:
        return Decision(Granted((row,)))
    revoked = replace(row, revoked_at=snapshot.now)
    return Decision(Granted((revoked,)), (revoked,))


def redeem_grant(snapshot: Snapshot, command: RedeemGrant) -> Decision:
    """Used from now on. Its own holder may show it again, until a pass of it was used for a reservation."""
    row = snapshot.lines.grants.get((command.drop_id, command.id))
    refused = _refused(snapshot, row, command)
    if row is None or refused is not None:
        return Decision(refused or GrantRefused("grant_invalid"))
    if row.used_at is not None:
        return Decision(Granted((row,)))
    used = replace(row, used_at=snapshot.now)
    return Decision(Granted((used,)), (used,))


def _refused(snapshot: Snapshot, row: GrantRow | None, command: RedeemGrant) -> GrantRefused | None:
    if row is None:
        return GrantRefused("grant_invalid")
    if row.tid != command.tid:
        return GrantRefused("grant_wrong_identity")
    if row.revoked_at is not None:
        return GrantRefused("grant_revoked")
    if snapshot.now < row.valid_from:
        return GrantRefused("grant_not_yet")
    if snapshot.now >= row.valid_until:
        return GrantRefused("grant_expired")
    ticket = snapshot.pools.get(ticket_pool(command.drop_id, command.tid))
    spent = ticket is not None and ticket.sold == ticket.capacity
    return GrantRefused("grant_used") if spent else None
