"""The ledger of an embedded database can be read while the engine runs, and when it does not."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.journeys.crowd import Crowd
from tests.journeys.engine import ADMIN_KEY, Engine
from tests.samples import PRICE


def ledger(engine: Engine, command: str, file: Path) -> Any:
    """What `race ledger` tells, as JSON."""
    asked = [sys.executable, "-m", "race_to_purchase.cli", "ledger", command, "--json", str(file)]
    done = subprocess.run(asked, env=engine.environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_bytes())


def over_http(engine: Engine) -> Any:
    """The same from the admin API."""
    request = urllib.request.Request(f"{engine.url}/v1/admin/ledger/balance")
    request.add_header("Authorization", f"Bearer {ADMIN_KEY}")
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


async def test_running_or_stopped_it_tells_the_same(engine: Engine, tmp_path: Path) -> None:
    await Crowd(engine, 1).race(8)
    running = ledger(engine, "balance", tmp_path / "running.json")
    receivable = next(one["amount"] for one in running["accounts"] if one["account"] == "receivable:sandbox")
    assert receivable == 8 * PRICE
    told = over_http(engine)
    assert (told["balanced"], told["accounts"]) == (True, running["accounts"])
    engine.until(lambda: (ledger(engine, "verify", tmp_path / "head.json")["head"] or {}).get("sealed") == 8)

    assert engine.terminate() == 0
    assert ledger(engine, "balance", tmp_path / "stopped.json") == running
    assert ledger(engine, "verify", tmp_path / "verify.json")["violations"] == 0
