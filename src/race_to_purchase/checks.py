"""The invariants, each written once: what must be true of the rows and of the gateway's own books, at any moment.

`race audit`, every rehearsal and every test ask the same checks. A check looks and never repairs. It may run while
millions of rows are sold from: rows are read range by range in short statements, since one long snapshot would keep
the hot row's old versions alive. A statement sees one moment, so what it compares within itself is exact; what is
summed over many statements is counted again where it does not fit, and only what stays wrong is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

import msgspec

from race_to_purchase.rules.checkout import HOLDING, SOLD
from race_to_purchase.rules.drop import item_pool
from race_to_purchase.rules.rows import Pool

ROWS_AT_ONCE = 20_000
"""Rows of one table that one statement looks at: some tens of milliseconds each."""

POOLS_AT_ONCE = 500_000
"""Pools that are recounted together, at some 200 bytes each; more of them are counted in several passes."""

COUNTS = 3
"""So often a sum over many statements has to be wrong before it is a finding."""

FINDINGS_MAX = 1000
"""Of one check. Whoever has so many will not read more."""

SETTLED_S = 600.0
"""A checkout whose deadline passed so long ago has hardly any changes to come, and is counted range by range."""

_NIL = "00000000-0000-0000-0000-000000000000"
_STARTS = {
    "range_pool": "",
    "range_checkout": _NIL,
    "range_attempt": _NIL,
    "range_orders": _NIL,
    "range_journal": _NIL,
    "range_seal": "0",
    "range_idempotency": "",
    "range_task": "",
    "range_aftersale": _NIL,
    "range_inbox": "",
    "range_payment": "",
}
"""Statement that finds the next range of a table, to what comes before its first row."""


class Rows(Protocol):
    """Where the rows are: statements by name."""

    async def fetch(self, name: str, *arguments: Any) -> Sequence[Sequence[Any]]:
        """The rows of the statement `name`, read in one snapshot. DatabaseUnavailable where that fails."""
        ...


class Patience(msgspec.Struct, frozen=True):
    """How long something may take before it is stuck, in seconds. All zero where everything has come to rest."""

    capture_s: float = 60.0
    deadline_s: float = 60.0
    task_s: float = 300.0
    refund_s: float = 86_400.0


class Check(msgspec.Struct, frozen=True):
    """An invariant. `ranges` is how its statement, of the same name, is led over a table; "" for what is summed up."""

    name: str
    sentence: str
    ranges: str = ""
    patience: Literal["", "capture_s", "deadline_s", "task_s", "refund_s"] = ""
    books: bool = False
    """It reads the sandbox gateway's books, and is left out where there are none."""


POOL_BOUNDS = Check("pool_bounds", "No pool has more held and sold than its capacity.", "range_pool")
HELD = Check("pool_held_matches_claims", "What a pool says is held is what live checkouts claim of it.")
SOLD_MATCHES = Check("pool_sold_matches_claims", "What a pool says is sold is what paid checkouts claim of it.")
BUYER_LIMIT = Check("buyer_limit_exceeded", "No buyer holds and owns more than a drop allows.")
OVERSOLD = Check("oversold", "No item is promised to more buyers than there are pieces of it.")
BALANCE = Check("balance_differs", "Every running total is the sum of what is sealed.")
PASSES = Check("passes_differ", "The passes that are out are those of tickets.")
OVERDUE = Check("pass_overdue", "Every pass ends when its time is up.", patience="task_s")
LATE = Check("late_number_missing", "Late comers are numbered without a gap.")
DRAWN = Check("draw_bent", "Every draw is made of the secret that was committed to.")
TRIAL = Check("trial_balance", "Debits and credits of all accounts are the same, in every currency.")

CHECKS: tuple[Check, ...] = (
    POOL_BOUNDS,
    HELD,
    SOLD_MATCHES,
    BUYER_LIMIT,
    OVERSOLD,
    Check("duplicate_orders", "No checkout is paid by two attempts.", "range_attempt"),
    Check("order_without_paid_checkout", "Every order stands for a checkout that is paid.", "range_orders"),
    Check("paid_checkout_without_order", "Every paid checkout has its order.", "range_checkout"),
    Check("captured_without_order", "Every attempt that takes money has an order.", "range_attempt"),
    Check("orders_without_capture", "Every order gets its money.", "range_orders", "capture_s"),
    Check("capture_missed", "Every order takes its money before its authorization expires.", "range_attempt"),
    Check("two_open_attempts", "No checkout waits for two gateways at once.", "range_attempt"),
    Check("end_without_answer", "Every attempt that ended has its answer, or another that followed.", "range_attempt"),
    Check("doomed_committed", "No attempt that was given up became an order.", "range_orders"),
    Check("attempt_differs_from_quote", "Every attempt is for what the buyer was promised.", "range_attempt"),
    Check("order_differs_from_attempt", "Every order is for what its attempt paid.", "range_orders"),
    Check("ledger_imbalance", "The journal of every order sums to zero.", "range_journal"),
    Check("entry_without_order", "Every journal entry belongs to an order.", "range_journal"),
    Check("order_without_sale", "Every order is in the journal.", "range_orders"),
    Check("booked_amount_differs", "Every order is booked with what is left of its amount.", "range_orders"),
    Check("seal_chain_broken", "Every seal block follows the one before.", "range_seal"),
    Check("sealed_entry_changed", "Every sealed journal entry is as it was sealed.", "range_seal"),
    Check("sealed_total_differs", "Every seal block has the totals of its entries.", "range_seal"),
    BALANCE,
    TRIAL,
    Check("key_points_nowhere", "Every idempotency key has its answer or its attempt.", "range_idempotency"),
    Check("stuck_checkout", "Every reservation ends when its time is up.", "range_checkout", "deadline_s"),
    Check("waiting_for_nothing", "Every payment under way has an attempt that is being decided.", "range_checkout"),
    Check("owed_without_task", "Every step that a payment still owes has its task.", "range_attempt"),
    Check("task_without_step", "Every task has a step that is still owed.", "range_task"),
    Check("task_overdue", "Every task is taken up when it is due.", "range_task", "task_s"),
    Check("given_back_too_much", "No order gives back more than was captured.", "range_aftersale"),
    Check("guard_differs", "The guard of every order counts its refunds and disputes.", "range_aftersale"),
    Check("refunded_order_stands", "What was paid back in full is no longer an order.", "range_aftersale"),
    Check("refund_without_task", "Every refund that has not ended has its task.", "range_aftersale"),
    Check("refund_undecided", "Every refund is decided within its time.", "range_aftersale", "refund_s"),
    Check("message_overdue", "Every message of a gateway is worked on when it is due.", "range_inbox", "task_s"),
    PASSES,
    Check("pass_without_row", "Every pass that is out will end.", "range_pool"),
    OVERDUE,
    LATE,
    DRAWN,
    Check("charged_without_order", "The gateway keeps money for orders alone.", "range_payment", books=True),
    Check("charged_twice", "The gateway took money for a checkout once.", "range_attempt", books=True),
    Check("capture_missing_at_gateway", "The gateway has captured what we say it has.", "range_attempt", books=True),
    Check(
        "captured_amount_differs", "The gateway has captured the amount that was agreed.", "range_attempt", books=True
    ),
    Check("paid_by_another", "Every order names the payment that was made for it.", "range_orders", books=True),
    Check("refunds_differ_at_gateway", "The gateway paid back what we say it did.", "range_orders", books=True),
    Check("authorization_left_open", "Every authorization will be used or voided.", "range_payment", books=True),
)
"""All of them, in the order in which a purchase goes."""

WHOLE = (BALANCE, TRIAL, PASSES, OVERDUE, LATE, DRAWN)
"""Asked of the whole at once: their tables are small, or it has to be one moment."""

LEDGER = frozenset(
    {"ledger_imbalance", "seal_chain_broken", "sealed_entry_changed", "sealed_total_differs", BALANCE.name, TRIAL.name}
)
"""What can be told from the ledger alone."""


class Finding(msgspec.Struct, frozen=True):
    """One place where an invariant does not hold; `amount` in pieces, minor units or rows, as the check counts."""

    check: str
    sentence: str
    subject: str
    detail: str
    amount: int = 1


class Audit(msgspec.Struct, frozen=True):
    """What the checks found. `skipped` are those that could not be asked: there are no books to compare with."""

    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    skipped: tuple[str, ...]
    sold: int
    """Pieces that standing orders promise."""
    orders: int

    @property
    def violations(self) -> int:
        """How many places; 0 is a clean audit."""
        return len(self.findings)

    def of(self, *checks: str) -> list[Finding]:
        """The findings of some checks."""
        return [finding for finding in self.findings if finding.check in checks]

    def figures(self) -> dict[str, int]:
        """The numbers that scorecards and scripts rely on; pieces, orders, and minor units where the name says so."""
        takers = {finding.subject for finding in self.of("captured_without_order", "charged_without_order")}
        return {
            "violations": self.violations,
            "sold": self.sold,
            "orders": self.orders,
            "oversold": sum(finding.amount for finding in self.of("oversold")),
            "duplicate_orders": sum(finding.amount for finding in self.of("duplicate_orders", "charged_twice")),
            "captured_without_order": len(takers),
            "orders_without_capture": len(self.of("orders_without_capture", "capture_missing_at_gateway")),
            "ledger_imbalance_minor": sum(finding.amount for finding in self.of("ledger_imbalance")),
        }


async def audit(rows: Rows, patience: Patience | None = None, *, rows_at_once: int = ROWS_AT_ONCE) -> Audit:
    """Ask every check. Raises DatabaseUnavailable; the database may be in use meanwhile."""
    patience = patience or Patience()
    ((has_books,),) = await rows.fetch("books")
    asked = [check for check in CHECKS if has_books or not check.books]
    findings = await _ask_all(rows, asked, patience, rows_at_once)
    findings += await recount(rows, rows_at_once)
    shelf = Shelf(rows, rows_at_once)
    findings += await _steady(shelf.count)
    order = {check.name: place for place, check in enumerate(CHECKS)}
    return Audit(
        findings=tuple(sorted(findings, key=lambda finding: order[finding.check])),
        checked=tuple(check.name for check in asked),
        skipped=tuple(check.name for check in CHECKS if check not in asked),
        sold=shelf.sold,
        orders=shelf.orders,
    )


async def verify(rows: Rows) -> list[Finding]:
    """Ask what can be told from the ledger alone: whether it balances, and is as it was sealed."""
    asked = [check for check in CHECKS if check.name in LEDGER]
    return await _ask_all(rows, asked, Patience(), ROWS_AT_ONCE)


async def ranges(rows: Rows, name: str, rows_at_once: int) -> AsyncIterator[tuple[str, str]]:
    """A table in pieces: each after its first key up to and with its second, as parameters of a check's statement."""
    after = _STARTS[name]
    while found := await rows.fetch(name, after, rows_at_once):
        until = found[0][0]
        yield after, until
        after = until


async def _ask_all(rows: Rows, asked: Sequence[Check], patience: Patience, rows_at_once: int) -> list[Finding]:
    """What a statement alone can tell: of a range of a table, or of the whole where that is small."""
    pieces = {name: [piece async for piece in ranges(rows, name, rows_at_once)] for name in _tables(asked)}
    findings: list[Finding] = []
    for check in asked:
        if check.ranges:
            findings += await _ask(rows, check, pieces[check.ranges], patience)
        elif check in WHOLE:
            waits = (getattr(patience, check.patience),) if check.patience else ()
            findings += [_finding(check, *found) for found in await rows.fetch(check.name, *waits)]
    return findings


def _tables(asked: Sequence[Check]) -> list[str]:
    return sorted({check.ranges for check in asked if check.ranges})


async def _ask(rows: Rows, check: Check, pieces: Sequence[tuple[str, str]], patience: Patience) -> list[Finding]:
    waits = (getattr(patience, check.patience),) if check.patience else ()
    findings: list[Finding] = []
    for after, until in pieces:
        found = await rows.fetch(check.name, after, until, *waits)
        findings += [_finding(check, subject, detail, amount) for subject, detail, amount in found]
        if len(findings) >= FINDINGS_MAX:
            break
    return findings[:FINDINGS_MAX]


def _finding(check: Check, subject: str, detail: str, amount: int) -> Finding:
    return Finding(check.name, check.sentence, subject, detail, int(amount))


async def _steady(count: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """What is found again and again: a sum over several statements may be wrong by what happened between them."""
    findings = await count()
    for _ in range(COUNTS - 1):
        if not findings:
            break
        again = {(finding.check, finding.subject) for finding in findings}
        findings = [finding for finding in await count() if (finding.check, finding.subject) in again]
    return findings[:FINDINGS_MAX]


async def recount(rows: Rows, rows_at_once: int = ROWS_AT_ONCE, looked_at: Counter[str] | None = None) -> list[Finding]:
    """Pools whose counts are not those of the checkouts that claim of them, whenever they are counted.

    How many pools that were is added to `looked_at["pools"]`.
    """
    looked_at = Counter() if looked_at is None else looked_at
    before = looked_at["pools"]

    async def count() -> list[Finding]:
        looked_at["pools"] = before
        return await _recount(rows, rows_at_once, looked_at)

    return await _steady(count)


async def _recount(rows: Rows, rows_at_once: int, looked_at: Counter[str]) -> list[Finding]:
    pieces = [piece async for piece in ranges(rows, "range_pool", rows_at_once)]
    parts = 1 + len(pieces) * rows_at_once // POOLS_AT_ONCE
    return [
        finding
        for part in range(parts)
        async for finding in _recount_part(rows, pieces, parts, part, rows_at_once, looked_at)
    ]


async def _recount_part(
    rows: Rows, pieces: list[tuple[str, str]], parts: int, part: int, rows_at_once: int, looked_at: Counter[str]
) -> AsyncIterator[Finding]:
    """Count what checkouts claim: old ones range by range, the others in one statement with what the pools say."""
    states = (sorted(HOLDING), sorted(SOLD))
    ((before,),) = await rows.fetch("settled_before", SETTLED_S)
    held: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    async for after, until in ranges(rows, "range_checkout", rows_at_once):
        for pool, holding, having in await rows.fetch("claims_settled", after, until, before, parts, part, *states):
            held[pool] += holding
            sold[pool] += having
    seen: set[str] = set()
    for pool, kind, capacity, says_held, says_sold, holding, having in await rows.fetch(
        "claims_recent", before, parts, part, *states
    ):
        seen.add(pool)
        says = Pool(pool, "", kind, capacity, says_held, says_sold)
        for finding in _compare(says, held[pool] + holding, sold[pool] + having):
            yield finding
    for after, until in pieces:
        for pool, kind, capacity, says_held, says_sold in await rows.fetch("claims_pools", after, until, parts, part):
            if pool not in seen:
                seen.add(pool)
                for finding in _compare(Pool(pool, "", kind, capacity, says_held, says_sold), held[pool], sold[pool]):
                    yield finding
    missing = sorted((held.keys() | sold.keys()) - seen)
    looked_at["pools"] += len(seen) + len(missing)
    for pool in missing:
        for finding in _compare(Pool(pool, "", "missing", 0), held[pool], sold[pool]):
            yield finding


def _compare(pool: Pool, held: int, sold: int) -> Iterator[Finding]:
    """What the pool says against what was counted."""
    says = "the pool is missing" if pool.kind == "missing" else f"the pool says held {pool.held}, sold {pool.sold}"
    if pool.held != held:
        yield _finding(HELD, pool.id, f"{says}; claims say held {held}", abs(pool.held - held))
    if pool.sold != sold:
        yield _finding(SOLD_MATCHES, pool.id, f"{says}; claims say sold {sold}", abs(pool.sold - sold))
    if pool.kind == "buyer" and held + sold > pool.capacity:
        detail = f"{held} held and {sold} bought of {pool.capacity}"
        yield _finding(BUYER_LIMIT, pool.id, detail, held + sold - pool.capacity)


class Shelf:
    """Counts what orders promise, from what buyers were quoted, without looking at pools; then looks at the stock."""

    def __init__(self, rows: Rows, rows_at_once: int) -> None:
        self._rows = rows
        self._rows_at_once = rows_at_once
        self.sold = 0
        self.orders = 0

    async def count(self) -> list[Finding]:
        """Items of which more is promised than there is."""
        promised: Counter[tuple[str, str]] = Counter()
        self.orders = 0
        async for after, until in ranges(self._rows, "range_orders", self._rows_at_once):
            for drop_id, item, pieces, orders in await self._rows.fetch("sold_pieces", after, until):
                promised[(drop_id, item)] += pieces
                self.orders += orders
        self.sold = promised.total()
        stock = {(drop_id, item): pieces for drop_id, item, pieces in await self._rows.fetch("stock")}
        return [
            _finding(OVERSOLD, item_pool(*name), f"{pieces} sold of {stock.get(name, 0)}", pieces - stock.get(name, 0))
            for name, pieces in sorted(promised.items())
            if pieces > stock.get(name, 0)
        ]
