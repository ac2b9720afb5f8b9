"""From what was committed of lines to the events that tell of it; see `committed`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from race_to_purchase.observe.events import emit, line
from race_to_purchase.observe.request import Cause
from race_to_purchase.rules import outcomes as o
from race_to_purchase.rules.line import commands as c

Told = Callable[[Any, o.Outcome, Cause], None]
"""Tells of one command, its outcome, and who asked."""


def _closed(command: c.CloseRegistration, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Steered):
        emit(line.RegistrationClosed(command.drop_id, cause=cause))


def _published(command: c.PublishList, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Steered):
        emit(line.ListPublished(command.drop_id, command.registered, command.root, cause=cause))


def _drawn(command: c.Draw, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Steered):
        emit(line.PlacesDrawn(command.drop_id, command.beacon != "", cause=cause))


def _called(command: c.CallNext, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Released):
        row, control = outcome.line, outcome.line.control
        rate, room, no_shows = (control.rate_per_s, control.room, control.no_shows) if control else (0.0, 0.0, 0.0)
        bound: Any = outcome.why
        emit(line.PlacesCalled(row.drop_id, outcome.number, bound, row.cursor, rate, room, no_shows, cause=cause))


def _claimed(command: c.ClaimPass, outcome: o.Outcome, cause: Cause) -> None:
    if not isinstance(outcome, o.PassGiven):
        emit(line.ClaimRefused(command.drop_id, _NO_PASS.get(type(outcome), "other"), cause=cause))
    elif outcome.how != "again":
        emit(line.PassGiven(command.drop_id, outcome.how, cause=cause))
        if outcome.came_after_s is not None:
            emit(line.PassCame(command.drop_id, outcome.came_after_s, cause=cause))


def _ended(command: c.ExpirePass, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Done):
        emit(line.PassEnded(command.drop_id, outcome.what == "used", cause=cause))


def _steered(command: c.SteerLine, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Steered):
        emit(line.LineSteered(command.drop_id, command.by, outcome.line.paused_at is not None, cause=cause))


def _issued(command: c.IssueGrants, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Granted):
        emit(line.GrantChanged(command.drop_id, "issued", len(outcome.grants), cause=cause))


def _revoked(command: c.RevokeGrant, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Granted):
        emit(line.GrantChanged(command.drop_id, "revoked", 1, cause=cause))


def _redeemed(command: c.RedeemGrant, outcome: o.Outcome, cause: Cause) -> None:
    if isinstance(outcome, o.Granted):
        emit(line.GrantChanged(command.drop_id, "used", 1, cause=cause))
    elif isinstance(outcome, o.GrantRefused):
        emit(line.GrantDenied(command.drop_id, outcome.why, cause=cause))


_NO_PASS: dict[type[Any], line.NoPass] = {
    o.NotCalled: "not_called",
    o.NoPassFree: "no_pass_free",
    o.LinePaused: "paused",
    o.AllSold: "sold_out",
    o.Closed: "closed",
    o.PassRefused: "pass_used",
}
TELLERS: dict[type[Any], Told] = {
    c.CloseRegistration: _closed,
    c.PublishList: _published,
    c.Draw: _drawn,
    c.CallNext: _called,
    c.ClaimPass: _claimed,
    c.ExpirePass: _ended,
    c.SteerLine: _steered,
    c.IssueGrants: _issued,
    c.RevokeGrant: _revoked,
    c.RedeemGrant: _redeemed,
}
