"""The safeguards beside and behind an order: messages, refunds, disputes, reconciliation; and how to take each away."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase import books
from race_to_purchase.app import in_memory
from race_to_purchase.loops.reconcile.loop import Reconcile
from race_to_purchase.loops.reconcile.note import Notes
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.refund import Refunds
from race_to_purchase.ports import GatewayPayment
from race_to_purchase.rules import commands
from race_to_purchase.rules import decide as deciding
from race_to_purchase.rules.aftersale import Refundable, RefundRow
from race_to_purchase.rules.decide import disputing, queueing, refunding
from race_to_purchase.rules.decide.decision import Decision
from race_to_purchase.rules.outcomes import Begun
from race_to_purchase.rules.rows import Attempt, Checkout
from race_to_purchase.rules.snapshot import Snapshot
from race_to_purchase.rules.verdicts import Declined, NoAnswer, Verdict
from race_to_purchase.store.memory.aftersale import AfterTables

Patch = pytest.MonkeyPatch


def messages_not_stored(patch: Patch) -> None:
    """A gateway's message is acknowledged before it is stored, and the process forgets it."""

    async def forgets(*_: object) -> bool:
        return True

    patch.setattr(in_memory.MemoryInbox, "keep", forgets)


def news_in_any_order(patch: Patch) -> None:
    """What is heard last of a dispute is taken for the newest."""
    patch.setattr(disputing, "_is_old", lambda *_: False)
    patch.setattr(disputing, "DISPUTE_ENDS", frozenset())
    patch.setattr(disputing, "move_dispute", lambda _state, event: MOVED[event])


MOVED = {"ask": "inquiry", "open": "open", "win": "won", "lose": "lost", "close": "closed"}


def no_refundable_guard(patch: Patch) -> None:
    """Every refund is decided as if it were the first, and the store does not mind."""

    def fresh(_snapshot: Snapshot, attempt: Attempt) -> Refundable:
        return Refundable(attempt.checkout_id, attempt.currency, attempt.amount)

    patch.setattr(refunding, "guard_of", fresh)
    patch.setattr(AfterTables, "check_after", lambda *_: None)


def refunded_while_disputed(patch: Patch) -> None:
    """A refund is begun whatever the bank is asked to take back."""
    refused = refunding._refused

    def anyway(wish: commands.Refund, checkout: Checkout, attempt: Attempt, guard: Refundable, amount: int) -> Any:
        return refused(wish, checkout, attempt, replace(guard, disputes=0), amount)

    patch.setattr(refunding, "_refused", anyway)


def new_key_for_a_refund(patch: Patch) -> None:
    """A refund that is sent again is sent under another key."""
    numbers = itertools.count()
    send = Refunds._send

    async def with_new_key(self: Refunds, refund: RefundRow) -> Verdict:
        return await send(self, replace(refund, id=f"{refund.id}-{next(numbers)}"))

    patch.setattr(Refunds, "_send", with_new_key)


def unknown_refund_is_failed(patch: Patch) -> None:
    """A gateway that does not answer is taken to have refused the refund."""
    said = refunding.refund_said

    def guessed(snapshot: Snapshot, command: refunding.RefundSaid) -> Decision:
        if isinstance(command.verdict, NoAnswer):
            command = replace(command, verdict=Declined("timeout", retryable=True))
        return said(snapshot, command)

    patch.setitem(deciding.RULES, commands.RefundSaid, guessed)


def late_turn_is_sent(patch: Patch) -> None:
    """A payment whose turn has come is sent, whatever has become of it meanwhile."""
    send = queueing.send

    def anyway(snapshot: Snapshot, command: queueing.Send) -> Decision:
        attempt = snapshot.attempt(command.checkout_id, command.n)
        return send(snapshot, command) if attempt.state == "prepared" else Decision(Begun(attempt))

    patch.setitem(deciding.RULES, commands.Send, anyway)
    patch.setattr(PacedGateway, "leave", lambda *_: None)


def repaired_before_noted(patch: Patch) -> None:
    """Reconciliation asks the gateway first, and writes down afterwards what it has repaired."""
    note = Notes.payment

    async def hasty(self: Notes, difference: books.Difference, gateway: str, *more: Any) -> None:
        if difference.repair == "void":
            await self._mend._gateways[gateway].void(difference.ref, "hasty")
        await note(self, difference, gateway, *more)

    patch.setattr(Notes, "payment", hasty)


def strangers_repaired(patch: Patch) -> None:
    """A payment that is not ours is given back."""
    nobodys = books._nobodys

    def ours(payment: GatewayPayment) -> books.Difference | None:
        found = nobodys(payment)
        return found and replace(found, repair="refund")

    patch.setattr(books, "_nobodys", ours)


def never_reconciled(patch: Patch) -> None:
    """What is wrong stays wrong."""

    async def idle(_self: object) -> bool:
        return False

    patch.setattr(Reconcile, "tick", idle)
    patch.setattr(Reconcile, "whole", idle)
