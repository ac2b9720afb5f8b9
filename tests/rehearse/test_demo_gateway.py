"""A demo at a gateway that fails: its own books and the orders agree, and the demo says so where they do not."""

import io
import tempfile
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from race_to_purchase.rehearse.demo import gateway
from race_to_purchase.rehearse.demo.audit import with_books
from race_to_purchase.rehearse.demo.demo import run_demo
from race_to_purchase.rehearse.demo.gateway import SHARES, Book, compare, rules_of
from race_to_purchase.rehearse.demo.sale import DemoOptions
from race_to_purchase.rehearse.scorecard import Ledgers

NOTHING = Ledgers(0, 0, 0, 0, 0, 0, 0)


@pytest.mark.timeout(400)  # A server, a database and a gateway, and payments that wait to be asked about.
def test_a_fifth_of_all_answers_may_go_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(gateway, "BOOKS_A_PAGE", 5)
    file, out = tmp_path / "out.json", io.StringIO()
    options = DemoOptions(
        buyers=40,
        bots=10,
        stock=12,
        seed=5,
        arrival_seconds=2,
        reservation_seconds=8,
        gateway_faults=0.2,
        json_file=file,
    )
    status = run_demo(options, Console(file=out, width=100))
    card = msgspec.json.decode(file.read_bytes())
    assert (status, card["broken"]) == (0, []), out.getvalue()
    assert card["sold"] == 12
    assert card["notes"]["gateway_faults"] > 0
    assert "The gateway lost, broke or refused" in out.getvalue()


def test_every_fault_is_one_of_the_share_that_was_asked_for() -> None:
    rates = [rule["rate"] for rule in rules_of(0.05) if rule["fault"] in SHARES]
    assert sum(rates) == pytest.approx(0.05)


class TestComparing:
    def test_books_that_agree(self) -> None:
        books = [Book("a/1", 100, 0, 0), Book("b/1", 0, 0, 0), Book("c/1", 50, 50, 0)]
        assert compare({"a/1": 100}, books).sentences == ()

    @pytest.mark.parametrize(
        ("orders", "book", "counts"),
        [
            ({}, Book("a/1", 100, 0, 0), (1, 0, 0)),
            ({"a/1": 100}, Book("a/1", 0, 0, 0), (0, 1, 0)),
            ({"a/1": 100}, Book("a/1", 100, 40, 0), (0, 1, 0)),
            ({"a/1": 100}, Book("a/2", 0, 0, 0), (0, 1, 0)),
            ({}, Book("a/1", 0, 0, 100), (0, 0, 1)),
        ],
    )
    def test_each_way_of_differing_is_told(
        self, orders: dict[str, int], book: Book, counts: tuple[int, int, int]
    ) -> None:
        found = compare(orders, [book])
        assert (found.captured_without_order, found.orders_without_capture, found.left_open) == counts
        assert "a/1" in found.sentences[0]
        ledgers = with_books(NOTHING, found)
        assert (ledgers.captured_without_order, ledgers.orders_without_capture) == counts[:2]
        assert ledgers.violations == found.sentences
