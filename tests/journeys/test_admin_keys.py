"""Keys of operators in a service of two workers: issued at the terminal, good in both, and in neither once revoked."""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]  # It ships no types.
import pytest

from race_to_purchase.rules.admin_keys import digest_of
from tests.journeys.engine import Engine, pause_and_go
from tests.sale import value

NAME = "a-telling-name"


@pytest.fixture
def engine(an_engine: Callable[..., Engine]) -> Engine:
    """Two workers on one database."""
    engine = an_engine(workers=2)
    engine.start()
    return engine


def status_at(engine: Engine, worker: psutil.Process, key: str) -> int:
    """What that worker answers to the key; the others are held meanwhile, so that none of them can."""
    others = [other for other in engine.workers() if other.pid != worker.pid]
    for other in others:
        os.kill(other.pid, signal.SIGSTOP)
    try:
        asking = urllib.request.Request(f"{engine.url}/v1/admin/drops", headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(asking, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    finally:
        for other in others:
            pause_and_go(other.pid)


async def test_a_key_counts_in_every_worker_until_it_is_revoked(engine: Engine) -> None:
    key = engine.terminal("keys", "issue", NAME, "--role", "viewer")
    assert len(engine.workers()) == 2
    for worker in engine.workers():
        engine.until(lambda worker=worker: status_at(engine, worker, key) == 200)  # type: ignore[misc]
    assert NAME in engine.terminal("keys", "list")
    assert await value(engine.dsn, "SELECT digest FROM race.admin_key") == digest_of(key.encode())

    engine.terminate()
    engine.start()
    for worker in engine.workers():
        assert status_at(engine, worker, key) == 200, "it outlasts a restart, and is known from the first request on"

    assert engine.terminal("keys", "revoke", NAME) == f"{NAME}: revoked"
    for worker in engine.workers():
        engine.until(lambda worker=worker: status_at(engine, worker, key) == 401)  # type: ignore[misc]
    engine.terminate()
    for secret in (key, digest_of(key.encode()).hex(), NAME):
        assert secret not in engine.told()
