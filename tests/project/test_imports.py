"""The dependency rule holds, without exemptions, and rules stay pure."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.project.tree import PACKAGE, ROOT, parsed, python_files, short

# What a decision may be made of: values and arithmetic. Anything else counts as I/O, a clock or chance.
PURE_MODULES = {
    "__future__", "base64", "binascii", "collections", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "hashlib", "heapq", "hmac", "itertools", "math", "msgspec", "operator", "re", "string",
    "struct", "types", "typing", "unicodedata", "zoneinfo",
}  # fmt: skip
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "exec", "eval"}
OURS = "race_to_purchase"
OPEN_TO_RULES = {f"{OURS}.rules", f"{OURS}.errors"}


def test_every_import_contract_is_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_contract_has_an_exemption() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    assert [contract["name"] for contract in contracts if "ignore_imports" in contract] == []


def test_rules_import_nothing_but_values() -> None:
    strangers = {
        f"{short(path)}: {name}" for path in rule_files() for name in imported(path) if not allowed_in_rules(name)
    }
    assert strangers == set()


def test_rules_ask_no_clock_and_touch_no_file() -> None:
    calls = {
        f"{short(path)}:{node.lineno}: {called(node)}"
        for path in rule_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called(node) in IMPURE_CALLS
    }
    assert calls == set()


def test_rules_wait_for_nothing() -> None:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    found = [short(path) for path in rule_files() for node in ast.walk(parsed(path)) if isinstance(node, waits)]
    assert found == []


def rule_files() -> list[Path]:
    return [path for path in python_files() if path.is_relative_to(PACKAGE / "rules")]


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def allowed_in_rules(name: str) -> bool:
    if name.partition(".")[0] == OURS:
        return any(name == own or name.startswith(f"{own}.") for own in OPEN_TO_RULES)
    return name.partition(".")[0] in PURE_MODULES


def called(node: ast.Call) -> str:
    """The last name of what is called: `now` for `datetime.now()`."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
