"""What reconciliation reads and keeps, over every store."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Booked, Conflict, Findings, Reads, Store
from race_to_purchase.rules.rows import Finding
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.store.findings import PostgresFindings
from race_to_purchase.store.memory.findings import MemoryFindings
from race_to_purchase.store.memory.store import MemoryStore
from race_to_purchase.store.postgres import PostgresStore
from tests.conformance.batches import change, commit, insert
from tests.conformance.test_aftersale import ordered, refund
from tests.samples import NOON, a_checkout, a_finding, an_attempt, an_order, new_id

NAMED = Keys(findings={a_finding().id})


@pytest.fixture
def findings(store: Store) -> Findings:
    """What the store has of reconciliation."""
    if isinstance(store, MemoryStore):
        return MemoryFindings(store.rows)
    assert isinstance(store, PostgresStore)
    return PostgresFindings(store.pool)


async def test_what_is_booked_is_what_each_row_says(store: Store, reads: Reads, findings: Findings) -> None:
    paid, lost = a_checkout(live_n=2), a_checkout()
    first = an_attempt(paid, state="declined", decline_code="no", answer_status=402, answer=b"{}")
    second = an_attempt(paid, 2, state="captured", gateway_ref="ref-1", return_url="https://shop.example")
    await insert(store, paid, lost, first, second, an_order(paid, attempt_n=2))
    booked = await findings.booked([paid.id, lost.id, new_id()])
    attempts = {n: await reads.attempt(paid.id, n) for n in (1, 2)}
    assert booked == {
        paid.id: Booked(paid, attempts, await reads.order(paid.id)),  # type: ignore[arg-type]
        lost.id: Booked(lost, {}, None),
    }
    assert booked[paid.id].attempts[2].return_url == "https://shop.example"


async def test_what_is_booked_has_the_refunds_of_its_order(store: Store, reads: Any, findings: Findings) -> None:
    id_, other = await ordered(store), await ordered(store)
    for _ in range(2):
        await commit(store, refund(id_, 100))
    booked = await findings.booked([id_, other])
    refunds = (await reads.after(id_)).refunds
    assert booked[id_].refunds == (refunds[(id_, 1)], refunds[(id_, 2)])
    assert booked[other].refunds == ()


async def test_captured_attempts_are_those_of_a_range_of_time_and_a_gateway(store: Store, findings: Findings) -> None:
    begun = [NOON + timedelta(seconds=n) for n in range(4)]
    checkouts = [a_checkout(live_n=1) for _ in range(6)]
    attempts = [
        an_attempt(checkout, began_at=at, state="captured", gateway_ref="ref")
        for checkout, at in zip(checkouts, begun, strict=False)
    ]
    attempts += [
        an_attempt(checkouts[4], began_at=begun[1]),
        an_attempt(checkouts[5], began_at=begun[1], state="captured", gateway="other", gateway_ref="ref"),
    ]
    await insert(store, *checkouts, *attempts)
    found = await findings.captured("sandbox", begun[1], begun[3])
    assert sorted(found, key=lambda row: row.began_at) == attempts[1:3]


async def test_a_finding_is_stored_as_it_is_and_then_changed(store: Store, findings: Findings) -> None:
    finding = a_finding(detail={"what": "it differs", "amount": 5})
    await insert(store, finding)
    assert await findings.finding(finding.id) == finding
    ended = replace(finding, state="repaired", how="voided", ended_at=NOON, seen=2)
    await change(store, NAMED, lambda snapshot: [replace(ended, version=snapshot.findings[finding.id].version)])
    assert await findings.finding(finding.id) == replace(ended, version=1)
    assert await findings.finding("0" * 24) is None


async def test_of_two_that_write_one_finding_the_later_one_reads_again(store: Store) -> None:
    await insert(store, a_finding())
    with pytest.raises(Conflict):
        await insert(store, a_finding(how="new, as far as this one knows"))
    async with store.session() as late:
        snapshot = await late.read(NAMED, lock=False)
        await change(store, NAMED, lambda now: [replace(now.findings[a_finding().id], how="first")])
        snapshot.put(replace(snapshot.findings[a_finding().id], how="second"))
        with pytest.raises(Conflict):
            await late.apply(snapshot)


async def test_what_has_not_ended_is_listed_by_id_and_by_state(store: Store, findings: Findings) -> None:
    rows = [
        a_finding(f"kind-{n}", state=state, ended_at=NOON if state in ("closed", "repaired") else None)
        for n, state in enumerate(("open", "open", "repairing", "closed", "repaired"))
    ]
    await insert(store, *rows)

    def of(*states: str) -> list[Finding]:
        return sorted((row for row in rows if row.state in states), key=lambda row: row.id)

    assert await findings.unended("", 10) == of("open", "repairing")
    assert await findings.unended("", 10, "open") == of("open")
    assert await findings.unended(of("open")[0].id, 10, "open") == of("open")[1:]
    assert await findings.unended("", 1) == of("open", "repairing")[:1]


async def test_a_walk_remembers_where_it_is(findings: Findings) -> None:
    await findings.reach("checkouts/new", "here")
    await findings.reach("checkouts/new", "there")
    assert await findings.reached() == {"checkouts/new": "there"}
