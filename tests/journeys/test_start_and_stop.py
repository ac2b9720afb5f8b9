"""Starting where it cannot, in one sentence; and stopping in order, with every payment under way answered."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil  # type: ignore[import-untyped]  # It ships no types.
import pytest

from race_to_purchase.app.guard import guard_of
from race_to_purchase.app.identity import require_sound_identity
from race_to_purchase.app.listening import AddressNotHere, PortForbidden, listen
from race_to_purchase.app.reachable import FILE
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings import Settings, load
from tests.databases import Server
from tests.journeys.crowd import come_to_rest
from tests.journeys.engine import Engine, storefront
from tests.sale import recount, value
from tests.store.test_address import older_server

PASSWORD = "open-sesame"
PATIENT = {"RACE_GATEWAY_TIMEOUT_S": "8", "RACE_TAKEOVER_S": "9"}


def post(
    engine: Engine, path: str, key: str, body: dict[str, Any], timeout_s: float = 30
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers of one request."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(engine.url + path, data, storefront(key), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            return response.status, json.load(response), dict(response.headers)
    except HTTPError as refused:
        return refused.code, json.load(refused), dict(refused.headers)


def reserve(engine: Engine, buyer: str = "ada") -> str:
    """A reservation; its id."""
    wish = {"drop": "aurora", "lines": [{"item": "shoe", "quantity": 1}], "buyer": {"id": buyer}}
    status, told, _ = post(engine, "/v1/checkouts", f"{buyer}-reserve", wish)
    assert status == 201, told
    return str(told["id"])


def pay(
    engine: Engine, checkout: str, method: str = "pm_approved", timeout_s: float = 30
) -> tuple[int, dict[str, Any]]:
    """What a payment is told."""
    path, body = f"/v1/checkouts/{checkout}/payment", {"payment_method": method}
    status, told, _ = post(engine, path, checkout, body, timeout_s)
    return status, told


class TestItDoesNotStart:
    """Exit status 2, one sentence that says what and where, and no traceback."""

    def refused(self, engine: Engine, *options: str) -> str:
        status, said = engine.refused(*options)
        assert status == 2
        assert "Traceback" not in said
        assert PASSWORD not in said
        return said

    def test_on_a_port_that_is_taken(self, an_engine: Callable[..., Engine]) -> None:
        engine = an_engine(new=True)
        with socket.create_server(("127.0.0.1", engine.port)):
            said = self.refused(engine)
        assert f"Port {engine.port} of 127.0.0.1 is already in use" in said
        assert not engine.data.exists(), "nothing was made for it"

    def test_on_a_port_that_it_may_not_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbid(*_: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(socket.socket, "bind", forbid)
        with pytest.raises(PortForbidden, match=r"may not listen on port 80 of 127.*with --port"):
            listen("127.0.0.1", 80)
        with pytest.raises(PortForbidden, match="with RACE_METRICS_PORT"):
            listen("127.0.0.1", 80, ("RACE_METRICS_HOST", "RACE_METRICS_PORT"))

    def test_on_an_address_of_another_machine(self) -> None:
        with pytest.raises(AddressNotHere, match="with RACE_METRICS_HOST"):
            listen("192.0.2.1", 0, ("RACE_METRICS_HOST", "RACE_METRICS_PORT"))

    @pytest.mark.parametrize(
        ("setting", "looked_at_by"),
        [
            ("CHALLENGE_DATACENTRES", lambda settings: guard_of(settings, bytes(32))),
            ("CHALLENGE_JA4", lambda settings: guard_of(settings, bytes(32))),
            ("CUSTOMERS_KEY", require_sound_identity),
        ],
    )
    def test_with_a_file_that_cannot_be_read(
        self, tmp_path: Path, setting: str, looked_at_by: Callable[[Settings], object]
    ) -> None:
        issuer = "https://shop.example" if setting == "CUSTOMERS_KEY" else None
        settings = load({f"RACE_{setting}": str(tmp_path / "none")}, customers_issuer=issuer)
        with pytest.raises(ConfigurationError) as refused:
            looked_at_by(settings)
        assert str(refused.value) == f"RACE_{setting}: {tmp_path / 'none'} cannot be read: No such file or directory."

    def test_on_a_folder_that_is_in_use(self, engine: Engine, an_engine: Callable[..., Engine]) -> None:
        second = an_engine(RACE_DATA_DIR=str(engine.data))
        assert f"already used by `race serve` (pid {engine.process.pid}" in self.refused(second)
        assert engine.answers(), "and the first one goes on"

    def test_on_a_database_that_cannot_be_reached(self, an_engine: Callable[..., Engine]) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            engine = an_engine(RACE_DATABASE_URL=f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/shop")
            assert f"127.0.0.1:{port}/shop" in self.refused(engine)

    def test_on_a_database_that_is_too_old(self, an_engine: Callable[..., Engine]) -> None:
        with older_server("14.2") as port:
            engine = an_engine(RACE_DATABASE_URL=f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/shop?sslmode=disable")
            assert "PostgreSQL 14.2" in self.refused(engine)

    def test_on_a_database_of_a_newer_version(self, an_engine: Callable[..., Engine], database_dsn: str) -> None:
        newer = "INSERT INTO race.migration (version, name) VALUES (9999, 'later') RETURNING 1"
        asyncio.run(value(database_dsn, newer))
        assert "9999" in self.refused(an_engine(RACE_DATABASE_URL=database_dsn))

    def test_with_a_setting_that_contradicts_another(self, an_engine: Callable[..., Engine]) -> None:
        assert "RACE_TAKEOVER_S" in self.refused(an_engine(RACE_TAKEOVER_S="0.5"))


def test_ctrl_c_ends_it_without_a_word_also_before_it_has_begun() -> None:
    """What is imported takes a second on a good day, and longer on one when somebody has reason for Ctrl-C."""
    interrupted = """
import sys
class Interrupts:
    def find_spec(self, name, *_):
        if name == "race_to_purchase.cli.serving":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupts())
from race_to_purchase.cli import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_nothing_that_could_be_interrupted_is_imported_before_ctrl_c_is_looked_after() -> None:
    """What Python itself imports to start is Python's own, and that of the script that pip makes."""
    told = "import sys; before = {*sys.modules}; import race_to_purchase.cli; print(*sorted({*sys.modules} - before))"
    imported = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True)
    assert set(imported.stdout.split()) <= {"__future__", "race_to_purchase", "race_to_purchase.cli"}


@pytest.mark.parametrize("workers", [1, 2])
def test_it_stops_in_order(an_engine: Callable[..., Engine], workers: int) -> None:
    engine = an_engine(workers=workers, **PATIENT)
    engine.start()
    engine.put()
    checkout, given_up = reserve(engine), reserve(engine, "bob")
    with ThreadPoolExecutor() as pool, socket.create_connection(("127.0.0.1", engine.port)):  # One stays idle.
        payment = pool.submit(pay, engine, checkout, "pm_slow")
        with pytest.raises(TimeoutError):
            pay(engine, given_up, "pm_slow", timeout_s=0.5)  # Its buyer hangs up, and nobody waits for the answer.
        engine.until(lambda: asyncio.run(value(engine.dsn, "SELECT count(*) = 2 FROM race.attempt")))
        assert engine.terminate() == 0
        status, told = payment.result()
    assert (status, told["state"]) == (200, "paid"), "who had begun to pay got their answer"
    assert not engine.answers("/healthz")
    assert engine.postmaster is None
    assert "Traceback" not in engine.told()

    engine.start()
    assert asyncio.run(recount(engine.dsn, at_rest=True)) == [], "nothing is left to be taken over"
    assert asyncio.run(value(engine.dsn, "SELECT count(*) FROM race.orders")) == 2


@pytest.mark.parametrize("moment", ["no data yet", "answers soon"])
def test_it_stops_in_order_while_it_starts(an_engine: Callable[..., Engine], moment: str) -> None:
    engine = an_engine(new=True)
    engine.launch()
    reached: dict[str, Callable[[], object]] = {
        "no data yet": engine.data.exists,
        "answers soon": (engine.data / FILE).exists,
    }
    engine.until(reached[moment])
    postmaster = engine.postmaster
    assert engine.terminate() == 0
    assert engine.postmaster is None
    assert postmaster is None or not psutil.pid_exists(postmaster)
    assert "Traceback" not in engine.told()


def test_what_does_not_end_in_time_is_left_to_the_next(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine(RACE_STOP_GRACE_S="0.5", **PATIENT)
    engine.start()
    engine.put()
    checkout = reserve(engine)
    with ThreadPoolExecutor() as pool:
        payment = pool.submit(pay, engine, checkout, "pm_slow")
        engine.until(lambda: asyncio.run(value(engine.dsn, "SELECT count(*) FROM race.attempt")))
        assert engine.terminate() == 0
        assert payment.exception() is not None or payment.result()[0] in (202, 503)
    engine.start()
    asyncio.run(come_to_rest(engine.dsn))
    assert pay(engine, checkout, "pm_slow")[0] == 200, "the same request, repeated, has its answer now"
    assert asyncio.run(recount(engine.dsn, at_rest=True)) == []


def test_a_postgresql_of_the_house_serves_as_well(an_engine: Callable[..., Engine], debian_server: Server) -> None:
    dsn = debian_server.bare()
    engine = an_engine(RACE_DATABASE_URL=dsn)
    engine.start()
    engine.put()
    assert pay(engine, reserve(engine))[0] == 200
    asyncio.run(come_to_rest(dsn))
    assert engine.terminate() == 0
    assert asyncio.run(recount(dsn, at_rest=True)) == []
    assert not engine.data.exists(), "and no folder was made"
    debian_server.drop(dsn)


def test_many_clients_with_one_key_get_one_reservation_and_equal_bytes(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine(workers=2)
    engine.start()
    engine.put()
    wish = json.dumps({"drop": "aurora", "lines": [{"item": "shoe", "quantity": 2}], "buyer": {"id": "ada"}}).encode()

    def ask(_: int) -> tuple[int, bytes, str | None]:
        request = urllib.request.Request(engine.url + "/v1/checkouts", wish, storefront("one key"), method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read(), response.headers["Idempotency-Replayed"]

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(32)))
    assert {status for status, _, _ in answers} == {201}
    assert len({body for _, body, _ in answers}) == 1
    assert sorted(replayed or "" for _, _, replayed in answers) == [""] + ["true"] * 31
    assert asyncio.run(value(engine.dsn, "SELECT sum(held) FROM race.pool WHERE kind = 'item'")) == 2
