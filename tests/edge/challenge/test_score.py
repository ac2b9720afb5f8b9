"""From signs to a tier."""

from pathlib import Path

import pytest

from race_to_purchase.edge.challenge.score import HARDER, REFUSED, SIGNS, STRONGER, USUAL, tier_of


def test_nothing_noticed_is_the_usual() -> None:
    assert tier_of(()) == USUAL


@pytest.mark.parametrize("sign", [name for name, sign in SIGNS.items() if not sign.refuses])
def test_one_sign_alone_makes_it_harder_and_no_more(sign: str) -> None:
    assert tier_of((sign,)) == HARDER


def test_several_signs_ask_for_something_stronger() -> None:
    assert tier_of(("network_datacentre", "hints_mismatch")) == STRONGER
    assert tier_of(("network_datacentre", "velocity_network", "headers_inconsistent")) == STRONGER


def test_many_weak_signs_never_refuse() -> None:
    assert tier_of(tuple(name for name, sign in SIGNS.items() if not sign.refuses)) == STRONGER


@pytest.mark.parametrize("sign", ["honeypot", "forged_token"])
def test_what_no_honest_page_sends_is_refused(sign: str) -> None:
    assert tier_of((sign,)) == REFUSED


def test_people_behind_one_address_in_a_busy_minute_are_not_asked_for_mail() -> None:
    """The two signs that a shared address and an impatient person can come to."""
    assert tier_of(("velocity_network", "velocity_holder")) == HARDER


def test_the_guide_says_what_each_sign_weighs() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guard.md").read_text(encoding="utf-8")
    rows = [line for line in guide.splitlines() if line.startswith("| `")]
    for name, sign in SIGNS.items():
        (row,) = (row for row in rows if f"`{name}`" in row)
        assert row.split("|")[2].strip() == ("tier 4" if sign.refuses else str(sign.weight))
