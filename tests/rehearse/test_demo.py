"""The whole demo, small: a real server, a real crowd, and a scorecard that tells the truth about them."""

import asyncio
import io
import tempfile
import threading
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from rich.console import Console

from race_to_purchase.app.commands.results import ResultNotWritable
from race_to_purchase.app.reachable import FILE, Reachable
from race_to_purchase.rehearse.crowd.wire import Wire
from race_to_purchase.rehearse.demo.demo import run_demo
from race_to_purchase.rehearse.demo.sale import DemoOptions
from race_to_purchase.rehearse.demo.server import Served, serving
from race_to_purchase.rehearse.demo.shop import Shop, drop
from tests.rehearse.onlooker import Onlooker
from tests.rehearse.test_scorecard import PURCHASE

OPTIONS = DemoOptions(buyers=120, bots=60, stock=30, seed=3, arrival_seconds=2.0, reservation_seconds=2)


@pytest.fixture(autouse=True)
def temporary_folders_end_with_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a failed demo leaves behind for somebody to look into, nobody looks into here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture(scope="module")
def onlooker() -> Onlooker:
    """Watches that demo on its console."""
    return Onlooker()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, onlooker: Onlooker) -> tuple[int, dict[str, Any], str]:
    """One demo: exit status, JSON, and what was printed."""
    file = tmp_path_factory.mktemp("demo") / "out.json"
    options = msgspec.structs.replace(OPTIONS, json_file=file, report_file=file.with_name("report.html"))
    status = run_demo(options, Console(file=onlooker, width=100))
    onlooker.leave()
    return status, msgspec.json.decode(file.read_bytes()), onlooker.getvalue()


def test_every_promise_is_kept_and_the_exit_status_says_so(ran: tuple[int, dict[str, Any], str]) -> None:
    status, card, text = ran
    assert (status, card["broken"]) == (0, [])
    assert "Every promise was kept" in text


def test_everything_is_sold_and_nothing_beyond(ran: tuple[int, dict[str, Any], str]) -> None:
    _, card, _ = ran
    assert (card["stock"], card["sold"], card["oversold"]) == (30, 30, 0)
    assert card["answered_orders"] == card["orders"]


def test_it_ends_with_a_report_whose_path_it_tells(ran: tuple[int, dict[str, Any], str]) -> None:
    told = ran[2].splitlines()[-1]
    page = Path(told.removeprefix("The report of the sale is ")).read_text(encoding="utf-8")
    assert "of 30 pieces sold" in page
    assert "As the crowd met it" in page
    assert "120 people and 60 bots, seed 3" in page


@pytest.mark.usefixtures("ran")
def test_it_can_be_watched_on_the_console_that_it_names(onlooker: Onlooker) -> None:
    assert onlooker.name == "demo"
    assert onlooker.sold == sorted(onlooker.sold)
    assert (onlooker.sold[0], onlooker.sold[-1]) == (0, 30), "from before the sale until all was sold"


def test_the_crowd_did_what_it_is_there_to_do(ran: tuple[int, dict[str, Any], str]) -> None:
    _, card, _ = ran
    notes = card["notes"]
    assert isinstance(notes, dict)
    assert {"second_device", "reloaded"} <= set(notes), "the habits of many who wait"
    assert {"double_click", "lost_answer", "other_card", "abandoned"} & set(notes), "and those of the few who come in"


def test_the_draw_can_be_verified_and_everybody_came_by_it(ran: tuple[int, dict[str, Any], str]) -> None:
    _, card, text = ran
    fairness = card["fairness"]
    assert fairness["draw_holds"], fairness["draw_failed"]
    assert fairness["registered"] + fairness["late"] >= 120
    assert fairness["came"] >= card["orders"], "nobody buys without a pass"
    assert fairness["challenges_passed"] > 0
    assert fairness["wait_from_join_s"]["p95"] >= fairness["wait_from_join_s"]["p50"] > 0
    assert "What each strategy gained" in text


def test_what_strategies_gained_adds_up(ran: tuple[int, dict[str, Any], str]) -> None:
    _, card, _ = ran
    gained = card["strategies"]
    assert sum(one["arrivals"] for one in gained) == 120 + 60
    assert sum(one["pieces"] for one in gained) == card["sold"]
    assert sum(one["share"] for one in gained) == pytest.approx(1)
    tickets = {one["strategy"]: one["tickets"] / one["arrivals"] for one in gained}
    assert tickets["replay"] <= 1, "a proof that is shown again is no second ticket"
    assert tickets["ticket_sharing"] <= 1


def test_the_engine_has_counted_what_the_crowd_has_met(ran: tuple[int, dict[str, Any], str]) -> None:
    _, card, _ = ran
    engine = {one["id"]: one["value"] for one in card["engine"]}
    assert list(engine) == [f"M{n}" for n in range(1, 16)]
    assert round(engine["M13"] * max(1.0, card["elapsed_s"])) > 0
    assert (engine["M4"], engine["M6"]) == (1.0, 0.0)
    assert 0 < engine["M8"] <= 1


def test_without_a_door_bots_win_far_more_than_their_share(
    ran: tuple[int, dict[str, Any], str], tmp_path: Path
) -> None:
    """The negative control: the same crowd, and nothing between it and the checkout."""
    file = tmp_path / "out.json"
    options = msgspec.structs.replace(OPTIONS, door=False, json_file=file)
    assert run_demo(options, Console(file=io.StringIO(), width=100)) == 0
    rush, line = msgspec.json.decode(file.read_bytes()), ran[1]
    assert rush["fairness"] is None
    assert rush["bot_arrival_share"] == line["bot_arrival_share"] == pytest.approx(1 / 3)
    assert rush["bot_share"] > 1.4 * rush["bot_arrival_share"]
    assert line["bot_share"] < rush["bot_share"]


def test_a_result_that_could_not_be_written_is_refused_before_the_sale(tmp_path: Path) -> None:
    options = msgspec.structs.replace(OPTIONS, json_file=tmp_path / "no-such-folder" / "out.json")
    with pytest.raises(ResultNotWritable, match="no-such-folder"):
        run_demo(options, Console(file=io.StringIO()))


def test_an_order_that_disappears_behind_the_shops_back_fails_the_demo(tmp_path: Path) -> None:
    """The negative control: the same demo, with one row taken away while it runs."""
    data, out = tmp_path / "data", io.StringIO()
    thief = threading.Thread(target=lambda: asyncio.run(steal_an_order(data)), daemon=True)
    thief.start()
    small = DemoOptions(
        buyers=12, bots=0, stock=4, arrival_seconds=1.0, reservation_seconds=1, door=False, data_dir=data
    )
    status = run_demo(msgspec.structs.replace(small, json_file=tmp_path / "out.json"), Console(file=out, width=100))
    thief.join(10)
    card = msgspec.json.decode((tmp_path / "out.json").read_bytes())
    assert (status, card["captured_without_order"], card["missing_orders"]) == (1, 1, 1)
    assert "A promise was broken" in out.getvalue()


async def steal_an_order(data: Path) -> None:
    """Take one of the first orders there are out of the database that is served from `data`."""
    word = data / FILE
    while not word.exists():
        await asyncio.sleep(0.05)
    connection = await asyncpg.connect(msgspec.json.decode(word.read_bytes(), type=Reachable).dsn)
    steal = "DELETE FROM race.orders WHERE id = (SELECT id FROM race.orders LIMIT 1)"
    try:
        while await connection.execute(steal) == "DELETE 0":
            await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def test_an_order_that_is_not_there_or_is_another_is_found(tmp_path: Path) -> None:
    with serving(port=0, workers=1, data_dir=tmp_path / "data") as served:
        try:
            assert await verified(served) == (1, 1)
        finally:
            served.discard()


async def verified(served: Served) -> tuple[int, int]:
    """What is found of three answered orders: a true one, one with another amount, and one that never was."""
    admin, storefront = Wire(served.host, served.port, served.admin_key, 1), wire_of(served)
    shop = Shop(drop("aurora-1", 1e9, 10, 60), admin, storefront)
    try:
        await shop.put()
        order = await bought(storefront)
        true = msgspec.structs.replace(PURCHASE, order=order)
        never = msgspec.structs.replace(true, order="00000000-0000-7000-8000-000000000000")
        return await shop.verify([true, msgspec.structs.replace(true, amount=1), never])
    finally:
        admin.close()
        storefront.close()


def wire_of(served: Served) -> Wire:
    return Wire(served.host, served.port, served.storefront_key, 2)


async def bought(storefront: Wire) -> str:
    """Buy one pair; the id of the order."""
    wish = {"drop": "aurora-1", "lines": [{"item": "aurora-42", "quantity": 1}], "buyer": {"id": "somebody"}}
    reserved = await storefront.ask("POST", "/v1/checkouts", "key-1", msgspec.json.encode(wish))
    checkout = msgspec.json.decode(reserved.body)["id"]
    card = msgspec.json.encode({"payment_method": "pm_approved"})
    paid = await storefront.ask("POST", f"/v1/checkouts/{checkout}/payment", "key-2", card)
    assert paid.status == 200, paid
    order = msgspec.json.decode(paid.body)["order"]
    assert isinstance(order, dict)
    return str(order["id"])
