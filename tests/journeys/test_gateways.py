"""Several gateways behind `race serve`: named in a file, taking over from each other, drained for all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.journeys.engine import Engine
from tests.journeys.test_start_and_stop import pay, reserve
from tests.sale import shoes, value

FILE = """\
[[gateway]]
name = "north"
kind = "sandbox"

[[gateway]]
name = "south"
kind = "sandbox"
cost_fixed = 10
"""


def with_file(engine: Engine, text: str) -> None:
    """Name the gateways for the next start."""
    file = engine.data.parent / "gateways.toml"
    file.write_text(text, encoding="utf-8")
    engine.environment["RACE_GATEWAYS"] = str(file)


def gateway_of(engine: Engine, buyer: str, method: str = "pm_approved") -> str:
    """Which gateway an order is paid at."""
    checkout = reserve(engine, buyer)
    status, told = pay(engine, checkout, method)
    assert status == 200, told
    return str(asyncio.run(value(engine.dsn, "SELECT gateway FROM race.orders WHERE id = $1::text::uuid", checkout)))


def test_an_operator_drains_a_gateway_in_all_processes(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine(workers=2)
    with_file(engine, FILE)
    engine.start()
    engine.put(items=shoes(1000))
    assert {gateway_of(engine, f"before-{n}") for n in range(4)} == {"north"}
    assert "north: drained" in engine.terminal("gateways", "drain", "north", "--why", "maintenance")
    assert "maintenance (ops)" in engine.terminal("gateways", "list")
    buyers = iter(range(1000))
    # Each worker hears of it by itself, and every connection may reach another one.
    engine.until(lambda: {gateway_of(engine, f"after-{next(buyers)}") for _ in range(4)} == {"south"})
    engine.terminal("gateways", "resume", "north")
    engine.until(lambda: gateway_of(engine, f"again-{next(buyers)}") == "north")


def test_another_gateway_takes_over_and_it_shows_in_the_list(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine()
    with_file(engine, FILE.replace('kind = "sandbox"\n\n', 'kind = "sandbox"\nbehaves = "declines"\n\n', 1))
    engine.start()
    engine.put(items=shoes(1000))
    assert gateway_of(engine, "ada") == "south"
    listed = engine.terminal("gateways", "list")
    assert "north" in listed
    assert "south" in listed


def test_a_wrong_file_is_told_before_anything_is_served(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine()
    with_file(engine, FILE.replace("cost_fixed", "costs_fixed"))
    status, said = engine.refused()
    assert status == 2
    assert "gateways.toml, line 8: gateway south: costs_fixed: Object contains unknown field" in said


def test_a_gateway_with_unfinished_payments_cannot_be_left_out(an_engine: Callable[..., Engine]) -> None:
    engine = an_engine()
    with_file(engine, FILE.replace('kind = "sandbox"\n\n', 'kind = "sandbox"\nbehaves = "silent"\n\n', 1))
    engine.start()
    engine.put(items=shoes(1000))
    assert pay(engine, reserve(engine))[0] == 202
    assert engine.terminate() == 0
    with_file(engine, FILE[FILE.index("\n\n") :])
    status, said = engine.refused()
    assert status == 2
    assert "not finished yet at the gateway north" in said
