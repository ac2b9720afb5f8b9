"""Whatever can be asked of the committer has a rule that decides it, and is told what has to be read for that."""

from typing import get_args

from race_to_purchase.rules.commands import URGENT, Command
from race_to_purchase.rules.decide import RULES, touching

COMMANDS = set(get_args(Command))


def test_every_command_has_a_rule_and_what_it_reads() -> None:
    assert set(RULES) == COMMANDS
    assert set(touching._TOUCH) == COMMANDS


def test_what_is_urgent_is_a_command() -> None:
    assert set(URGENT) <= COMMANDS
