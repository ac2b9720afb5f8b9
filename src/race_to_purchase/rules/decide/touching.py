"""What has to be read before a command can be decided, by the type of the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from race_to_purchase.rules.commands import (
    Authorization,
    BeginPayment,
    Book,
    Cancel,
    Capture,
    CloseDrop,
    CloseFinding,
    Command,
    Deliver,
    Dispute,
    DrainGateway,
    Expire,
    Found,
    Mended,
    Owe,
    PutDrop,
    Recount,
    Refund,
    RefundSaid,
    Reserve,
    Send,
    Void,
)
from race_to_purchase.rules.decide.decision import KeyUse
from race_to_purchase.rules.decide.lining import touch_line
from race_to_purchase.rules.decide.waiting import unresolved_id
from race_to_purchase.rules.line.commands import OfLine
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.rules.verdicts import NoAnswer, NotSent

_UNANSWERED = (NoAnswer, NotSent)


def touch(keys: Keys, command: Command, key: KeyUse | None) -> None:
    """Add to `keys` what has to be read before `command` can be decided."""
    keys.drops.add(command.drop_id)
    _TOUCH[type(command)](keys, command)
    if key is not None:
        keys.stored.add((key.scope, key.key))


def _checkout(keys: Keys, command: Any) -> None:
    keys.checkouts.add(command.checkout_id)
    keys.pools.update(command.pools)


def _after(keys: Keys, command: Any) -> None:
    """What looks at what has followed an order."""
    _checkout(keys, command)
    keys.after.add(command.checkout_id)


def _authorization(keys: Keys, command: Authorization) -> None:
    """What was not answered for too long is a finding."""
    _checkout(keys, command)
    if isinstance(command.verdict, _UNANSWERED):
        keys.findings.add(unresolved_id(command.checkout_id, command.n))


def _finding(keys: Keys, command: Any) -> None:
    keys.findings.add(command.finding_id)


def _mended(keys: Keys, command: Mended) -> None:
    keys.findings.add(command.finding_id)
    keys.checkouts.update(filter(None, [command.checkout_id]))


def _recount(keys: Keys, command: Recount) -> None:
    keys.findings.add(command.finding_id)
    keys.pools.update(command.pools)


def _booked(keys: Keys, command: Book) -> None:
    keys.booked.update(entry.order_id for entry in command.entries)


def _put_drop(keys: Keys, command: PutDrop) -> None:
    keys.pools.update(command.pools)
    keys.lines.add(command.drop_id)


def _drop_alone(_keys: Keys, _command: Any) -> None:
    """The drop is all that it needs."""


# A purchase asks four times: a look-up by type costs a sixth of asking one class after the other.
_TOUCH: dict[type[Command], Callable[[Keys, Any], None]] = {
    **dict.fromkeys((Reserve, BeginPayment, Send, Capture, Expire, Cancel), _checkout),
    **dict.fromkeys((Void, Deliver, Owe), _checkout),
    **dict.fromkeys((Refund, RefundSaid, Dispute), _after),
    **dict.fromkeys((Found, CloseFinding), _finding),
    **dict.fromkeys((CloseDrop, DrainGateway), _drop_alone),
    Authorization: _authorization,
    Mended: _mended,
    Recount: _recount,
    Book: _booked,
    **dict.fromkeys(get_args(OfLine), touch_line),
    PutDrop: _put_drop,
}
