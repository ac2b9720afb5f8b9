"""The memory of limits: of one size, and nobody can make it forget what counts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.guard.gcra import Rate, taken
from race_to_purchase.edge.guard.sketch import Sketch


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0.0, 0.0, 0.25, 1.0])), max_size=300))
def test_nobody_gets_more_than_a_table_with_an_entry_each_would_give(asked: list[tuple[int, float]]) -> None:
    """Sixteen cells for twenty clients: nearly all of them collide."""
    clock = Clock()
    sketch = Sketch(Rate(3, 2.0), clock, cell_bits=2)
    exact: dict[int, float] = {}
    for client, pause_s in asked:
        clock.now_s += pause_s
        let_through = sketch.take(f"client {client}") is None
        then = taken(exact.get(client, 0.0), clock.now_s, sketch.rate)
        if let_through:
            assert then is not None, "the sketch gave more than the client's own bucket held"
            exact[client] = then


def test_a_client_alone_gets_its_whole_quota() -> None:
    clock = Clock()
    sketch = Sketch(Rate(5, 10.0), clock)
    assert [sketch.take("ada") is None for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now_s += 2.0
    assert [sketch.take("ada") is None for _ in range(2)] == [True, False]


def test_a_million_identities_take_no_more_memory_and_reset_nobody() -> None:
    """The flood is a hundred thousand strong here: it is three times as many as there are cells in a row."""
    clock = Clock()
    sketch = Sketch(Rate(5, 10.0), clock)
    cells = sum(len(row) for row in sketch._rows)
    while sketch.take("attacker") is None:
        pass
    for number in range(100_000):
        sketch.take(f"made up {number}")
    assert sketch.look("attacker") is not None, "the flood has washed the attacker's own entry away"
    assert sum(len(row) for row in sketch._rows) == cells == 4 * 2**15


def test_a_usual_sale_throttles_hardly_any_honest_client_for_the_collisions_of_others() -> None:
    """5,000 clients a second, each with one request of a quota of 30 in 10 s, and then 2,000 more clients."""
    clock, chance = Clock(), random.Random(7)
    sketch = Sketch(Rate(30, 10.0), clock)
    for _ in range(15_000):
        clock.now_s += 1 / 5_000
        sketch.take(f"client {chance.getrandbits(60)}")
    refused = sum(sketch.take(f"newcomer {number}") is not None for number in range(2_000))
    assert refused == 0


def test_what_was_busy_is_free_again_when_its_time_has_passed() -> None:
    clock = Clock()
    sketch = Sketch(Rate(2, 10.0), clock, cell_bits=1)
    for number in range(50):
        sketch.take(f"client {number}")
    clock.now_s += 10.0
    assert sketch.take("anybody") is None


def test_looking_takes_nothing() -> None:
    sketch = Sketch(Rate(1, 10.0), Clock())
    assert [sketch.look("ada") for _ in range(3)] == [None] * 3
    assert sketch.take("ada") is None
    told = sketch.look("ada")
    assert told is not None
    assert (told.remaining, told.retry_in_s, told.full_in_s) == (0, 10.0, 10.0)


def test_where_a_client_is_kept_cannot_be_known_from_outside() -> None:
    """Two processes put the same clients into different cells, so collisions with somebody cannot be prepared."""
    sketches = [Sketch(Rate(1, 10.0), Clock()) for _ in range(2)]
    for sketch in sketches:
        sketch.take("ada")
    first, second = ([row.index(max(row)) for row in sketch._rows] for sketch in sketches)
    assert first != second


@pytest.mark.parametrize("cell_bits", [0, 17])
def test_a_size_that_does_not_fit_the_hash_is_refused(cell_bits: int) -> None:
    with pytest.raises(ValueError, match="cell_bits"):
        Sketch(Rate(1, 1.0), Clock(), cell_bits=cell_bits)


def test_a_limit_that_nobody_asks_for_takes_no_memory() -> None:
    sketch = Sketch(Rate(5, 10.0), Clock())
    assert "_rows" not in vars(sketch)
    sketch.take("somebody")
    assert "_rows" in vars(sketch)
