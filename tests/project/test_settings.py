"""Every setting is documented where people look for it, and wrong ones are refused."""

import re

import msgspec
import pytest

from race_to_purchase.settings import Settings, WrongSetting, load
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
    with pytest.raises(WrongSetting, match="resolve_after_s"):
        load({"RACE_RESOLVE_AFTER_S": text})
