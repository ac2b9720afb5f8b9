"""The processes of a demo: each of them may fail, and then says so in a sentence, and nothing is left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from race_to_purchase.rehearse.crowd.crowd import Errand
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.crowd.wire import Wire
from race_to_purchase.rehearse.demo.crowds import CrowdFailed, Crowds
from race_to_purchase.rehearse.demo.server import ServerFailed, serving
from race_to_purchase.rehearse.demo.shop import Shop, drop
from tests.rehearse.shop import SALE


class TestTheCrowdsProcesses:
    async def test_a_process_that_dies_is_told_and_the_others_are_ended(self) -> None:
        crowds = await Crowds.start(2)
        try:
            await crowds.send(errand(), Tally())
            dead, other = (psutil.Process(process.pid) for process in crowds._processes)
            dead.kill()
            with pytest.raises(CrowdFailed, match="ended early"):
                await asyncio.wait_for(crowds.finish(), 30)
            assert crowds.gone
        finally:
            await crowds.stop()
        assert not other.is_running()

    async def test_a_process_that_cannot_do_its_errand_says_why(self) -> None:
        crowds = await Crowds.start(1)
        try:
            # Nobody can be planned for a shop without shelves.
            await crowds.send(errand(drop=msgspec.structs.replace(SALE, limit_per_buyer=0)), Tally())
            with pytest.raises(CrowdFailed, match="Error"):
                await asyncio.wait_for(crowds.finish(), 30)
        finally:
            await crowds.stop()

    def test_a_crowd_without_a_parent_goes_home(self) -> None:
        command = [sys.executable, "-m", "race_to_purchase.rehearse.crowd"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(errand()) + b"\n")
        process.stdin.flush()
        while b'"sent/reserve"' not in process.stdout.readline():
            pass
        process.stdin.close()
        assert process.wait(30) is not None


@pytest.fixture(autouse=True)
def temporary_folders_end_with_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a failed demo leaves behind for somebody to look into, nobody looks into here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows ends processes without a word")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_demo_that_is_ended_leaves_neither_server_nor_database_behind(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    script = (
        "from pathlib import Path; from race_to_purchase.rehearse.demo.demo import run_demo; "
        "from race_to_purchase.rehearse.demo.sale import DemoOptions; "
        f"run_demo(DemoOptions(buyers=50, bots=0, data_dir=Path({str(data)!r})))"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert demo.stdout is not None
    # On a machine that stands still for a while, the first look may come after the opening.
    while not (b"opens in a moment" in (line := demo.stdout.readline()) or b"open:" in line):
        assert line, "the demo ended by itself"
    family = psutil.Process(demo.pid).children(recursive=True)
    assert len(family) > 3, "a server, a database and its processes, and the crowd"
    demo.send_signal(getattr(signal, name))
    demo.communicate(timeout=60)
    assert demo.returncode != 0
    assert psutil.wait_procs(family, timeout=30)[1] == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows ends processes without a word")
def test_a_bench_that_is_ended_leaves_neither_server_nor_database_behind(tmp_path: Path) -> None:
    bench = subprocess.Popen(
        [sys.executable, "-m", "race_to_purchase.cli", "bench", "--suite", "http"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    while not list(tmp_path.glob("race-bench-*/*/postgres/postmaster.pid")):
        assert bench.poll() is None, "the bench ended by itself"
        time.sleep(0.1)
    family = psutil.Process(bench.pid).children(recursive=True)
    assert family
    bench.terminate()
    bench.communicate(timeout=60)
    assert psutil.wait_procs(family, timeout=30)[1] == []
    assert list(tmp_path.glob("race-bench-*")) == []


class TestTheServerProcess:
    def test_one_that_cannot_start_is_told_with_the_end_of_its_log(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with (
                pytest.raises(ServerFailed, match=f"{port} of 127.0.0.1 is already in use"),
                serving(port=port, workers=1, data_dir=tmp_path / "data"),
            ):
                pass

    async def test_one_that_ends_in_the_middle_is_the_reason_of_whatever_failed(self, tmp_path: Path) -> None:
        with pytest.raises(ServerFailed, match="in the middle of the sale"):
            await look_after_the_end(tmp_path / "data")

    def test_settings_of_the_environment_do_not_reach_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A demo in a shell that is set up for production must not touch production."""
        monkeypatch.setenv("RACE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/production")
        with serving(port=0, workers=1, data_dir=tmp_path / "data") as served:
            assert not [name for name in served.environment if name == "RACE_DATABASE_URL"]
            assert served.log.exists()
        served.discard()
        assert not served.folder.exists()


async def look_after_the_end(data_dir: Path) -> None:
    """Look at the stock of a server that was asked to stop."""
    with serving(port=0, workers=1, data_dir=data_dir) as served:
        server = psutil.Process(served.pid)
        server.terminate()
        server.wait(30)
        admin = Wire(served.host, served.port, served.admin_key, 1)
        await Shop(drop("aurora-1", 1e9, 10, 60), admin, admin).look()


def errand(drop: object = None) -> Errand:
    """An errand to a server that is not there, for people who keep on trying."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sale = drop or msgspec.structs.replace(SALE, opens_at_s=time.time())
    return Errand(host="127.0.0.1", port=port, storefront_key="key", seed=1, buyers=50, bots=50, sale=sale)
