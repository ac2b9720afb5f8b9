"""What is told of a value that does not fit: where, and what would have fitted, in words."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from race_to_purchase.operate.misfit import Misfit, misfit

SOURCE = Path(__file__).parents[2] / "src" / "race_to_purchase"
FILLER = "x" * 500

Name = Annotated[str, msgspec.Meta(pattern="^[a-z]+$", description="small letters")]


class Piece(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    stock: int = 0


class Sale(msgspec.Struct, forbid_unknown_fields=True):
    flow: Literal["reservation_first", "payment_first"]
    pieces: tuple[Piece, ...] = ()
    first: Piece | None = None
    also: Name | None = None


def told(**fields: object) -> Misfit:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"flow": "payment_first"} | fields, Sale)
    return misfit(refused.value, Sale)


def test_a_value_that_there_is_not_is_told_with_those_that_there_are() -> None:
    assert told(flow="fast") == Misfit("flow", "Invalid enum value 'fast'; there are payment_first, reservation_first")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"pieces": [{"name": "a"}, {"name": "B"}]}, "pieces[1].name"),
        ({"first": {"name": "B"}}, "first.name"),
        ({"also": "B"}, "also"),
    ],
)
def test_a_pattern_is_told_in_words(fields: dict[str, object], where: str) -> None:
    assert told(**fields) == Misfit(where, "Expected small letters")


def test_a_slip_of_the_pen_is_told_with_what_was_meant() -> None:
    assert told(pieces=[{"name": "a", "stok": 1}]) == Misfit(
        "pieces[0].stok", "Object contains unknown field `stok`; did you mean `stock`?"
    )


def test_a_field_like_no_other_is_told_without_a_guess() -> None:
    assert told(colour=1).reason == "Object contains unknown field `colour`"
    assert told(flaw_first=1).reason == "Object contains unknown field `flaw_first`"


def test_a_long_value_is_not_repeated_at_length() -> None:
    assert FILLER not in told(flow=FILLER).reason


def metas() -> Iterator[tuple[Path, ast.Call]]:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Meta"):
                yield file, node


def test_every_pattern_says_in_words_what_it_stands_for() -> None:
    patterns = [(file, {word.arg for word in meta.keywords}) for file, meta in metas()]
    assert sum("pattern" in words for _, words in patterns) > 10
    assert not [file for file, words in patterns if "pattern" in words and "description" not in words]
