"""Each worker tells its metrics at a port of its own, and the shop's port says where."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.engine import ADMIN_KEY, Engine, free_port


def read(url: str) -> dict[str, float]:
    """Every series that has no label, by its name."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


def test_each_worker_has_its_own_and_together_they_know_all(an_engine: Callable[..., Engine]) -> None:
    port = free_port(2)
    engine = an_engine(workers=2, RACE_METRICS_PORT=str(port))
    engine.start()
    engine.put()
    told = [read(f"http://127.0.0.1:{port + number}/metrics") for number in range(2)]
    assert sum(each["race_commands_total"] for each in told) == 1, "the drop was stored by one of them"
    asking = urllib.request.Request(f"{engine.url}/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asking, timeout=10)
    problem = json.loads(refused.value.read())
    assert (problem["status"], problem["code"]) == (404, "metrics_elsewhere")
    assert problem["addresses"] == [f"http://127.0.0.1:{port + number}/metrics" for number in range(2)]


def test_a_port_that_is_taken_is_said_before_anything_is_served(an_engine: Callable[..., Engine]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        engine = an_engine(RACE_METRICS_PORT=str(taken.getsockname()[1]))
        status, said = engine.refused()
    assert status == 2
    assert "is already in use" in said
    assert "Traceback" not in said


def test_a_single_process_tells_them_at_the_port_of_the_shop(engine: Engine) -> None:
    told = urllib.request.Request(f"{engine.url}/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"})
    with urllib.request.urlopen(told, timeout=10) as answer:
        assert b"race_commands_total 1.0" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{engine.url}/metrics", timeout=10)
