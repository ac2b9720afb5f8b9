"""What an operator did with gateways is kept, the time of the first draining too."""

from datetime import timedelta

from race_to_purchase.ports import Reads, Store
from race_to_purchase.rules.rows import Event, GatewayStatus
from tests.conformance.batches import insert
from tests.samples import NOON


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
