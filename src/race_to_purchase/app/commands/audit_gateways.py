"""`race audit --gateways`: the rows against the lists of the gateways themselves, over everything there ever was.

The sandbox is left out: its books stand in the database, and the audit reads them there. Where a gateway is the
simulator, it is asked whether its own books add up as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import aiohttp
import msgspec

from race_to_purchase import books
from race_to_purchase.app.gateways import entries_of, open_gateways
from race_to_purchase.checks import FINDINGS_MAX, Finding
from race_to_purchase.errors import RaceError
from race_to_purchase.operate.gatewayfile import GatewayEntry
from race_to_purchase.ports import Gateway, GatewayUnanswered
from race_to_purchase.settings import Settings
from race_to_purchase.store.findings import PostgresFindings
from race_to_purchase.store.postgres import PostgresStore
from race_to_purchase.store.reads import PostgresReads

AT_ONCE = 500
LONGEST_RESERVATION = timedelta(days=1)
CONTROL_TIMEOUT_S = 10.0
BOOKS_CONTRADICT = "gateway_books_contradict"
SENTENCES = {**books.SENTENCES, BOOKS_CONTRADICT: "The gateway's own books add up."}


class GatewaySilent(RaceError):
    """The list of payments at gateway {gateway} could not be read to its end: {reason}. Run this again later, or
    without --gateways."""

    code = "gateway_silent"


class AtGateways(msgspec.Struct, frozen=True):
    """What was compared, by gateway, and what differs."""

    payments: dict[str, int]
    findings: tuple[Finding, ...]


async def audit_gateways(settings: Settings, dsn: str, *, in_use: bool) -> AtGateways:
    """Compare with every configured gateway but sandboxes; where the engine runs, what is young is not judged."""
    entries = {entry.name: entry for entry in entries_of(settings) if entry.kind != "sandbox"}
    opened = await open_gateways(settings, dsn)
    store = await PostgresStore.open(dsn, connections=2)
    try:
        reads = PostgresReads(store.pool)
        now = await reads.now()
        since = (await reads.first_deadline() or now) - LONGEST_RESERVATION
        until = now - timedelta(seconds=settings.reconcile_after_s if in_use else 0)
        compared: dict[str, int] = {}
        findings: list[Finding] = []
        for name, entry in entries.items():
            gateway = opened.router.gateways[name]
            compared[name] = await _compare(gateway, PostgresFindings(store.pool), reads, since, until, findings)
            findings += await _own_books(entry)
        return AtGateways(compared, tuple(findings[:FINDINGS_MAX]))
    finally:
        await store.close()
        await opened.close()


async def _compare(
    gateway: Gateway,
    rows: PostgresFindings,
    reads: PostgresReads,
    since: datetime,
    until: datetime,
    findings: list[Finding],
) -> int:
    """Both ways; how many payments were listed."""
    listed_at = await reads.now()
    listed: set[str] = set()
    differences: list[books.Difference] = []
    try:
        async for payments in books.by(AT_ONCE, gateway.payments(since, until)):
            booked = await rows.booked(books.checkouts_of(payments))
            listed.update(payment.ref for payment in payments)
            found = (books.compare(payment, booked, gateway.name, listed_at) for payment in payments)
            differences += [difference for difference in found if difference is not None]
    except GatewayUnanswered as error:
        raise GatewaySilent(gateway=gateway.name, reason=error) from None
    captured = await rows.captured(gateway.name, since, until)
    differences += [books.missing(attempt) for attempt in captured if attempt.gateway_ref not in listed]
    # What is undecided here is no lie: it will be resolved, and is stuck only by the checks of its task.
    findings += [_finding(gateway.name, found) for found in differences if found.kind != "undecided"]
    return len(listed)


def _finding(gateway: str, found: books.Difference) -> Finding:
    subject = f"{found.checkout_id}/{found.n}" if found.checkout_id is not None else f"{gateway}/{found.ref}"
    return Finding(found.kind, SENTENCES[found.kind], subject, f"{gateway}: {found.detail}", found.amount)


async def _own_books(entry: GatewayEntry) -> list[Finding]:
    """What the simulator's audit of itself says; nothing where the gateway is no simulator."""
    if not entry.base_address:
        return []
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CONTROL_TIMEOUT_S)) as http,
            http.get(f"{entry.base_address.rstrip('/')}/_control/audit") as answer,
        ):
            told = msgspec.json.decode(await answer.read(), type=dict[str, object]) if answer.status == 200 else {}
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
        return []
    violations = told.get("violations")
    sentence = SENTENCES[BOOKS_CONTRADICT]
    return [
        Finding(BOOKS_CONTRADICT, sentence, entry.name, str(one))
        for one in (violations if isinstance(violations, list) else [])
    ]
