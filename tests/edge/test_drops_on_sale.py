"""What everybody may see of a drop: its phase, a band of what is left, and nothing that is older than a moment."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.drops import DropsOnSale, on_sale
from race_to_purchase.operate.drops import DropState
from race_to_purchase.rules.drop import Item, shared_pools
from race_to_purchase.rules.rows import DropRow, Pool
from tests.edge.shop import STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.test_buying import reserved
from tests.edge.wire import Client

NOW = datetime.now(UTC)


def seen(*, closed: bool = False, counts: dict[str, tuple[int, int]] | None = None, **changes: Any) -> DropState:
    """A drop of two items, of 100 and 10 pieces; `counts` are held and sold by pool."""
    items = (Item("big", "Big", 100, 100), Item("small", "Small", 50, 10))
    drop = replace(a_definition(), items=items, **changes)
    pools = {
        pool_id: Pool(pool_id, drop.id, kind, size, *(counts or {}).get(pool_id.partition("/")[2], (0, 0)))
        for pool_id, (kind, size) in shared_pools(drop).items()
    }
    return DropState(DropRow(drop.id, drop, NOW if closed else None), pools, NOW)


class TestThePhase:
    @pytest.mark.parametrize(
        ("state", "phase"),
        [
            (seen(), "open"),
            (seen(opens_at=NOW + timedelta(seconds=1)), "announced"),
            (seen(opens_at=NOW), "open"),
            (seen(closes_at=NOW), "closed"),
            (seen(closes_at=NOW + timedelta(seconds=1)), "open"),
            (seen(closed=True), "closed"),
            (seen(closed=True, opens_at=NOW + timedelta(hours=1)), "closed"),
            (seen(counts={"item/big": (0, 100)}), "open"),
            (seen(counts={"item/big": (0, 100), "item/small": (0, 10)}), "sold_out"),
            (seen(counts={"item/big": (1, 99), "item/small": (0, 10)}), "open"),
        ],
    )
    def test_is_that_of_the_moment(self, state: DropState, phase: str) -> None:
        assert on_sale(state).phase == phase


class TestTheStock:
    @pytest.mark.parametrize(
        ("held", "sold", "band"),
        [
            (0, 0, "plenty"),
            (40, 49, "plenty"),
            (40, 50, "few"),
            (99, 0, "few"),
            (100, 0, "all_reserved"),
            (1, 99, "all_reserved"),
            (0, 100, "sold_out"),
        ],
    )
    def test_is_told_as_a_band(self, held: int, sold: int, band: str) -> None:
        assert on_sale(seen(counts={"item/big": (held, sold)})).items[0].stock == band

    def test_of_a_small_item_is_few_from_five(self) -> None:
        assert [on_sale(seen(counts={"item/small": (n, 0)})).items[1].stock for n in (4, 5)] == ["plenty", "few"]

    def test_of_a_payment_first_drop_is_reserved_while_payments_fill_it(self) -> None:
        full = seen(flow="payment_first", counts={"in-flight/big": (120, 0)})
        assert on_sale(full).items[0].stock == "all_reserved"

    def test_never_tells_a_number(self, stranger: Client) -> None:
        item = stranger.ask("GET", "/v1/drops/aurora-1").json["items"][0]
        assert item == {"id": "aurora-1-42", "title": "Aurora One, size 42", "price": 15900, "stock": "plenty"}


def test_the_view_needs_no_key_and_may_be_kept_a_second(stranger: Client) -> None:
    answer = stranger.ask("GET", "/v1/drops/aurora-1")
    assert (answer.status, answer.json["phase"]) == (200, "open")
    assert answer.headers["cache-control"] == "public, max-age=1"


@pytest.mark.parametrize("drop", ["nothing", "%00", "a%20b", "x" * 65, "%F0%9F%8F%81"])
def test_a_drop_that_is_not_there_is_unknown(shop: Shop, stranger: Client, drop: str) -> None:
    """What cannot be the id of a drop is not even looked up: no database stores a NUL."""
    assert stranger.ask("GET", f"/v1/drops/{drop}").problem == (404, "unknown_drop")
    assert shop.catalogue.looks == (1 if drop == "nothing" else 0)


class TestTheCache:
    def test_asks_once_for_a_crowd(self, shop: Shop, server: Server) -> None:
        """Everybody comes while the first look-up is under way: there is no second one."""

        async def crowd() -> set[bytes]:
            shop.catalogue.gate.clear()
            drops = DropsOnSale(shop.catalogue)
            call = Call("drop", {}, {"drop": "aurora-1"}, lambda: True)
            waiting = [asyncio.create_task(drops.show(call)) for _ in range(100)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.sleep(0)
            shop.catalogue.gate.set()
            return {answer.body for answer in await asyncio.gather(*waiting[1:])}

        before = shop.catalogue.looks
        assert len(server.do(crowd)) == 1
        assert shop.catalogue.looks - before == 1

    async def test_is_a_quarter_of_a_second_old_at_most(self, shop: Shop) -> None:
        await shop.catalogue.put(a_definition())
        drops = DropsOnSale(shop.catalogue)
        call = Call("drop", {}, {"drop": "aurora-1"}, lambda: True)
        for _ in range(3):
            await drops.show(call)
        assert (shop.catalogue.looks, drops._looks.fresh_s) == (1, 0.25)

    async def test_does_not_keep_a_failure(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        await shop.catalogue.put(a_definition())
        drops = DropsOnSale(shop.catalogue)
        call = Call("drop", {}, {"drop": "aurora-1"}, lambda: True)
        with monkeypatch.context() as broken:
            broken.setattr(shop.store, "drop", None)
            with pytest.raises(TypeError):
                await drops.show(call)
        assert (await drops.show(call)).status == 200


def test_a_sale_is_seen(server: Server, shop: Shop, stranger: Client) -> None:
    items = [{"id": "aurora-1-42", "title": "The last one", "price": 100, "stock": 1}]
    server.do(lambda: shop.catalogue.put(a_definition(items=items)))
    with server.client(STOREFRONT_KEY) as client:
        assert reserved(client).status == 201
    assert stranger.ask("GET", "/v1/drops/aurora-1").json["items"][0]["stock"] == "all_reserved"
