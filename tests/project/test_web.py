"""The sources of the pages keep the style of the house, and their packages come from no registry in particular."""

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

from tests.project.tree import ROOT, files, short

WEB = ROOT / "web"
FILE_LINES_MAX = 300


def test_the_sources_of_the_pages_stay_short_enough_to_read() -> None:
    sizes = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in web_files()}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES_MAX} == {}


def test_every_script_says_at_its_top_what_it_owns() -> None:
    silent = [
        short(path)
        for path in web_files()
        if path.suffix == ".ts" and not path.read_text(encoding="utf-8").startswith("/**")
    ]
    assert silent == []


def test_no_two_scripts_import_each_other_by_any_way_round() -> None:
    imports = {path: imported(path) for path in files("web/src/*.ts")}
    assert sum(map(len, imports.values())) > len(imports)
    TopologicalSorter(imports).prepare()


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    located = [name for name, package in lock["packages"].items() if "resolved" in package]
    assert located == []


def test_every_package_of_the_lock_file_is_known_by_its_digest() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []


def test_nothing_that_was_built_is_kept_in_the_repository() -> None:
    assert files("src/race_to_purchase/web/*") == []


def imported(path: Path) -> list[Path]:
    """The scripts of ours that this one imports, types and what is fetched later among them."""
    named = re.findall(r'(?:from |import\(|import )"(\.[^"?]*)', path.read_text(encoding="utf-8"))
    return [(path.parent / name).resolve() for name in named]


def web_files() -> list[Path]:
    """Scripts, styles and pages as people wrote them."""
    return files("web/*.ts", "web/*.css", "web/*.html")
