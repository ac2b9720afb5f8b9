"""A gateway that cannot start says why in a sentence, and touches nothing."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.gateways.simulator import GatewayOptions, run_gateway
from race_to_purchase.gateways.simulator.names import Names
from tests.simulator.running import launched, running


def refusal(**options: Any) -> str:
    """What it says instead of starting."""
    with pytest.raises(ConfigurationError) as refused:
        run_gateway(GatewayOptions(**{"port": 0, **options}))
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": 70_000}, "port"),
        ({"port": 8200, "control_port": 8200}, "control_port"),
        ({"webhook_url": "shop.example", "webhook_secret": "x"}, "webhook_url"),
        ({"webhook_url": "http://shop.example"}, "webhook_secret"),
        ({"webhook_secret": "whsec_x"}, "webhook_url is '', but must be set where there is a webhook_secret"),
        ({"per_second": 0}, "per_second"),
        ({"fee_fixed": -1}, "fee_fixed"),
        ({"host": "no.such.host.invalid"}, "no.such.host.invalid"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], said: str) -> None:
    assert said in refusal(**options)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in refusal(port=port)


def test_a_file_belongs_to_one_gateway(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    with launched(store) as first:
        assert "another gateway" in refusal(store=store)
        assert first.get("/v1/events").status_code == 200


def test_a_file_keeps_to_its_seed(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    with running(store=store, seed=4):
        pass
    assert "seed 4" in refusal(store=store, seed=5)
    with running(store=store, seed=4):
        pass


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "addresses.db"
    with sqlite3.connect(store) as other:
        other.execute("CREATE TABLE address (name TEXT)")
    before = store.read_bytes()
    assert "something else" in refusal(store=store)
    assert store.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "letter.txt"
    store.write_text("Dear gateway,\n" * 100)
    assert "not a database" in refusal(store=store)
    assert store.read_text().startswith("Dear")


def test_a_newer_form_of_the_books_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "books.db"
    with running(store=store):
        pass
    with sqlite3.connect(store) as later:
        later.execute("PRAGMA user_version = 99")
    assert "form 99" in refusal(store=store)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    assert str(blocker) in refusal(store=blocker / "books.db")


@pytest.mark.parametrize("text", ["{", '{"rules": [{"fault": "earthquake"}]}', "[]"])
def test_a_wrong_file_of_rules_is_named(tmp_path: Path, text: str) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(text)
    assert "rules.json" in refusal(rules_file=rules)
    assert "nothing.json" in refusal(rules_file=tmp_path / "nothing.json")


def test_rules_may_be_there_from_the_start(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"rules": [{"fault": "error_before", "on": "events.list"}]}')
    with running(rules_file=rules) as gateway:
        assert gateway.get("/v1/events").status_code == 500


def test_without_a_file_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running() as gateway:
        gateway.paid()
        assert os.listdir(tmp_path) != []
    assert os.listdir(tmp_path) == []


class TestIds:
    """Ids are made of seed and number, and read back."""

    def test_they_say_their_number_to_those_who_have_the_seed(self) -> None:
        names = Names(3)
        made = [names.new("pi") for _ in range(100)]
        assert [names.number("pi", name) for name in made] == list(range(1, 101))
        assert [Names.own(name) for name in made] == list(range(1, 101))
        assert made == sorted(made), "so that they lie side by side in an index"
        assert [Names(4).number("pi", name) for name in made] == [None] * 100

    @pytest.mark.parametrize("name", ["", "pi", "pi_", "ch_1", "pi_" + "0" * 24, "pi_ 1_2_3" + "0" * 18, "x" * 10_000])
    def test_others_are_no_ids(self, name: str) -> None:
        assert Names(3).number("pi", name) is None

    def test_a_kind_does_not_pass_for_another(self) -> None:
        names = Names(3)
        assert names.number("ch", names.new("pi").replace("pi_", "ch_")) is None


@pytest.mark.parametrize("name", ["gateway-simulator", "gateway"])
def test_the_command_takes_what_it_is_told_by_its_old_name_too(name: str) -> None:
    told = ["--control-port", "0", "--per-second", "3", "--webhook-events", "refund.*", "--webhook-events", "charge.*"]
    where = ["--port", "0", "--webhook-url", "http://127.0.0.1:9/", "--webhook-secret", "whsec_x"]
    command = [sys.executable, "-m", "race_to_purchase.cli", name, *where, *told]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            url, control = re.findall(r"http://[\d.:]+", child.stdout.readline())
            assert url != control
            assert requests.get(f"{control}/_control/limits", timeout=10).json()["per_second"] == 3
            assert requests.get(f"{control}/_control/webhooks", timeout=10).json()["events"] == ["refund.*", "charge.*"]
        finally:
            child.terminate()
