"""What the package offers to others: its version, its names, its files."""

import importlib
import pkgutil
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import race_to_purchase
from tests.project.tree import PACKAGE, ROOT, SOURCE, files


def module_names() -> list[str]:
    walked = pkgutil.walk_packages([str(PACKAGE)], prefix="race_to_purchase.")
    return sorted(module.name for module in walked if not module.name.endswith("__main__"))


def test_the_package_exports_its_version_and_nothing_by_accident() -> None:
    assert race_to_purchase.__all__ == ["__version__"]


def test_the_version_is_the_newest_in_the_changelog() -> None:
    headings = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == race_to_purchase.__version__


def test_every_module_can_be_imported_alone() -> None:
    """In a fresh interpreter, so that no import of another test hides a circle."""
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    command = [sys.executable, "-W", "error", "-c", script, *module_names()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "", "importing a module must not print"


def test_every_exported_name_exists_and_stands_once() -> None:
    for name in module_names():
        module = importlib.import_module(name)
        exported = getattr(module, "__all__", [])
        assert len(set(exported)) == len(exported), name
        assert [word for word in exported if not hasattr(module, word)] == [], name


def test_the_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    """SQL, pages and py.typed go along; an installed copy must not differ from a checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {path.relative_to(SOURCE).as_posix() for path in files("src")}
    assert wanted - packed == set()
