"""Every place where the engine waits, found in its source, and which of them a crash or a freeze has hit.

The list is not written by hand: whoever adds an await to the path, the committer or a loop adds it here.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import types
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from race_to_purchase import commit, loops, path
from race_to_purchase.rehearse.world.chaos import Cell

PACKAGES = (path, commit, loops)

KINDS = ("crash", "freeze")

ELSEWHERE: dict[str, str] = {
    "loops/keep_up.py": "It reads counts for those who watch, and changes nothing: tests/loops.",
    "loops/survey.py": "It looks at the rows for those who watch, and changes nothing: tests/loops.",
    "loops/pulse.py": "It measures the event loop, which is ours here.",
    "loops/seal.py": "The database alone seals the journal, and nothing of that is in memory: tests/ledger.",
    "loops/record.py": "It writes down counts for people to look at; no purchase depends on them: tests/observe.",
    "loops/budget.py": "It watches those counts: tests/slo.",
    "path/line.py": "The line ends where a checkout begins: tests/path, tests/loops.",
    "path/registered.py": "As above.",
    "path/carts.py": "A cart counts nothing, and what is in it is decided when it is reserved: tests/edge.",
    "loops/draw.py": "As above.",
    "loops/passes.py": "As above.",
    "loops/release.py": "As above.",
}
"""Files that are not in these worlds, and why."""

NEVER: dict[str, str] = {
    "loops/forget.py tick: _series.forget": "There are no counts for people here.",
    "loops/forget.py tick: _carts.forget": "There are no carts here.",
    "loops/owed.py _do: _trace": "No traces are followed here, and then it does not wait.",
    "loops/owed.py _trace: _reads.history": "As above.",
    "path/purchase.py sells: _known.entrance": "The edge asks it before it counts a refusal: tests/edge.",
}
"""Awaits that no process of these worlds comes to, and why; they are not counted."""

Place = tuple[str, int]
"""File and line."""


@cache
def places() -> dict[Place, str]:
    """Every line on which the engine may wait here, and how it is called in reports."""
    return {place: name for name, place in every() if name not in NEVER}


def every() -> Iterator[tuple[str, Place]]:
    """The awaits of all files that are simulated, whether or not they are ever come to."""
    for package in PACKAGES:
        root = Path(package.__path__[0]).parent
        for file in sorted(Path(package.__path__[0]).rglob("*.py")):
            if str(file.relative_to(root)) in ELSEWHERE:
                continue
            for line, called in _awaits(file):
                yield f"{file.relative_to(root)} {called}", (str(file), line)


def cells() -> list[Cell]:
    """Every await with every kind of fault that can hit it."""
    return [(name, kind) for name in dict.fromkeys(places().values()) for kind in KINDS]


def _awaits(file: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in _own(function):
                if isinstance(node, ast.Await):
                    yield node.lineno, f"{function.name}: {_short(node.value)}"
                elif isinstance(node, ast.AsyncFor):
                    yield node.iter.lineno, f"{function.name}: async for {_short(node.iter)}"
                elif isinstance(node, ast.AsyncWith):
                    for item in node.items:
                        if "timeout" not in ast.unparse(item):  # it bounds a wait, and is none
                            yield item.context_expr.lineno, f"{function.name}: {_short(item.context_expr)}"


def _own(function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function, those of functions within it left out."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef | ast.Lambda):
            yield node
            waiting += ast.iter_child_nodes(node)


def _short(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return ast.unparse(called).removeprefix("self.")


def hit(tasks: list[asyncio.Task[Any]], kind: str, counter: Counter[Cell]) -> None:
    """Count where each of `tasks` waits just now."""
    for task in tasks:
        for name in waits_at(task):
            counter[(name, kind)] += 1


class Lookout:
    """Sees at which awaits a task stands: at which of `wanted`, where that is given."""

    def __init__(self, wanted: Collection[str] | None = None) -> None:
        self._wanted = wanted
        self._named: dict[int, dict[int, str]] = {}
        """Code object, by its identity, to what is looked for in it."""

    def waits_at(self, task: asyncio.Task[Any]) -> list[str]:
        """From the outermost call to the innermost."""
        found: list[str] = []
        known = self._named
        coroutine: Any = task.get_coro()
        while True:  # No call a frame, and no frame object without need: this is done at every other step of a world.
            kind = type(coroutine)
            if kind is types.CoroutineType:
                code, inner = coroutine.cr_code, coroutine.cr_await
            elif kind is types.AsyncGeneratorType:
                code, inner = coroutine.ag_code, coroutine.ag_await
            elif kind is _ADVANCES:
                coroutine = _advanced(coroutine)
                continue
            else:
                return found
            named = known.get(id(code))
            if named is None:
                named = self._name(code)
            if named:
                frame = coroutine.cr_frame if kind is types.CoroutineType else coroutine.ag_frame
                if frame is None:  # It has ended.
                    return found
                if (name := named.get(frame.f_lasti)) is not None:
                    found.append(name)
            coroutine = inner

    def _name(self, code: types.CodeType) -> dict[int, str]:
        named = _instructions(code)
        if self._wanted is not None:
            named = {instruction: name for instruction, name in named.items() if name in self._wanted}
        self._named[id(code)] = named
        return named


@cache
def _instructions(code: types.CodeType) -> dict[int, str]:
    """Instruction to await; a line may have many. (It is kept with its code, so that none is taken for another.)"""
    named, file = places(), code.co_filename
    lines = enumerate(position[0] or 0 for position in code.co_positions())
    return {2 * number: named[(file, line)] for number, line in lines if (file, line) in named}


waits_at = Lookout().waits_at
"""All of them."""


def _advanced(step: object) -> Any:
    """The asynchronous generator that hides in the object that advances it."""
    return next((each for each in gc.get_referents(step) if isinstance(each, types.AsyncGeneratorType)), None)


async def _nothing() -> AsyncIterator[None]:
    yield


_ADVANCES = type(_nothing().__anext__())
