"""Every statement has a file, every file says what it is for, and none is left behind unused."""

import ast
import re
from pathlib import Path

from tests.project.tree import PACKAGE, files, parsed, python_files, short

# Words that a statement cannot do without, at the beginning of a string: prose rarely starts with both.
STATEMENT = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\S+\s+AS\s+\(|CREATE\s+(TABLE|INDEX)\s)",
    re.IGNORECASE | re.DOTALL,
)


def test_every_sql_file_opens_with_what_it_does() -> None:
    silent = [short(path) for path in sql_files() if not opening_comment(path)]
    assert silent == []


def test_every_statement_is_used_by_its_name() -> None:
    named = names_in_source()
    unused = [short(path) for path in statement_files() if path.stem not in named]
    assert unused == []


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name.split("_")[0]) for path in sql_files() if is_migration(path))
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_statement_hides_in_a_string() -> None:
    hidden = [
        f"{short(path)}:{node.lineno}"
        for path in python_files()
        if path.is_relative_to(PACKAGE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert hidden == []


def sql_files() -> list[Path]:
    return [path for path in files("*.sql") if path.is_relative_to(PACKAGE)]


def statement_files() -> list[Path]:
    """Files with a statement that is asked for by name.

    Migrations are found by listing their folder; `schema.sql` is what they add up to, and the parity test reads it.
    """
    return [path for path in sql_files() if not is_migration(path) and path.name != "schema.sql"]


def is_migration(path: Path) -> bool:
    return "migrations" in path.parts


def opening_comment(path: Path) -> str:
    """The words of the comment on the first line; empty where the file begins otherwise."""
    text = path.read_text(encoding="utf-8")
    return text.partition("\n")[0].removeprefix("--").strip() if text.startswith("--") else ""


def names_in_source() -> set[str]:
    """Every string in the package: a statement is asked for by one of these."""
    names: set[str] = set()
    for path in python_files():
        if not path.is_relative_to(PACKAGE):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.update((node.value, node.value.rpartition("/")[2].removesuffix(".sql")))
    return names
