"""The commands that ask a running engine print what it tells as a table, and write it as JSON where that is wanted."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from race_to_purchase.app.commands.results import ResultNotWritable
from race_to_purchase.cli.command import app
from tests.edge.shop import ADMIN_KEY, STOREFRONT_KEY, Server, Shop, a_definition
from tests.edge.test_line import Sale
from tests.edge.wire import Client

LISTS = [
    ("drop list", "/v1/admin/drops", "Aurora One"),
    ("drop show aurora-1", "/v1/admin/drops/aurora-1", "aurora-1/item/"),
    ("gateways list", "/v1/admin/gateways", "bank"),
    ("keys list", "/v1/admin/keys", "grace"),
]


def race(server: Server, *words: str) -> str:
    named = ["--url", f"http://127.0.0.1:{server.port}", "--admin-key", ADMIN_KEY]
    done = CliRunner().invoke(app, [*words, *named], env={"COLUMNS": "200"})
    if done.exception is not None:
        raise done.exception
    return done.output


@pytest.mark.parametrize(("command", "path", "shown"), LISTS)
def test_a_list_is_what_the_api_tells(
    server: Server, shop: Shop, admin: Client, tmp_path: Path, command: str, path: str, shown: str
) -> None:
    server.do(lambda: shop.catalogue.put(a_definition()))
    race(server, "keys", "issue", "grace", "--role", "viewer")
    file = tmp_path / "told.json"
    assert shown in race(server, *command.split(), "--json", str(file))
    told, asked = json.loads(file.read_bytes()), admin.ask("GET", path).json
    assert {**told, "now": ""} == {**asked, "now": ""}


def test_a_line_and_its_grants_are_what_the_api_tells(shop: Shop, tmp_path: Path) -> None:
    shop.look_each_time()
    file = tmp_path / "told.json"
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        Sale(shop, server, client).put()
        race(server, "grants", "issue", "aurora-1", "--lane", "vip", "--identity", "ada", "--until", "2099-01-01")
        assert "vip" in race(server, "grants", "list", "aurora-1", "--json", str(file))
        assert [grant["lane"] for grant in json.loads(file.read_bytes())["grants"]] == ["vip"]
        assert re.search(r"paused +since 20", race(server, "line", "pause", "aurora-1", "--json", str(file)))
        assert json.loads(file.read_bytes())["paused_at"] is not None


@pytest.mark.parametrize("command", [("simulate",), ("bench", "--suite", "hot-row"), ("demo",)])
def test_a_result_that_has_no_place_is_refused_before_anything_is_done(command: Sequence[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [*command, "--json", str(tmp_path / "no-such-folder" / "out.json")])
    assert isinstance(done.exception, ResultNotWritable)
    assert "No such file or directory. Pass another file." in str(done.exception)


def test_a_result_that_can_no_longer_be_written_is_said_in_a_sentence(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ResultNotWritable, match="Is a directory"):
        race(server, "drop", "list", "--json", str(tmp_path))
