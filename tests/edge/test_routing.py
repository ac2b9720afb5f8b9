"""Where a path leads: found once, remembered, and never taken for another."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from race_to_purchase.edge.routing import KNOWN_MAX, LENGTH_MAX, Remembering


class Told:
    """An endpoint that notes what it is asked for."""

    def __init__(self) -> None:
        self.params: list[dict[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.params.append(scope["path_params"])


class Counted(Route):
    """A route that counts how often it is tried."""

    tried = 0

    def matches(self, scope: Any) -> Any:
        self.tried += 1
        return super().matches(scope)


class Paths:
    """A line, a checkout, and whatever else."""

    def __init__(self) -> None:
        self.line, self.checkout, self.other = Told(), Told(), Told()
        self.routes = [Counted("/checkouts/{id}", self.checkout), Counted("/drops/{drop}/line", self.line)]
        self.router = Remembering(self.routes, default=self.other_things)

    async def other_things(self, scope: Any, receive: Any, send: Any) -> None:
        self.other.params.append({"path": scope["path"]})

    async def ask(self, path: str, method: str = "GET") -> None:
        await self.router({"type": "http", "path": path, "method": method}, None, None)  # type: ignore[arg-type]


async def test_a_path_is_looked_for_once() -> None:
    paths = Paths()
    for method in ("GET", "POST", "GET"):
        await paths.ask("/drops/aurora/line", method)
    assert paths.line.params == [{"drop": "aurora"}] * 3
    assert [route.tried for route in paths.routes] == [1, 1]


async def test_two_drops_are_two_paths() -> None:
    paths = Paths()
    for drop in ("aurora", "borealis", "aurora"):
        await paths.ask(f"/drops/{drop}/line")
    assert [found["drop"] for found in paths.line.params] == ["aurora", "borealis", "aurora"]


async def test_a_path_with_an_id_is_not_kept() -> None:
    paths = Paths()
    for number in range(3):
        await paths.ask(f"/checkouts/{number}")
    assert paths.checkout.params == [{"id": "0"}, {"id": "1"}, {"id": "2"}]
    assert paths.router._known == {}


async def test_what_leads_nowhere_is_told_and_not_kept() -> None:
    paths = Paths()
    await paths.ask("/nowhere")
    assert paths.other.params == [{"path": "/nowhere"}]
    assert paths.router._known == {}


async def test_made_up_paths_do_not_fill_the_memory() -> None:
    paths = Paths()
    for number in range(2 * KNOWN_MAX + 1):
        await paths.ask(f"/drops/made-up-{number}/line")
    assert len(paths.router._known) <= KNOWN_MAX
    await paths.ask("/drops/aurora/line")
    assert paths.line.params[-1] == {"drop": "aurora"}


async def test_a_long_path_is_not_kept() -> None:
    paths = Paths()
    await paths.ask(f"/drops/{'a' * LENGTH_MAX}/line")
    assert len(paths.line.params) == 1
    assert paths.router._known == {}
