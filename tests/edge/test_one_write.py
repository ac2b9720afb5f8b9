"""What a connection sends: together, in order, and to its end before anything is closed."""

from __future__ import annotations

import pytest

from race_to_purchase.edge.protocol import LINGER_S, OneWrite
from tests.edge.clock import Clock, Wire


@pytest.fixture
def transport(wire: Wire, clock: Clock) -> OneWrite:
    """Of a client that sends nothing."""
    return OneWrite(wire, clock, lambda: False)  # type: ignore[arg-type] # as far as it is used


def test_it_sends_in_one_piece_what_was_written_in_one_turn(transport: OneWrite, wire: Wire, clock: Clock) -> None:
    transport.write(b"head")
    transport.write(b" and body")
    assert wire.sent == []
    clock.turn()
    assert wire.sent == [b"head and body"]


def test_it_keeps_the_order_where_a_whole_response_follows(transport: OneWrite, wire: Wire, clock: Clock) -> None:
    transport.write(b"first")
    transport.write_whole(b", second")
    clock.turn()
    assert wire.sent == [b"first, second"]


def test_it_sends_nothing_where_nothing_is_held(transport: OneWrite, wire: Wire) -> None:
    transport.flush()
    assert wire.sent == []


def test_it_sends_nothing_on_a_wire_that_closes(transport: OneWrite, wire: Wire, clock: Clock) -> None:
    transport.write(b"late")
    wire.close()
    transport.write_whole(b"later")
    clock.turn()
    assert wire.sent == []
    transport.write_whole(b"latest")
    assert wire.sent == []
    assert transport.is_closing()


def test_it_sends_what_is_held_before_it_closes(transport: OneWrite, wire: Wire) -> None:
    transport.write(b"last")
    transport.close()
    assert wire.sent == [b"last"]
    assert wire.is_closing()
    assert not wire.half_closed


def test_it_reads_on_while_it_lingers_and_then_closes(transport: OneWrite, wire: Wire, clock: Clock) -> None:
    wire.pause_reading()
    transport.write(b"last")
    transport.linger()
    assert (wire.sent, wire.half_closed, wire.reading) == ([b"last"], True, True)
    assert transport.is_closing()
    clock.pass_to(LINGER_S)
    assert wire.is_closing()


def test_it_ends_at_once_what_lingers_already(wire: Wire, clock: Clock) -> None:
    transport = OneWrite(wire, clock, lambda: True)  # type: ignore[arg-type] # as far as it is used
    transport.close()
    assert not wire.is_closing()
    transport.close()
    assert wire.is_closing()


@pytest.mark.parametrize("name", ["closed", "can_half_close"])
def test_it_does_not_linger_where_half_a_connection_cannot_be_closed(
    transport: OneWrite, wire: Wire, clock: Clock, name: str
) -> None:
    setattr(wire, name, name == "closed")
    transport.linger()
    assert wire.is_closing()
    assert not wire.half_closed
    assert clock.waiting == 0
