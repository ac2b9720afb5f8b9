"""What a demo sells, and what an onlooker makes of the counts."""

import pytest

from race_to_purchase.rehearse.demo.shop import _Pool, drop, look, sale, split


@pytest.mark.parametrize("stock", [1, 2, 3, 4, 5, 80, 500, 9_999])
def test_all_of_the_stock_is_on_the_shelves(stock: int) -> None:
    definition = drop("aurora-1", 1e9, stock, 5)
    assert sum(item.stock for item in definition.items) == stock
    assert min(item.stock for item in definition.items) > 0


def test_parts_follow_their_weights() -> None:
    assert split(500, [30, 27, 23, 20]) == [150, 135, 115, 100]
    assert sum(split(7, [1, 1, 1])) == 7


def test_the_crowd_is_told_the_prices_of_the_drop() -> None:
    definition = drop("aurora-1", 1e9, 100, 5)
    told = sale(definition, 3.0, {})
    assert told.prices == {item.id: item.price for item in definition.items}
    assert (told.reservation_s, told.limit_per_buyer, told.opens_at_s) == (5, 2, 1e9)


class TestALook:
    def test_shows_every_shelf(self) -> None:
        found = look(DROP, pools(held=1, sold=2))
        assert [(shelf.held, shelf.sold) for shelf in found.shelves] == [(1, 2)] * len(DROP.items)
        assert found.consistent

    @pytest.mark.parametrize(("held", "sold"), [(0, 999), (999, 0), (-1, 0), (0, -1)])
    def test_more_than_there_is_and_less_than_nothing_are_inconsistent(self, held: int, sold: int) -> None:
        assert not look(DROP, pools(held=held, sold=sold)).consistent

    def test_a_shelf_that_has_gone_is_inconsistent(self) -> None:
        left = pools()
        left.popitem()
        assert not look(DROP, left).consistent


DROP = drop("aurora-1", 1e9, 100, 5)


def pools(held: int = 0, sold: int = 0) -> dict[str, _Pool]:
    """A pool for every item of DROP."""
    ids = {item.id: f"{DROP.id}/item/{item.id}" for item in DROP.items}
    return {ids[item.id]: _Pool(ids[item.id], "item", item.stock, held, sold) for item in DROP.items}
