"""What an operator did with gateways is kept, the time of the first draining too."""

from datetime import timedelta

from race_to_purchase.ports import Reads, Store
from race_to_purchase.rules.rows import Event, GatewayStatus, Task, task_id
from tests.conformance.batches import insert
from tests.samples import NOON, a_checkout, an_attempt


async def put(store: Store, status: GatewayStatus) -> None:
    await insert(store, status, Event(f"gateway/{status.name}", "gateway_drained", NOON, "{}"))


async def test_gateways_come_by_name(store: Store, reads: Reads) -> None:
    assert list(await reads.gateways()) == []
    b, a = GatewayStatus("b", NOON, "down", "ops"), GatewayStatus("a", None, "", "ops")
    await put(store, b)
    await put(store, a)
    assert list(await reads.gateways()) == [a, b]


async def test_draining_again_keeps_the_time_of_the_first(store: Store, reads: Reads) -> None:
    later = NOON + timedelta(hours=1)
    await put(store, GatewayStatus("a", NOON, "down", "ops"))
    await put(store, GatewayStatus("a", later, "still down", "someone"))
    assert list(await reads.gateways()) == [GatewayStatus("a", NOON, "still down", "someone")]
    await put(store, GatewayStatus("a", None, "up", "ops"))
    await put(store, GatewayStatus("a", later, "down", "ops"))
    assert list(await reads.gateways()) == [GatewayStatus("a", later, "down", "ops")]


async def test_who_waits_for_a_turn_is_told_by_gateway_and_age(store: Store, reads: Reads) -> None:
    for minute, (gateway, state) in enumerate([("a", "prepared"), ("b", "prepared"), ("a", "sent"), ("a", "prepared")]):
        checkout = a_checkout(state="paying", live_n=1)
        began_at = NOON - timedelta(minutes=minute)
        attempt = an_attempt(checkout, gateway=gateway, state=state, began_at=began_at)
        task = Task(task_id(checkout.id, 1), "resolve", checkout.drop_id, checkout.id, 1, NOON)
        await insert(store, checkout, attempt, task)
    assert list(await reads.waiting_since("a")) == [NOON - timedelta(minutes=3), NOON]
    assert list(await reads.waiting_since("nowhere")) == []
