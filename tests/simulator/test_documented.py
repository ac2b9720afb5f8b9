"""The page about the simulator names everything that can be asked of it, and nothing that cannot."""

import re
from pathlib import Path
from typing import get_args

import msgspec

from race_to_purchase.gateways.simulator import GatewayOptions, rules
from race_to_purchase.gateways.simulator.audit import CHECKS
from race_to_purchase.gateways.simulator.books import REFERENCE_KEYS
from race_to_purchase.gateways.simulator.cards import CARDS
from race_to_purchase.gateways.simulator.operations import OPERATIONS
from race_to_purchase.gateways.simulator.store import statement
from tests.simulator.running import Running

PAGE = (Path(__file__).parents[2] / "docs" / "gateway-simulator.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([^`\n]+)`", PAGE))


def test_every_operation_is_there() -> None:
    assert {each.name for each in OPERATIONS} - WORDS == set()
    assert {f"{each.method} {each.path}" for each in OPERATIONS} - WORDS == set()


def test_every_card_is_there() -> None:
    cards = {name for name in CARDS if not name.startswith("pm_card_visa_charge")}
    assert cards - WORDS == set()
    assert {word for word in WORDS if re.fullmatch(r"pm_\w+", word)} - CARDS.keys() == set()


def test_every_fault_is_there_with_all_that_it_takes() -> None:
    for rule in get_args(rules.AnyRule):
        assert str(rule.__struct_config__.tag) in WORDS
        assert set(rule.__struct_fields__) - {"name"} - WORDS == set(), rule


def test_every_option_is_there() -> None:
    assert set(GatewayOptions.__struct_fields__) - WORDS == set()


def test_every_address_of_the_control_api_is_there(gateway: Running) -> None:
    from race_to_purchase.gateways.simulator.control import Control

    served = {route.path for route in Control(None, can_refuse=True).routes()}  # type: ignore[arg-type]
    named = set(re.findall(r"/_control[\w/{}.]*", PAGE))
    assert served == {name.rstrip(".") for name in named}


def test_every_reference_key_is_there() -> None:
    assert set(REFERENCE_KEYS) - WORDS == set()


def test_every_check_has_its_statement() -> None:
    assert all(statement(name) for name in CHECKS.values())


def test_defaults_are_as_the_page_says() -> None:
    defaults = {field.name: field.default for field in msgspec.structs.fields(GatewayOptions)}
    assert ", ".join(f"{pause:g}" for pause in defaults["webhook_retry_s"]) in PAGE
    assert f"| {defaults['fee_basis_points']}, {defaults['fee_fixed']}, {defaults['dispute_fee']} |" in PAGE
    assert f"| `authorization_days` | {defaults['authorization_days']:g} |" in PAGE
