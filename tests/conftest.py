"""What every test may ask for. Fixtures of one part live in that part's own folder."""

import pytest

from tests import programs

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="session")
def require_program():
    """The function that finds a program from outside, and skips or fails the test where it is missing."""
    return programs.require_program
