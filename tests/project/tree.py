"""The files of the project as the tests of the house see them: what is tracked, or would be."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "race_to_purchase"


def files(*patterns: str) -> list[Path]:
    """Files that git tracks or would track, by pathspec; generated and ignored ones do not count."""
    command = [
        "git",
        "-c",
        f"safe.directory={ROOT}",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *patterns,
    ]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return sorted(path for path in paths if path.is_file())


def short(path: Path) -> str:
    """The path as people name it, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    """Every Python file of the project, tests included."""
    return files("*.py")


def text_files() -> Iterator[tuple[Path, str]]:
    """Every file that is text, with its text."""
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
