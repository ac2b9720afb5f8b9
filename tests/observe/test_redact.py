"""What may be a card or a secret is struck out, and ids are not."""

from __future__ import annotations

import io
import logging

import pytest

from race_to_purchase.observe.logs import HumanLines, JsonLines, Lines
from race_to_purchase.observe.redact import STRUCK, redacted

MARKS = [
    "4242424242424242",
    "4242 4242 4242 4242",
    "3782-822463-10005",
    "36227206271667",
    "sk_live_abcdef",
    "whsec_TUFSSw==",
    "Bearer abc.def",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    "ada+shoes@example.org",
]
IDS = [
    "01893f2c-7d4a-7c3e-9b1f-0242ac120002",
    "pm_card_visa",
    "aurora-1-42",
    "2026-11-27T22:56:34.971346Z",
    "4242424242424243",
    "evt_1P4242424242424242",
    "pi_3MtwBwLkdIwHu7ix28a3tqPa",
]


@pytest.mark.parametrize("mark", MARKS)
def test_is_struck_out(mark: str) -> None:
    assert redacted(f"No such thing: '{mark}'.") == f"No such thing: '{STRUCK}'."


@pytest.mark.parametrize("id_", IDS)
def test_stays(id_: str) -> None:
    assert redacted(f"it was {id_}, we think") == f"it was {id_}, we think"


def test_a_database_of_an_address_keeps_its_host() -> None:
    assert redacted("postgresql://race:geheim@db.internal/race") == f"postgresql://{STRUCK}@db.internal/race"


@pytest.mark.parametrize("form", [JsonLines(), HumanLines()])
@pytest.mark.parametrize("mark", MARKS)
def test_no_line_of_a_log_repeats_one_nor_does_its_traceback(form: JsonLines | HumanLines, mark: str) -> None:
    stream = io.StringIO()
    log = logging.Logger("race.test")
    log.addHandler(Lines(stream, form))
    try:
        raise ValueError(f"wrong: {mark}")
    except ValueError:
        log.exception("it said %s", mark)
    assert mark not in stream.getvalue()
    assert stream.getvalue().count(STRUCK) >= 2
