"""The limit of open files: raised as far as the system allows, and told only where it leaves far too few."""

import subprocess
import sys

import pytest

pytest.importorskip("resource", reason="this system has no such limit")

LIMITED = """
import logging, resource
from race_to_purchase.app.descriptors import clients_max
logging.basicConfig(format="%(message)s")
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
print(clients_max({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def limited(soft: int, hard: int, wanted: int) -> tuple[str, str]:
    """What a process of its own, with these limits, leaves for clients and sets, and what it tells."""
    program = LIMITED.format(soft=soft, hard=hard, wanted=wanted)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip(), done.stderr


def test_it_is_raised_to_what_is_needed_without_a_word() -> None:
    assert limited(256, 2000, 1000) == ("1000 1200", "")


def test_a_few_less_than_wanted_are_not_worth_a_word() -> None:
    assert limited(256, 1000, 1000) == ("800 1000", "")


def test_far_too_few_are_told_with_what_to_raise() -> None:
    left, told = limited(256, 600, 1000)
    assert left == "400 600"
    assert "allows this process 600 files (ulimit -Hn), so 400 connections" in told
