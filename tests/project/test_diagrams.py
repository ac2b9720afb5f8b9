"""The page of state diagrams says what the tables say."""

import shlex
import subprocess
import sys

from race_to_purchase.rules import attempt, checkout
from race_to_purchase.rules.diagrams import diagram, page
from tests.project.tree import ROOT


def test_the_page_is_fresh() -> None:
    written = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    assert written == page(), "a table has changed: the page says how to write it anew"


def test_the_command_in_the_page_writes_it() -> None:
    """What stands there between the quotes of the shell."""
    (line,) = (line for line in page().splitlines() if line.startswith("    python -c "))
    command = [sys.executable, *shlex.split(line)[1:3]]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == page()


def test_every_move_has_its_arrow() -> None:
    lines = page().splitlines()
    for table in (checkout.TRANSITIONS, attempt.TRANSITIONS):
        for state, out in table.items():
            for event, after in out.items():
                assert any(line.startswith(f"    {state} --> {after}: ") and event in line for line in lines)


def test_the_page_on_payments_has_the_same_picture() -> None:
    written = (ROOT / "docs" / "payments.md").read_text(encoding="utf-8")
    picture = diagram(attempt.TRANSITIONS, ("prepared", "sent"))
    assert picture in page()
    assert picture in written, "copy the picture of an attempt from docs/states.md into docs/payments.md"
