"""Buyers' browsers compute their place themselves: what `web/` and `rules/line` both read has to come out the same."""

import json
from typing import Any

import pytest

from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.tickets import Keyring, Ticket, read_ticket
from tests.project.tree import ROOT

VECTORS = json.loads((ROOT / "web" / "test" / "vectors.json").read_text(encoding="utf-8"))
KEYS = Keyring({1: bytes(range(32))}, 1)


@pytest.mark.parametrize("vector", VECTORS["places"])
def test_a_ticket_stands_where_the_browser_says(vector: dict[str, Any]) -> None:
    seed, tid = bytes.fromhex(vector["seed"]), bytes.fromhex(vector["tid"])
    if vector["late"] is None:
        assert draw.place(seed, tid, vector["registered"]) == vector["place"]
    else:
        assert draw.late_place(vector["registered"], vector["late"]) == vector["place"]


@pytest.mark.parametrize("vector", VECTORS["tickets"])
def test_a_ticket_reads_as_the_browser_reads_it(vector: dict[str, Any]) -> None:
    ticket = read_ticket(KEYS, "aurora", vector["token"])
    assert ticket == Ticket(bytes.fromhex(vector["tid"]), ticket.issued_at_s, vector["late"])
