"""docs/stripe.md names what the adapter really speaks."""

import re
import subprocess
import sys

import stripe

from race_to_purchase.gateways.simulator.core import API_VERSION as SIMULATED
from race_to_purchase.gateways.stripe.gateway import API_VERSION
from race_to_purchase.gateways.stripe.webhook import KINDS
from tests.project.tree import ROOT

PAGE = (ROOT / "docs" / "stripe.md").read_text(encoding="utf-8")


def test_every_event_that_means_something_is_on_the_page_and_no_other() -> None:
    named = re.findall(r"`((?:payment_intent|refund|charge)\.[a-z_.]+)`", PAGE)
    assert sorted(named) == sorted(KINDS)


def test_one_version_of_the_api_is_spoken_everywhere() -> None:
    """Whoever takes a newer library sees here that it speaks another version, and decides."""
    assert API_VERSION in PAGE
    assert {API_VERSION, SIMULATED} == {stripe.api_version}


def test_a_shop_without_stripe_does_not_load_its_library() -> None:
    """It takes more than half a second, and each worker would pay for it."""
    asked = "import sys, race_to_purchase.app.worker; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], timeout=60, check=False).returncode == 0
