"""A gateways file is read, and what is wrong with one is told with file, line, gateway, field and what to do."""

from pathlib import Path

import pytest

from race_to_purchase.operate.gatewayfile import (
    UnreadableGatewayFile,
    WrongGatewayFile,
    parse_gateways,
    read_gateway_file,
)
from race_to_purchase.path.pace import Limits
from race_to_purchase.path.route import Rule

GOOD = """\
[[gateway]]
name = "stripe-eu"
kind = "stripe"
api_key_env = "EU_KEY"
webhook_secrets_env = "EU_SECRETS"
currencies = ["EUR", "SEK"]
countries = ["DE", "SE"]
amount_min = 50
amount_max = 1000000
cost_basis_points = 150
cost_fixed = 25
unknown_outcome = "fail_over"

[[gateway]]
name = "spare"
kind = "sandbox"
weight = 0
per_second = 10
at_once = 4
behaves = "declines"
"""
ENVIRON = {"EU_KEY": "sk_test_12345678", "EU_SECRETS": "whsec_new, whsec_old"}


def test_a_gateways_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text(GOOD, encoding="utf-8")
    stripe, spare = read_gateway_file(file, ENVIRON)
    assert (stripe.api_key, stripe.webhook_secrets) == ("sk_test_12345678", ("whsec_new", "whsec_old"))
    assert stripe.rule() == Rule(
        "stripe-eu", frozenset({"EUR", "SEK"}), frozenset({"DE", "SE"}), 50, 1_000_000, 1.0, 150.0, 25, True
    )
    assert stripe.unknown_outcome == "fail_over"
    assert (spare.rule().weight, spare.behaves, spare.unknown_outcome) == (0.0, "declines", "wait")


def test_limits_are_those_of_the_kind_unless_given_and_are_shared_by_the_processes() -> None:
    stripe, spare = parse_gateways(GOOD, "f", ENVIRON)
    assert stripe.limits(1) == Limits(100.0, 25.0, 100)
    assert stripe.limits(4) == Limits(25.0, 6.25, 25)
    assert spare.limits(8) == Limits(1.25, None, 1)


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        (
            'kind = "stripe"',
            'kind = "paypal"',
            "line 3: gateway stripe-eu: kind",
            "'paypal'; there are sandbox, stripe",
        ),
        ('name = "stripe-eu"\n', "", "line 1: gateway number 1: name", "missing required field"),
        ('name = "stripe-eu"', 'name = "Stripe EU"', "line 2: gateway Stripe EU: name", "Expected a letter, then"),
        ('name = "spare"', 'name = "stripe-eu"', "line 15: gateway stripe-eu: name", "give each its own"),
        ("amount_min = 50", "amount_least = 50", "line 8: gateway stripe-eu: amount_least", "unknown field"),
        ("amount_max = 1000000", "amount_max = 49", "line 9: gateway stripe-eu: amount_max", "below amount_min, 50"),
        ('"EUR", "SEK"', '"EURO"', "line 6: gateway stripe-eu: currencies", "'EURO' is not an ISO 4217"),
        ('"DE", "SE"', '"DE", "Sweden"', "line 7: gateway stripe-eu: countries", "two capital letters"),
        ("weight = 0", "weight = -1", "line 17: gateway spare: weight", ">= 0"),
        ("per_second = 10", "per_second = 0", "line 18: gateway spare: per_second", "> 0"),
        ("at_once = 4", 'api_key = "k"', "line 19: gateway spare: api_key", "only a gateway of kind 'stripe' has this"),
        ('"fail_over"\n', '"fail_over"\nbehaves = "well"\n', "line 13: gateway stripe-eu: behaves", "'sandbox'"),
        ('"EU_KEY"', '"US_KEY"', "line 4: gateway stripe-eu: api_key_env", "US_KEY is not set; set it"),
        ('"EU_SECRETS"', '"NONE"', "line 5: gateway stripe-eu: webhook_secrets_env", "NONE is not set"),
        ('api_key_env = "EU_KEY"\n', "", "line 1: gateway stripe-eu: api_key", "give either api_key"),
        ("cost_fixed = 25", 'api_key = "sk"', "line 11: gateway stripe-eu: api_key", "give either api_key"),
        ("cost_fixed = 25", 'base_address = "api"', "line 11: gateway stripe-eu: base_address", "must be an address"),
        ("[[gateway]]\n", "[gateway]\n", "line 14: gateway ?: ", "Cannot overwrite a value"),
        ("cost_fixed = 25", "cost_fixed = ", "line 11: gateway ?: cost_fixed", "Invalid value"),
        ("[[gateway]]\n", "[[gateways]]\n", "line 1: gateway ?: gateways", "[[gateway]]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(before: str, after: str, where: str, what: str) -> None:
    with pytest.raises(WrongGatewayFile) as raised:
        parse_gateways(GOOD.replace(before, after, 1), "gateways.toml", ENVIRON)
    message = str(raised.value)
    assert message.startswith(f"gateways.toml, {where}"), message
    assert what in message


def test_a_live_key_never_goes_over_plain_http() -> None:
    text = GOOD.replace("cost_fixed = 25", 'base_address = "http://gateway:8200"', 1)
    text = text[: text.index('[[gateway]]\nname = "spare"')]
    assert parse_gateways(text, "f", ENVIRON)[0].base_address == "http://gateway:8200"
    with pytest.raises(WrongGatewayFile, match="use https") as raised:
        parse_gateways(text, "f", {**ENVIRON, "EU_KEY": "sk_live_secret"})
    assert "sk_live_secret" not in str(raised.value)


def test_a_sandbox_never_takes_over_from_a_live_gateway() -> None:
    with pytest.raises(WrongGatewayFile, match="gateway spare: kind: a sandbox moves no money"):
        parse_gateways(GOOD, "f", {**ENVIRON, "EU_KEY": "sk_live_secret"})


@pytest.mark.parametrize("text", ["", "gateway = []\n", "gateway = 1\n"])
def test_no_gateway_is_none_too_few(text: str) -> None:
    with pytest.raises(WrongGatewayFile, match="write each gateway as a table"):
        parse_gateways(text, "f", {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableGatewayFile, match=r"nowhere\.toml, named by RACE_GATEWAYS, cannot be read: No such"):
        read_gateway_file(tmp_path / "nowhere.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableGatewayFile, match="codec"):
        read_gateway_file(tmp_path / "binary")
