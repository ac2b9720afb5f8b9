"""The style of the house, as far as a machine can judge it.

The two ratchets name what is larger than allowed, with its present size: it may shrink, never grow, and nothing
may be added to them without a reason beside it. They are empty at best.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.project.tree import PACKAGE, parsed, python_files, short

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50

FILE_RATCHET: dict[str, int] = {}
FUNCTION_RATCHET: dict[str, int] = {}

# Names that say nothing, so that everything ends up in them.
BANNED_NAMES = {
    "base",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}
EXEMPTION = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<rest>.*)$")
RULE = re.compile(r":\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[a-z\-, ]+\]")
RULE_AND_REASON = re.compile(rf"({RULE.pattern})\s+(#\s*)?(-\s+)?\w+")
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "HA" + "CK"]) + r")\b")


def test_files_stay_short_enough_to_read() -> None:
    sizes = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert over(sizes, FILE_LINES_MAX, FILE_RATCHET) == {}


def test_functions_stay_short_enough_to_hold_in_mind() -> None:
    sizes = {name: lines for path in python_files() for name, lines in function_sizes(path)}
    assert over(sizes, FUNCTION_LINES_MAX, FUNCTION_RATCHET) == {}


def test_the_ratchets_hold_nothing_that_has_become_small() -> None:
    sizes = {name: lines for path in python_files() for name, lines in function_sizes(path)}
    assert {name for name in FUNCTION_RATCHET if sizes.get(name, 0) <= FUNCTION_LINES_MAX} == set()
    lengths = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name for name in FILE_RATCHET if lengths.get(name, 0) <= FILE_LINES_MAX} == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {short(path): set(path.relative_to(PACKAGE).with_suffix("").parts) for path in package_files()}
    assert {path: parts & BANNED_NAMES for path, parts in named.items() if parts & BANNED_NAMES} == {}


def test_every_module_says_at_its_top_what_it_owns() -> None:
    silent = [short(path) for path in python_files() if not ast.get_docstring(parsed(path))]
    assert silent == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    found = [
        f"{short(path)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_every_lint_exemption_names_its_rule_and_its_reason() -> None:
    """A bare exemption hides whatever comes later. The reason follows on the line, or is the comment above it."""
    bare = [
        f"{short(path)}:{number}: {line.strip()}"
        for path in package_files()
        for number, above, line in numbered(path)
        if (match := EXEMPTION.search(line))
        and not (RULE_AND_REASON if not above.strip().startswith("#") else RULE).match(match["rest"])
    ]
    assert bare == []


def numbered(path: Path) -> Iterator[tuple[int, str, str]]:
    """Number, the line above, and the line, for every line of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    yield from zip(range(1, len(lines) + 1), ["", *lines], lines, strict=False)


def package_files() -> list[Path]:
    return [path for path in python_files() if path.is_relative_to(PACKAGE)]


def function_sizes(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of every function, its decorators and its docstring not counted."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            last = node.end_lineno or node.lineno
            described = (body[0].lineno - node.body[0].lineno) if body and body is not node.body else 0
            yield f"{short(path)}:{node.name}", last - node.lineno + 1 - described


def over(sizes: dict[str, int], limit: int, ratchet: dict[str, int]) -> dict[str, int]:
    """What is larger than the limit, or than its own entry in the ratchet."""
    return {name: size for name, size in sizes.items() if size > ratchet.get(name, limit)}
