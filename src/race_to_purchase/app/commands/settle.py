"""`race settle`: match a gateway's settlement file with the orders, book its fees and payouts, print what differs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from rich.console import Console
from rich.table import Table

from race_to_purchase.app.commands.database import Found, configured
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.app.gateways import entries_of
from race_to_purchase.checks import Rows
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import ConfigurationError, RaceError
from race_to_purchase.loops.reconcile.rows import first_id
from race_to_purchase.operate import settlement
from race_to_purchase.operate.settlement import Difference, Movement, Settled
from race_to_purchase.rules import ledger
from race_to_purchase.rules.commands import Book
from race_to_purchase.rules.money import display
from race_to_purchase.rules.outcomes import Done
from race_to_purchase.rules.rows import Entry
from race_to_purchase.settings import Settings
from race_to_purchase.store.audit import AuditRows
from race_to_purchase.store.postgres import PostgresStore

BOOKED_AT_ONCE = 500
READ_AT_ONCE = 5_000
SHOWN_MAX = 50

LONGEST = timedelta(days=8)
"""An order is placed at most so long before its money is taken: authorizations do not live longer."""

GRACE = timedelta(minutes=10)
"""What was placed so shortly before the last line of a file may be in the next one."""

_LINES = UUID("9d0c1f3e-6a0b-5b3e-8f53-2f1f4a6b7c80")
"""Name space of the ids that a file's lines have in our journal."""


class UnknownSettler(ConfigurationError):
    """No gateway is called {gateway!r} in the settings, and no order was ever paid there; known are {known}."""

    code = "unknown_settler"


class FileUnreadable(RaceError):
    """{file} cannot be read: {reason}"""

    code = "file_unreadable"
    exit_code = 2


class Settlement(msgspec.Struct, frozen=True):
    """What a file came to: its lines by category, what was booked of them now, and where it differs."""

    lines: int
    categories: dict[str, int]
    booked: int
    booked_before: int
    differences: tuple[Difference, ...]


def run_settle(settings: Settings, file: Path, gateway: str, out: Console, json_file: Path | None) -> int:
    """Settle and tell; the exit status: 1 where the file differs from our books, else 0."""
    movements = settlement.read(_text(file), file.name)
    with configured(settings, "race settle") as database:
        done = asyncio.run(settle_at(settings, database.dsn, movements, gateway))
    _tell(done, out)
    write_json(json_file, done)
    return 1 if done.differences else 0


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FileUnreadable(file=file, reason=error.strerror) from None
    except UnicodeDecodeError as error:
        raise FileUnreadable(file=file, reason=f"byte {error.start} is not UTF-8; export it as UTF-8") from None


async def settle_at(
    settings: Settings, dsn: str, movements: Sequence[Movement], gateway: str, *, grace: timedelta = GRACE
) -> Settlement:
    """Compare `movements` with the orders paid at `gateway`, and book fees and payouts that are not booked yet."""
    async with AuditRows.open(await Found(dsn, True).prepare()) as rows:
        ours, until = await _ours(rows, movements, gateway, grace)
    known = [entry.name for entry in entries_of(settings)]
    if gateway not in known and not ours:
        raise UnknownSettler(gateway=gateway, known=", ".join(known))
    entries = [entry for movement in movements for entry in _entries(movement, gateway)]
    booked = await _book(dsn, entries)
    return Settlement(
        len(movements),
        dict(Counter(movement.category for movement in movements)),
        booked,
        len(entries) - booked,
        tuple(settlement.differences(movements, ours, until)),
    )


async def _ours(
    rows: Rows, movements: Sequence[Movement], gateway: str, grace: timedelta
) -> tuple[list[Settled], datetime | None]:
    """The orders that the file names, and all that were placed in its time; and until when they must be in it."""
    ids = {movement.order_id for movement in movements if movement.order_id is not None}
    charged = [m.at for m in movements if m.at is not None and m.category in settlement.CHARGES]
    if charged:
        ids |= await _placed(rows, min(charged) - LONGEST, max(charged) + timedelta(seconds=1))
    wanted = sorted(ids)
    found: list[Settled] = []
    for start in range(0, len(wanted), READ_AT_ONCE):
        some = await rows.fetch("settled_by_id", wanted[start : start + READ_AT_ONCE], gateway)
        found += [Settled(*row) for row in some]
    if not charged:
        return found, None
    # What was placed before the first line may have been in an earlier file.
    since, named = min(charged), {movement.order_id for movement in movements}
    payments = {movement.payment for movement in movements}
    of_file = [o for o in found if o.placed_at >= since or o.order_id in named or o.payment in payments]
    return of_file, max(charged) - grace


async def _placed(rows: Rows, since: datetime, until: datetime) -> set[str]:
    """Ids of the orders whose checkouts were made in a stretch of time."""
    ids: set[str] = set()
    after, last = first_id(since), first_id(until)
    while page := await rows.fetch("settled_orders", after, last, READ_AT_ONCE):
        ids.update(row[0] for row in page)
        after = page[-1][0]
    return ids


def _entries(movement: Movement, gateway: str) -> Iterable[Entry]:
    """What a line books. Its id is made of the line's, so that the same line is booked once, in whichever file."""
    at = movement.at or datetime.now(UTC)
    fee, payout = settlement.fee_of(movement), settlement.payout_of(movement)
    if fee:
        name = str(uuid5(_LINES, f"{gateway}/{movement.id}/fee"))
        yield ledger.fee(name, ledger.SALE, gateway, fee, movement.currency, at)
    if payout:
        name = str(uuid5(_LINES, f"{gateway}/{movement.id}/payout"))
        yield ledger.payout(name, gateway, payout, movement.currency, at)


async def _book(dsn: str, entries: Sequence[Entry]) -> int:
    """Post what is not posted; how many entries that were."""
    store = await PostgresStore.open(dsn, connections=1)
    booked = 0
    try:
        committer = Committer(store)
        for start in range(0, len(entries), BOOKED_AT_ONCE):
            done = await committer.submit(Book("-", tuple(entries[start : start + BOOKED_AT_ONCE])))
            assert isinstance(done, Done)
            booked += int(done.what.split()[0])
    finally:
        await store.close()
    return booked


def _tell(done: Settlement, out: Console) -> None:
    lines = ", ".join(f"{count:,} {category}" for category, count in sorted(done.categories.items()))
    out.print(f"lines {done.lines:,}: {lines or 'none'}", markup=False)
    out.print(f"fees and payouts booked {done.booked:,}, booked before {done.booked_before:,}")
    if done.differences:
        table = Table("line", "kind", "what", "payment", "order", "ours", "theirs", box=None, pad_edge=False)
        for found in done.differences[:SHOWN_MAX]:
            money: list[Any] = [display(amount, found.currency) for amount in (found.ours, found.theirs)]
            table.add_row(str(found.line or ""), found.kind, found.what, found.payment, found.order_id or "", *money)
        out.print(table)
    hidden = len(done.differences) - SHOWN_MAX
    if hidden > 0:
        out.print(f"and {hidden:,} more; --json FILE has them all")
    verdict = f"{len(done.differences):,} differ" if done.differences else "everything matches"
    out.print(verdict, style="bold")
