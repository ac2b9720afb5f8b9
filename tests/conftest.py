"""What every test may ask for. Fixtures of one part live in that part's own folder."""

import pytest
from hypothesis import HealthCheck, settings

from tests import programs

pytest_plugins = ["tests.databases"]

# A machine that is busy with something else is no failure: no example has to be found, or tried, within a time.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def require_program():
    """The function that finds a program from outside, and skips or fails the test where it is missing."""
    return programs.require_program
