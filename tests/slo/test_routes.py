"""Whom an alert reaches, and whom it spares: asked of a real Alertmanager, on the routes that `race slo rules` writes.

Only its waits are shorter here, so that nobody waits for the sake of it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from race_to_purchase.app.commands.slo import ALERTMANAGER, Addresses, write_rules
from race_to_purchase.observe.slo.objectives import Maintenance, Slo
from tests.journeys.engine import free_port
from tests.journeys.monitoring import OnCall, ready
from tests.programs import require_program

QUICK = {"group_wait": "1s", "group_interval": "2s"}
WAITS_S_MAX = 60.0


class Alertmanager:
    """One that runs on the files of these objectives, and whoever is on call."""

    def __init__(self, url: str, on_call: OnCall, log: Path) -> None:
        self.url = url
        self.on_call = on_call
        self._log = log

    def post(self, *alerts: dict[str, str]) -> None:
        """As a Prometheus does, every so often, for as long as they fire."""
        body = [{"labels": labels, "annotations": {"summary": "it is bad"}} for labels in alerts]
        requests.post(f"{self.url}/api/v2/alerts", json=body, timeout=20).raise_for_status()

    def has_told(self, drop: str) -> set[tuple[str, str]]:
        """Who was told of what in a drop, once alerts that were posted after all others have arrived.

        Two, one after the other: groups that are due in the same moment are told side by side, in any order.
        """
        for last in (f"after-{drop}", f"long-after-{drop}"):
            self.post(page("StockMiscounted", "stock", last))
            until(lambda last=last: self.on_call.names(last))  # type: ignore[misc]
        return self.on_call.names(drop)

    def wrote(self, words: str) -> bool:
        """Whether its log says so."""
        return words in self._log.read_text(encoding="utf-8", errors="replace")


def until(true: Callable[[], object]) -> None:
    """Wait for it."""
    give_up_at = time.monotonic() + WAITS_S_MAX
    while not true():
        assert time.monotonic() < give_up_at, "it does not come true"
        time.sleep(0.1)


def page(name: str, incident: str, drop: str, **labels: str) -> dict[str, str]:
    """The labels of an alert that wakes somebody."""
    return {"alertname": name, "severity": "page", "incident": incident, "drop": drop, **labels}


def ticket(name: str, incident: str, drop: str, **labels: str) -> dict[str, str]:
    """Of one that waits for the morning."""
    return page(name, incident, drop, **labels) | {"severity": "ticket"}


@contextmanager
def running(folder: Path, slo: Slo, on_call: OnCall, receivers: str) -> Iterator[Alertmanager]:
    """An Alertmanager until the end of the block; its receivers are below the address `receivers`."""
    program = require_program("prometheus-alertmanager")
    write_rules(slo, folder, Addresses(f"{receivers}/page", f"{receivers}/ticket"))
    file, log, port = folder / ALERTMANAGER, folder / "alertmanager.log", free_port()
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["route"] |= QUICK
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    command = [
        program,
        f"--config.file={file}",
        f"--storage.path={folder / 'alerts'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            ready(f"http://127.0.0.1:{port}")
            yield Alertmanager(f"http://127.0.0.1:{port}", on_call, log)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """One on the usual objectives."""
    on_call = OnCall()
    with running(tmp_path_factory.mktemp("usual"), Slo(), on_call, on_call.url) as made:
        yield made
    on_call.close()


def test_a_page_silences_the_tickets_of_its_incident_and_no_others(manager: Alertmanager) -> None:
    manager.post(
        page("CheckoutsFailing", "checkout_success", "aurora", burn="14.4"),
        ticket("CheckoutsFailing", "checkout_success", "aurora", burn="3"),
        ticket("ReservationsLeak", "reservations", "aurora"),
        ticket("CheckoutsFailing", "checkout_success", "borealis", burn="3"),
    )
    assert manager.has_told("aurora") == {("page", "CheckoutsFailing"), ("ticket", "ReservationsLeak")}
    assert manager.has_told("borealis") == {("ticket", "CheckoutsFailing")}


def test_what_follows_from_a_gateway_that_is_silent_is_not_told_as_well(manager: Alertmanager) -> None:
    manager.post(
        page("GatewaySilent", "gateway", "cirrus", region="eu"),
        page("PaymentsFailing", "payment_authorization", "cirrus", region="eu"),
        page("CheckoutsSlow", "checkout_latency", "cirrus", region="eu"),
        page("StockMiscounted", "stock", "cirrus", region="eu"),
        page("PaymentsFailing", "payment_authorization", "elsewhere", region="us"),
    )
    assert manager.has_told("cirrus") == {("page", "GatewaySilent"), ("page", "StockMiscounted")}
    assert manager.has_told("elsewhere") == {("page", "PaymentsFailing")}


def test_of_a_canary_nobody_is_told(manager: Alertmanager) -> None:
    manager.post(
        page("CheckoutsFailing", "checkout_success", "dawn", canary="true"),
        ticket("ReservationsLeak", "reservations", "dawn", canary="true"),
        page("EngineDown", "engine", "dawn", canary="false"),
    )
    assert manager.has_told("dawn") == {("page", "EngineDown")}


def test_one_incident_is_one_message_however_many_say_so_and_however_often(manager: Alertmanager) -> None:
    incident = [
        page("CheckoutsFailing", "checkout_success", "eos", burn="14.4"),
        page("CheckoutsFailing", "checkout_success", "eos", burn="8"),
    ]
    before = manager.on_call.messages
    for _ in range(3):
        manager.post(*incident)  # Two Prometheus, and both again a moment later.
    manager.has_told("eos")
    assert [alert["labels"]["burn"] for _, _, alert in manager.on_call.told if alert["labels"]["drop"] == "eos"] in (
        ["14.4", "8"],
        ["8", "14.4"],
    )
    manager.post(*incident)
    manager.has_told("eos-again")
    assert manager.on_call.messages - before == 5, "that of the incident, and the four that were waited for"


def test_in_times_of_maintenance_nobody_is_told_and_afterwards_everybody(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    hour = timedelta(hours=1)
    with ExitStack() as ended:
        told = {}
        for when, since, to in (("now", now - hour, now + hour), ("over", now - 3 * hour, now - 2 * hour)):
            on_call = OnCall()
            ended.callback(on_call.close)
            (tmp_path / when).mkdir()
            slo = Slo(maintenance=(Maintenance(since, to, "new disk"),))
            told[when] = ended.enter_context(running(tmp_path / when, slo, on_call, on_call.url))
            told[when].post(
                page("EngineDown", "engine", "aurora"), ticket("ReservationsLeak", "reservations", "aurora")
            )
        until(lambda: told["over"].on_call.names() == {("page", "EngineDown"), ("ticket", "ReservationsLeak")})
        until(lambda: told["now"].wrote("mute time"))
        assert told["now"].on_call.told == []


def test_a_receiver_that_was_down_is_told_once_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, Slo(), OnCall(), f"http://127.0.0.1:{port}") as manager:
        manager.post(page("EngineDown", "engine", "aurora"), ticket("ReservationsLeak", "reservations", "borealis"))
        until(lambda: manager.wrote("connection refused"))
        back = OnCall(port)
        until(lambda: back.names() == {("page", "EngineDown"), ("ticket", "ReservationsLeak")})
        assert back.messages == 2, "each once"
        back.close()
