"""Both ways of reserving one hot item write the same, and a side that does not is found out."""

import msgspec
import pytest

from race_to_purchase.app.bare import bare
from race_to_purchase.rehearse.bench.hot_row import HotRow, Orders, Rows, count, measure


def orders(dsn: str, side: str, drop_id: str) -> Orders:
    told = {"side": side, "dsn": dsn, "drop_id": drop_id, "seconds": 0.3, "warm_up_s": 0.1, "waiting": 16}
    return msgspec.convert({**told, "connections": 4}, Orders)


async def both(dsn: str) -> tuple[HotRow, HotRow]:
    return await measure(orders(dsn, "naive", "naive-1")), await measure(orders(dsn, "combined", "combi-1"))


async def test_both_sides_write_the_same_rows_to_the_byte_and_sell_to_the_last_piece(database_dsn: str) -> None:
    naive, combined = await both(database_dsn)
    assert naive.proven
    assert combined.proven
    # A time whose microseconds end in zeros is written with fewer digits.
    assert naive.bytes_each == pytest.approx(combined.bytes_each, rel=1e-3)
    assert naive.few_reserved == combined.few_reserved == 500


async def test_only_one_side_shares_its_transactions(database_dsn: str) -> None:
    naive, combined = await both(database_dsn)
    assert naive.batch == 1
    assert combined.batch > 2


ONE_ROW_LESS = {
    "checkout": "DELETE FROM checkout WHERE id IN (SELECT id FROM checkout WHERE drop_id = 'combi-1' LIMIT 1)",
    "key": "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE scope ~ 'combi-1$' LIMIT 1)",
    "limit": "DELETE FROM pool WHERE id = 'combi-1/buyer/combi-1:0000000001'",
    "buyer": "DELETE FROM buyer WHERE id = 'combi-1:0000000001'",
}


@pytest.mark.parametrize("row", ONE_ROW_LESS)
async def test_a_side_that_left_out_a_row_has_proven_nothing(database_dsn: str, row: str) -> None:
    found = await measure(orders(database_dsn, "combined", "combi-1"))
    async with bare(database_dsn) as engine:
        assert (await count(engine, "combi-1")).prove(found.pace.reserved)
        assert await engine.pool.execute(ONE_ROW_LESS[row]) == "DELETE 1"
        assert not (await count(engine, "combi-1")).prove(found.pace.reserved)


class TestProof:
    ROWS = Rows(checkouts=5, keys=5, limits=5, buyers=5, held=5, capacity=5, bytes=0)

    def test_every_reservation_has_its_rows(self) -> None:
        assert self.ROWS.prove(5)

    @pytest.mark.parametrize("field", ["checkouts", "keys", "limits", "buyers", "held"])
    def test_one_row_too_few_is_no_proof(self, field: str) -> None:
        assert not msgspec.structs.replace(self.ROWS, **{field: 4}).prove(5)

    def test_one_piece_too_many_is_no_proof(self) -> None:
        assert not msgspec.structs.replace(self.ROWS, capacity=4).prove(5)
