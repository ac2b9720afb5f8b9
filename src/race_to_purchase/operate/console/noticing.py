"""What whoever is on call would want to have seen.

It is found in the counts that every process wrote down, so that any process tells the same, also of the time before
somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

import msgspec

from race_to_purchase.observe.series import Slice, Wanted, fits, labels_of, wanted_of
from race_to_purchase.operate.console.shapes import Noticed

KEPT_MAX = 50
"""Of the latest ones."""

TOGETHER = timedelta(seconds=60)
"""What comes again within that time is the same trouble, which lasts."""

GONE = timedelta(seconds=20)
"""A process that has written nothing for so long has ended: they write each five seconds."""

SOURCES_MAX = 200

BREAKER = "race_gateway_breaker_open"


class _Sign(msgspec.Struct, frozen=True):
    """A counter that should stand still: `which` is the label that says where it did not."""

    what: str
    counter: str
    which: str = ""
    labels: Mapping[str, str] = {}


SIGNS = (
    _Sign("failed", "race_http_requests_total", "route", {"answer": "5xx"}),
    _Sign("unanswered", "race_gateway_answers_total", "gateway", {"said": "no_answer"}),
    _Sign("not_sent", "race_gateway_answers_total", "gateway", {"said": "not_sent"}),
    _Sign("failed_over", "race_payments_failed_over_total", "gateway"),
    _Sign("capture_failed", "race_captures_failed_total", "gateway"),
    _Sign("undeliverable", "race_orders_undeliverable_total"),
    _Sign("finding", "race_findings_total", "finding", {"finding_state": "open"}),
    _Sign("shed", "race_requests_shed_total", "route"),
    _Sign("no_room", "race_commands_refused_total", "", {"lack": "room"}),
    _Sign("no_database", "race_commands_refused_total", "", {"lack": "database"}),
    _Sign("given_up", "race_batches_again_total", "", {"trouble": "given_up"}),
    _Sign("keys_unanswered", "race_customer_keys_unanswered_total"),
)


class Noticing:
    """The latest of it, in a memory that does not grow."""

    def __init__(self) -> None:
        self._kept: list[Noticed] = []
        self._wrote: dict[str, datetime] = {}
        self._open: dict[tuple[str, str], bool] = {}
        self._began: datetime | None = None

    def look(self, one: Slice) -> None:
        """Look at what one process has written down."""
        for what, which, count in _grown(one):
            self._note(one.at, what, which, count)
        self._see(one)
        for (gateway,), level in one.counted.levels.get(BREAKER, {}).items():
            self._turn(one, gateway, bool(level))

    def told(self, now: datetime) -> tuple[Noticed, ...]:
        """All of it, the latest first."""
        for source, at in list(self._wrote.items()):
            if at < now - GONE:
                self._forget(source)
                self._note(at, "process_gone", "", 1)
        return tuple(sorted(self._kept, key=lambda one: one.until, reverse=True))

    def _see(self, one: Slice) -> None:
        """A process that writes for the first time has just started, but for those that were there already."""
        began = self._began = self._began or one.at
        if one.source not in self._wrote:
            if one.at > began + GONE:
                self._note(one.at, "process_started", "", 1)
            if len(self._wrote) >= SOURCES_MAX:
                self._forget(next(iter(self._wrote)))
        self._wrote[one.source] = max(one.at, self._wrote.get(one.source, one.at))

    def _forget(self, source: str) -> None:
        del self._wrote[source]
        self._open = {key: is_open for key, is_open in self._open.items() if key[0] != source}

    def _turn(self, one: Slice, gateway: str, is_open: bool) -> None:
        before = self._open.get((one.source, gateway), False)
        self._open[one.source, gateway] = is_open
        if before is not is_open:
            self._note(one.at, "breaker_open" if is_open else "breaker_closed", gateway, 1)

    def _note(self, at: datetime, what: str, which: str, count: int) -> None:
        for place, kept in enumerate(self._kept):
            if (kept.what, kept.which) == (what, which) and abs(at - kept.until) <= TOGETHER:
                self._kept[place] = Noticed(min(kept.at, at), max(kept.until, at), what, which, kept.count + count)
                return
        self._kept.append(Noticed(at, at, what, which, count))
        if len(self._kept) > KEPT_MAX:
            self._kept.remove(min(self._kept, key=lambda one: one.until))


def _grown(one: Slice) -> Iterator[tuple[str, str, int]]:
    for counter, by_labels in one.counted.counts.items():
        for what, wanted, place in _signs_of(counter):
            for labels, count in by_labels.items():
                if count and fits(labels, wanted):
                    yield what, "" if place is None else labels[place], int(count)


@cache
def _signs_of(counter: str) -> tuple[tuple[str, Wanted, int | None], ...]:
    """What a counter is a sign of, what its labels must be for that, and which of them says where."""
    return tuple(
        (sign.what, wanted_of(counter, sign.labels), labels_of(counter).index(sign.which) if sign.which else None)
        for sign in SIGNS
        if sign.counter == counter
    )
