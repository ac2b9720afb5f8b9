"""The failures that the protocol of a payment answers, one row each, and how a purchase that went through one is known.

A simulation that never came through a row has proved nothing about it, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from race_to_purchase.rehearse.world.story import Moment, Story

Known = Callable[[list[Moment]], bool]


class Row(NamedTuple):
    """How a purchase is known that went through a failure; `needs` is what must have happened at all."""

    needs: frozenset[str]
    known: Known


def reached(story: Story) -> frozenset[str]:
    """The rows that some purchase of the story went through."""
    left = dict(TABLE)
    for moments in story.by_purchase().values():
        seen = {moment.what for moment in moments}
        for name in [name for name, row in left.items() if row.needs <= seen and row.known(moments)]:
            del left[name]
    return frozenset(TABLE.keys() - left)


def _in_order(moments: Iterable[Moment], *wanted: tuple[str, str]) -> bool:
    """Whether moments like `wanted` (what, beginning of the detail) come one after the other, anything between."""
    left = iter(wanted)
    what, detail = next(left)
    for moment in moments:
        if moment.what == what and moment.detail.startswith(detail):
            if (following := next(left, None)) is None:
                return True
            what, detail = following
    return False


def _way(*wanted: str) -> Row:
    """Known by moments in order, each written as `what` or `what: detail`."""
    steps = tuple(_parsed(text) for text in wanted)
    return Row(frozenset(what for what, _ in steps), lambda moments: _in_order(moments, *steps))


def _parsed(text: str) -> tuple[str, str]:
    what, _, detail = text.partition("=")
    return what, detail


def _crash_before_sending(moments: list[Moment]) -> bool:
    """The process that began the payment dies without having called the gateway, and another one does."""
    for place, moment in enumerate(moments):
        if moment.what == "commits: sent":
            rest = [later for later in moments[place:] if later.what in ("calls: authorize", "CRASH")]
            mine = [later for later in rest if later.who == moment.who]
            if mine and mine[0].what == "CRASH" and any(later.what == "calls: authorize" for later in rest):
                return True
    return False


def _crash_between(first: str, second: str) -> Row:
    """The process that did `first` dies before `second`, which another process does."""

    def known(moments: list[Moment]) -> bool:
        for place, moment in enumerate(moments):
            if moment.what == first:
                for later in moments[place + 1 :]:
                    if later.who == moment.who and later.what == "CRASH":
                        return any(last.what == second and last.who != moment.who for last in moments[place:])
                    if later.what == second:
                        break
        return False

    return Row(frozenset({first, second, "CRASH"}), known)


TABLE: dict[str, Row] = {
    "crash before sending": Row(frozenset({"CRASH", "calls: authorize"}), _crash_before_sending),
    "no answer, found by asking": _way("calls: authorize=lost_answer", "hears: look_up=Authorized", "commits: paid"),
    "an error after the effect": _way("calls: authorize=error_after", "hears: look_up=Authorized", "commits: paid"),
    "no answer, sent again": _way(
        "calls: authorize=lost_request", "hears: look_up=Absent", "hears: authorize=Authorized", "commits: paid"
    ),
    "not sent, or too many requests": _way("hears: authorize=NotSent", "hears: authorize=Authorized", "commits: paid"),
    "crash after the authorization": _crash_between("hears: authorize", "commits: committed"),
    "crash before the gateway's answer": _way("calls: authorize=crash_after", "CRASH", "commits: committed"),
    "deadline passed, reclaimed": _way("commits: lapsed", "commits: paid=reclaim"),
    "deadline passed, doomed and voided": _way("commits: lapsed", "commits: doomed", "commits: voided"),
    "deadline passed, declined": _way("commits: lapsed", "commits: expired", "commits: declined"),
    "sold out while it was authorized": _way("commits: doomed", "effect: void", "commits: voided"),
    "crash in the pivot's transaction": _way("hears: authorize=Authorized", "CRASH", "commits: paid"),
    "capture without an answer": _way("calls: capture=lost_answer", "hears: capture=Captured", "commits: captured"),
    "capture sent again": _way("calls: capture=lost_request", "hears: capture=Captured", "commits: captured"),
    "crash before the capture": _way("commits: committed", "CRASH", "commits: captured"),
    "capture refused": _way("hears: capture=CaptureRefused", "commits: capture_failed"),
    "void without an answer": _way("calls: void=lost_answer", "hears: void=Voided", "commits: voided"),
    "void sent again": _way("calls: void=lost_request", "hears: void=Voided", "commits: voided"),
    "the same key twice": _way("is asked: pay", "is asked: pay", "answers: pay=409"),
    "the same key for another request": _way("answers: pay=422"),
    "late effect after the gateway knew nothing": _way(
        "calls: authorize=late", "hears: look_up=Absent", "effect: authorize"
    ),
    "declined, then another card": _way("commits: declined", "commits: sent", "commits: paid"),
    "the buyer had to act first": _way("commits: action_required", "effect: acted"),
    "another amount was authorized": _way("effect: authorize", "commits: doomed", "commits: voided"),
    "cancelled while it was paid": _way("is asked: pay", "is asked: cancel", "answers: cancel=409"),
    "declined, taken by the next gateway": _way("commits: declined", "commits: sent=beta", "commits: paid"),
    "not sent, taken by the next gateway": _way("commits: declined=not_sent", "commits: sent=beta", "commits: paid"),
    "given up in mid-flight, its late success voided": _way("commits: doomed=failed_over", "effect: void"),
    "crash between the two steps": _crash_between("commits: made", "calls: authorize"),
    "no answer to the first of two steps": _way("calls: prepare=lost_answer", "commits: made", "commits: paid"),
    "waited for its turn": _way("commits: prepared", "commits: sent", "commits: paid"),
    "the deadline was faster than the queue": _way("commits: prepared", "commits: declined=not_sent"),
    "came back from the bank": _way("commits: action_required", "is asked: return", "commits: paid"),
    "nobody knew for days": _way("commits: unknown", "commits: unresolved"),
    "the merchant was told again": _way("commits: captured", "commits: fulfilled"),
}
"""Name of a row to how a purchase that went through it is known."""
