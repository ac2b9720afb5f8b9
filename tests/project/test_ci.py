"""The continuous integration itself: it must fail where something is missing or a promise was broken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs, stripe_mock
from tests.project.tree import ROOT

GOOD_CARD = {
    "stock": 80, "sold": 80, "oversold": 0, "duplicate_orders": 0, "captured_without_order": 0,
    "orders_without_capture": 0, "ledger_imbalance_minor": 0, "checkout_success_rate": 0.99,
    "p95_checkout_ms": 41.5, "purchases_per_s": 210.0, "bot_share": 0.1,
    "bot_arrival_share": 0.3, "fairness": {"draw_holds": True}, "strategies": [{"strategy": "person"}],
}  # fmt: skip


def test_the_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=30)


def test_a_good_scorecard_passes(tmp_path: Path) -> None:
    assert verdict(tmp_path, GOOD_CARD).returncode == 0


@pytest.mark.parametrize("key", sorted(GOOD_CARD))
def test_a_scorecard_without_one_of_its_numbers_is_refused(tmp_path: Path, key: str) -> None:
    ran = verdict(tmp_path, {name: value for name, value in GOOD_CARD.items() if name != key})
    assert (ran.returncode, key in ran.stderr) == (1, True)


@pytest.mark.parametrize("key", ["oversold", "duplicate_orders", "captured_without_order", "ledger_imbalance_minor"])
def test_a_broken_promise_is_refused(tmp_path: Path, key: str) -> None:
    assert verdict(tmp_path, {**GOOD_CARD, key: 1}).returncode == 1


def test_a_draw_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    assert verdict(tmp_path, {**GOOD_CARD, "fairness": {"draw_holds": False}}).returncode == 1


def test_unsold_stock_is_refused(tmp_path: Path) -> None:
    assert verdict(tmp_path, {**GOOD_CARD, "sold": 79}).returncode == 1


def test_a_missing_program_skips_on_a_machine_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RACE_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program"):
        programs.require_program("no-such-program")


def test_a_missing_program_fails_where_all_of_it_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACE_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        programs.require_program("no-such-program")


def test_a_program_that_is_there_is_found() -> None:
    assert programs.require_program("sh").is_file()


def test_node_which_came_as_a_wheel_is_found_where_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert programs.require_program("node") == Path(sys.executable).with_name("node")


@pytest.mark.parametrize(("wanted", "ends"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_go_stripe_mock_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str, ends: type[Exception]
) -> None:
    monkeypatch.setenv("RACE_REQUIRE_ALL", wanted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(stripe_mock, "find_go", lambda: None)
    with pytest.raises(ends, match="Go, which builds stripe-mock"):
        stripe_mock.built()


def verdict(folder: Path, card: dict[str, object]) -> subprocess.CompletedProcess[str]:
    """What the script says of this scorecard, in a demo that had 80 pairs."""
    file = folder / "out.json"
    file.write_text(json.dumps(card), encoding="utf-8")
    command = [sys.executable, str(ROOT / ".ci" / "verify_scorecard.py"), str(file), "80"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
