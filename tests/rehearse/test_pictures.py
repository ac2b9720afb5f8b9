"""What is drawn: it fits, it says what it is given, and colour carries no meaning of its own."""

import io
import re

import pytest
from msgspec.structs import replace
from rich.console import Console, RenderableType

from race_to_purchase.rehearse.crowd.diary import Page
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.demo.stage import Stage
from race_to_purchase.rehearse.live import Scene, Shelf, bar, line, picture
from race_to_purchase.rehearse.scorecard_view import svg, view
from tests.rehearse.test_scorecard import LEDGERS, PURCHASE, card

COUNTS = {
    "end/human/bought": 12_345,
    "end/bot/bought": 1_234,
    "end/human/sold_out": 54_321,
    "refusal/all_reserved": 1_234_567,
    "refusal/something_new": 3,
    "note/double_click": 99_999,
    "sent/reserve": 2_000_000,
}


class TestTheScorecard:
    @pytest.mark.parametrize("columns", [80, 200])
    def test_it_fits_into_eighty_columns_with_large_numbers(self, columns: int) -> None:
        lines = drawn(view(card(COUNTS)), columns).splitlines()
        assert max(len(row) for row in lines) == 80
        assert "…" not in "".join(lines), "something was cut off"

    def test_a_kept_promise_says_so(self) -> None:
        text = drawn(view(card({"end/human/bought": 1})))
        assert "Every promise was kept" in text
        assert "Broken" not in text

    def test_a_missed_target_is_said_beside_it(self) -> None:
        assert "1 target was missed" in drawn(view(card({"end/human/bought": 1, "end/human/failed": 1})))

    def test_a_broken_promise_is_told_in_a_sentence(self) -> None:
        text = drawn(view(card({}, ledgers=replace(LEDGERS, oversold=3))))
        assert "A promise was broken" in text
        assert "3 pieces were sold beyond the stock" in text

    def test_a_code_without_words_is_shown_as_it_is(self) -> None:
        assert "3 something_new" in drawn(view(card(COUNTS)))

    def test_as_an_image_it_loads_nothing_from_elsewhere(self) -> None:
        drawing = svg(card(COUNTS))
        assert "nobody is charged twice" in drawing.replace("&#160;", " ")
        assert re.findall(r'(?:href="|url\(["\']?)(?!#)[^"\')]+', drawing) == []

    def test_an_empty_rehearsal_can_be_shown(self) -> None:
        assert "nothing" in drawn(view(card({}, purchases=[])))


class TestTheLivePicture:
    @pytest.mark.parametrize("at_s", [-1.5, 0.0, 12.3, 600.0])
    def test_it_fits_into_eighty_columns_at_any_time(self, at_s: float) -> None:
        lines = drawn(picture(scene(at_s), 40)).splitlines()
        assert max(len(row) for row in lines) == 80
        assert "…" not in "".join(lines), "something was cut off"

    @pytest.mark.parametrize(("rows", "taken"), [(15, 15), (21, 21), (22, 22), (24, 22), (27, 22), (28, 28), (40, 28)])
    def test_it_fits_into_few_rows(self, rows: int, taken: int) -> None:
        four = replace(scene(3.0), shelves=tuple(Shelf(size, 120, 10, 20) for size in ("41", "42", "43", "44")))
        lines = drawn(picture(four, rows)).splitlines()
        assert len(lines) == taken

    def test_a_terminal_of_twenty_four_rows_loses_nothing(self) -> None:
        small, large = (re.findall(r"\w+", drawn(picture(scene(3.0), rows))) for rows in (24, 40))
        assert small == large

    def test_before_anything_happened_there_is_a_picture_too(self) -> None:
        empty = Scene(-1.0, "opens in a moment", "title", (), Tally())
        assert "opens in a moment" in drawn(picture(empty, 24))
        assert "0 of 0 sold" in line(empty)

    def test_a_line_tells_the_same_in_words(self) -> None:
        text = line(scene(3.0))
        assert "20 of 120 sold, 10 held, 1 orders, p95 40 ms" in text
        assert "1,234,567 all reserved" in text

    @pytest.mark.parametrize(
        ("shelf", "expected"),
        [
            (Shelf("42", 10, 0, 0), "··········"),
            (Shelf("42", 10, 3, 5), "█████▒▒▒··"),
            (Shelf("42", 10, 0, 10), "██████████"),
            (Shelf("42", 1000, 1, 1), "█▒········"),
            (Shelf("42", 10, 8, 8), "████████▒▒"),
            (Shelf("42", 135, 74, 61), "████▒▒▒▒▒▒"),
        ],
    )
    def test_the_bar_shows_whatever_is_not_nothing(self, shelf: Shelf, expected: str) -> None:
        assert bar(shelf, cells=10).plain == expected


class TestTheStage:
    def test_without_a_terminal_there_is_a_line_a_second(self) -> None:
        out = io.StringIO()
        with Stage(Console(file=out, width=200)) as stage:
            for tenths in range(31):
                stage.show(scene(tenths / 10))
            stage.show(scene(3.05), at_once=True)
        assert len(out.getvalue().splitlines()) == 5

    def test_on_a_terminal_the_picture_is_gone_afterwards(self) -> None:
        out = io.StringIO()
        with Stage(Console(file=out, width=200, force_terminal=True)) as stage:
            stage.show(scene(1.0))
        assert "sold" in out.getvalue()
        assert out.getvalue().rstrip().endswith("\x1b[2K") or "\x1b[1A" in out.getvalue()


def scene(at_s: float) -> Scene:
    """A sale in which something has happened."""
    tally = Tally()
    tally.add(0, Page(COUNTS, {"reserve": [12.0], "pay": [1500.0]}, [PURCHASE], in_shop=7))
    shelves = (Shelf("EU 42", 20, 10, 10), Shelf("EU 43", 100, 0, 10))
    return Scene(at_s, "open", "2,000 buyers and 1,000 bots for 500 pairs of shoes", shelves, tally)


def drawn(renderable: RenderableType, columns: int = 80) -> str:
    """As plain text."""
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
