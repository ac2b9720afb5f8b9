"""Every setting is documented where people look for it, and wrong ones are refused."""

import re

import msgspec
import pytest

from race_to_purchase.settings import Settings, WrongSetting, load, misspelt
from tests.project.tree import ROOT

PAGE = ROOT / "docs" / "settings.md"


def test_every_setting_is_documented() -> None:
    words = set(re.findall(r"\w+", PAGE.read_text(encoding="utf-8")))
    undocumented = [name for name in setting_names() if name not in words and f"RACE_{name.upper()}" not in words]
    assert undocumented == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    """Words in capitals that begin with RACE_ are environment variables, and each belongs to a setting."""
    documented = set(re.findall(r"\bRACE_[A-Z0-9_]+\b", PAGE.read_text(encoding="utf-8")))
    assert documented - {f"RACE_{name.upper()}" for name in setting_names()} == set()


def test_settings_cannot_change_while_the_program_runs() -> None:
    assert Settings.__struct_config__.frozen


def setting_names() -> list[str]:
    return [field.name for field in msgspec.structs.fields(Settings)]


@pytest.mark.parametrize("text", ["", "soon", "5,", "0", "-1", "5,nan", "inf", "5;30"])
def test_pauses_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(WrongSetting, match="RACE_RESOLVE_AFTER_S must be"):
        load({"RACE_RESOLVE_AFTER_S": text})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("PORT", "http", "RACE_PORT is wrong: it is a whole number from 0 to 65535."),
        ("PORT", "65536", "RACE_PORT is wrong: it is a whole number from 0 to 65535."),
        ("WORKERS", "9" * 5000, "RACE_WORKERS is wrong: it is a whole number from 1 to 64."),
        ("ANSWER_WAIT_S", "inf", "RACE_ANSWER_WAIT_S is wrong: it is a number above 0 up to"),
        ("ACTION_WAIT_S", "nan", "RACE_ACTION_WAIT_S is wrong: it is a number above 0 up to"),
        ("DEADLINE_EXTENSION_MAX_S", "1e300", "RACE_DEADLINE_EXTENSION_MAX_S is wrong: it is a number from 0 to"),
        ("METRICS", "maybe", "RACE_METRICS is wrong: it is true or false."),
        ("POLICY", "fast", "RACE_POLICY is wrong: it is one of combine, optimistic."),
        ("LOG", "\udcff", "RACE_LOG is wrong: it is one of auto, human, json."),
        ("DATA_DIR", "\udcff", "RACE_DATA_DIR is wrong: it holds characters that are not text."),
        ("HOST", "local\0host", "RACE_HOST is wrong: it holds characters that are not text."),
    ],
)
def test_a_setting_that_is_none_is_told_by_name_and_with_what_it_should_be(name: str, text: str, told: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        load({f"RACE_{name}": text})
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    ("name", "text"),
    [("STRIPE_BASE", "localhost:8200"), ("TRACE_URL", "collector:4318"), ("CHALLENGE_RESERVE", "aurora-1, a/b")],
)
def test_what_could_only_fail_later_is_refused_at_the_start(name: str, text: str) -> None:
    with pytest.raises(WrongSetting, match=f"RACE_{name}"):
        load({f"RACE_{name}": text})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"WEBHOOK_URL": "https://shop.example"}, "RACE_WEBHOOK_URL needs a RACE_WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": "whsec_x"}, "RACE_WEBHOOK_SECRET needs a RACE_WEBHOOK_URL"),
        ({"STRIPE_BASE": "http://127.0.0.1:8200"}, "RACE_STRIPE_BASE needs a RACE_STRIPE_KEY"),
        ({"STRIPE_WEBHOOK_SECRET": "whsec_x"}, "RACE_STRIPE_WEBHOOK_SECRET needs a RACE_STRIPE_KEY"),
    ],
)
def test_a_setting_that_nobody_would_use_is_refused(settings: dict[str, str], told: str) -> None:
    with pytest.raises(WrongSetting, match=told):
        load({f"RACE_{name}": text for name, text in settings.items()})


NUMBERS = [
    ("ANSWER_WAIT_S", "0.001", "31536000", "0", "31536001"),
    ("BATCH_MAX", "1", "1000000000", "0", "1000000001"),
    ("CART_DAYS", "1", "400", "0", "401"),
    ("CHALLENGE_NUMBERS", "1", "250000", "0", "1000001"),
    ("CHALLENGE_NUMBERS_HARDER", "50000", "1000000", "0", "1000001"),
    ("CHALLENGE_SECONDS", "60", "86400", "59", "86401"),
    ("CLIENTS_MAX", "16", "1000000000", "15", "1000000001"),
    ("CONSOLE_IDLE_MINUTES", "1", "720", "0", "721"),
    ("CUSTOMERS_LEEWAY_S", "0", "600", "-1", "601"),
    ("DEADLINE_EXTENSION_MAX_S", "0", "31536000", "-1", "31536001"),
    ("METRICS_PORT", "0", "65535", "-1", "65536"),
    ("PORT", "0", "65535", "-1", "65536"),
    ("RESOLVE_FOR_S", "300.5", "31536000", "300", "inf"),
    ("SESSION_DAYS", "1", "400", "0", "401"),
    ("TRACE_AMOUNT_MIN", "0", "10000000000", "-1", "many"),
    ("TRACE_SHARE", "0", "1", "-0.1", "1.1"),
    ("WORKERS", "1", "64", "0", "65"),
]
"""Name, the least and the most that is taken, and what is refused below and above."""


@pytest.mark.parametrize(("name", "least", "most", "below", "above"), NUMBERS)
def test_a_number_is_taken_up_to_its_bounds_and_not_beyond(
    name: str, least: str, most: str, below: str, above: str
) -> None:
    for text in (least, most):
        assert getattr(load({f"RACE_{name}": text}), name.lower()) == float(text)
    for text in (below, above):
        with pytest.raises(WrongSetting, match=f"RACE_{name} is wrong: it is a (whole )?number"):
            load({f"RACE_{name}": text})


SECRET = "s" * 32
HOOK = {"WEBHOOK_URL": "https://shop.example", "WEBHOOK_SECRET": "whsec_x"}
STRIPE = {"STRIPE_BASE": "http://127.0.0.1:8200"}
KEYS_FILE = {"CUSTOMERS_ISSUER": "https://shop.example", "CUSTOMERS_KEY": "shop.pem"}
JWKS = {"CUSTOMERS_ISSUER": "https://shop.example", "CUSTOMERS_JWKS": "https://shop.example/jwks"}


@pytest.mark.parametrize(
    ("taken", "refused", "told"),
    [
        (HOOK, {"WEBHOOK_URL": "https://shop.example"}, "RACE_WEBHOOK_URL needs a RACE_WEBHOOK_SECRET"),
        ({**STRIPE, "STRIPE_KEY": "sk_test_x"}, STRIPE, "RACE_STRIPE_BASE needs a RACE_STRIPE_KEY"),
        ({**STRIPE, "GATEWAYS": "gateways.toml"}, STRIPE, "RACE_STRIPE_BASE needs a RACE_STRIPE_KEY"),
        ({"TAKEOVER_S": "10.1"}, {"TAKEOVER_S": "10"}, "RACE_TAKEOVER_S must be longer than RACE_GATEWAY_TIMEOUT_S"),
        ({"RECONCILE_AFTER_S": "15.1"}, {"RECONCILE_AFTER_S": "15"}, "RACE_RECONCILE_AFTER_S must be longer"),
        (
            {"METRICS_PORT": "65534", "WORKERS": "2"},
            {"METRICS_PORT": "65535", "WORKERS": "2"},
            "RACE_METRICS_PORT leaves no room",
        ),
        (
            {"CHALLENGE_NUMBERS": "9", "CHALLENGE_NUMBERS_HARDER": "9"},
            {"CHALLENGE_NUMBERS": "10", "CHALLENGE_NUMBERS_HARDER": "9"},
            "RACE_CHALLENGE_NUMBERS_HARDER must not be less",
        ),
        ({"GUARD_LOG_ONLY": "limits, challenges"}, {"GUARD_LOG_ONLY": "limits,bots"}, "RACE_GUARD_LOG_ONLY takes"),
        ({"CHALLENGE_RESERVE": "a, b" + "c" * 63}, {"CHALLENGE_RESERVE": "b" + "c" * 64}, "RACE_CHALLENGE_RESERVE"),
        ({"RESOLVE_AFTER_S": "31536000"}, {"RESOLVE_AFTER_S": "31536001"}, "RACE_RESOLVE_AFTER_S must be"),
        (KEYS_FILE, {"CUSTOMERS_ISSUER": "https://shop.example"}, "RACE_CUSTOMERS_ISSUER needs either"),
        (JWKS, {"CUSTOMERS_JWKS": "https://shop.example/jwks"}, "RACE_CUSTOMERS_ISSUER needs either"),
        (JWKS, JWKS | KEYS_FILE, "RACE_CUSTOMERS_ISSUER needs either"),
        ({"STOREFRONT_KEYS": "a:b:c"}, {"STOREFRONT_KEYS": "a"}, "RACE_STOREFRONT_KEYS must look like name:key"),
        ({"ADMIN_KEYS": "a:b,"}, {"ADMIN_KEYS": "a:"}, "RACE_ADMIN_KEYS must look like name:key"),
        ({"ADMIN_KEYS": "a/viewer:b"}, {"ADMIN_KEYS": ":b"}, "RACE_ADMIN_KEYS must look like name:key"),
        ({"SESSION_KEYS": f"255:{SECRET}"}, {"SESSION_KEYS": f"256:{SECRET}"}, "RACE_SESSION_KEYS must look like 2:"),
        ({"LINE_KEYS": f"1:{SECRET}"}, {"LINE_KEYS": f"0:{SECRET}"}, "RACE_LINE_KEYS must look like 2:"),
        ({"LINE_KEYS": f"001:{SECRET}"}, {"LINE_KEYS": f"0001:{SECRET}"}, "RACE_LINE_KEYS must look like 2:"),
        ({"LINE_KEYS": f"1:{SECRET}"}, {"LINE_KEYS": f"1:{SECRET[1:]}"}, "RACE_LINE_KEYS must look like 2:"),
        ({"LINE_KEYS": f"1:{SECRET}"}, {"LINE_KEYS": f"\N{SUPERSCRIPT TWO}:{SECRET}"}, "RACE_LINE_KEYS must look like"),
        ({"LINE_KEYS": f"1:{SECRET}"}, {"LINE_KEYS": f"one:{SECRET}"}, "RACE_LINE_KEYS must look like 2:"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_and_those_that_just_do_are_taken(
    taken: dict[str, str], refused: dict[str, str], told: str
) -> None:
    load({f"RACE_{name}": text for name, text in taken.items()})
    with pytest.raises(WrongSetting, match=told):
        load({f"RACE_{name}": text for name, text in refused.items()})


def test_an_option_is_named_as_it_was_given() -> None:
    with pytest.raises(WrongSetting, match=r"--port is wrong: it is a whole number from 0 to 65535\."):
        load({"RACE_PORT": "80"}, port=99999)


@pytest.mark.parametrize("name", ["STOREFRONT_KEYS", "ADMIN_KEYS"])
def test_two_keys_of_one_name_are_refused_and_neither_is_told(name: str) -> None:
    with pytest.raises(WrongSetting, match="names shop twice") as refused:
        load({f"RACE_{name}": f"shop:{'k' * 16},shop:{'l' * 16}"})
    assert "kkk" not in str(refused.value)
    assert "lll" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("RACE_WORKER", ["RACE_WORKER is no setting and is not read; RACE_WORKERS is one"]),
        ("RACE_DATABSE_URL", ["RACE_DATABSE_URL is no setting and is not read; RACE_DATABASE_URL is one"]),
        ("RACE_WORKERS", []),
        ("RACE_ADMIN_KEY", []),
        ("RACE_TO_THE_MOON", []),
        ("WORKER", []),
    ],
)
def test_a_slip_of_the_pen_is_told(name: str, told: list[str]) -> None:
    assert misspelt({name: "4"}) == told
