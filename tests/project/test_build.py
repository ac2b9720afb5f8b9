"""The hook that builds the pages: it works only when there is something to do, and says what is missing."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.programs import missing
from tests.project.tree import ROOT


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """`hatch_build.py`, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A project whose build is one script that counts how often it ran."""
    folder = tmp_path / "web"
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    vite.parent.mkdir(parents=True)
    vite.write_text(
        "import { appendFileSync, mkdirSync } from 'node:fs';"
        "mkdirSync(process.env.RACE_WEB_OUT, { recursive: true });"
        "appendFileSync(process.env.RACE_WEB_OUT + '/ran', 'x');"
    )
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "package-lock.json").write_text("{}")
    (folder / "page.ts").write_text("one")
    return folder


@pytest.fixture
def installed(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages of the lock file are there."""
    monkeypatch.setattr(hook, "install", lambda _: None)


@pytest.mark.usefixtures("installed")
def test_pages_are_built_once_and_again_only_when_a_source_has_changed(hook: ModuleType, sources: Path) -> None:
    built = sources.parent / "built"
    assert hook.build(sources, built)
    assert not hook.build(sources, built)
    (sources / "test").mkdir()
    (sources / "test" / "page.test.ts").write_text("no page is made of this")
    (sources / "page.ts").touch()
    assert not hook.build(sources, built)
    (sources / "page.ts").write_text("two")
    assert hook.build(sources, built)
    assert (built / "ran").read_text() == "xx"


@pytest.mark.usefixtures("installed")
def test_a_build_that_fails_says_what_failed_and_leaves_no_mark(hook: ModuleType, sources: Path) -> None:
    (sources / "node_modules" / "vite" / "bin" / "vite.js").write_text("throw new Error('a bracket is missing')")
    with pytest.raises(hook.PagesNotBuilt, match=r"(?s)`vite.js build` failed .*a bracket is missing"):
        hook.build(sources, sources.parent / "built")
    assert not (sources.parent / "built" / hook.DIGEST_FILE).exists()


def test_a_machine_without_a_network_is_told_that_one_is_needed(
    hook: ModuleType, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    wanted = {"dependencies": {"lit": "3"}}
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": wanted, "node_modules/lit": {"version": "3.3.3"}}})
    (sources / "package.json").write_text(json.dumps(wanted))
    (sources / "package-lock.json").write_text(lock)
    with pytest.raises(hook.PagesNotBuilt, match="needs a network"):
        hook.build(sources, sources.parent / "built")


def test_the_wheel_carries_the_pages(hook: ModuleType, tmp_path: Path) -> None:
    mark = hook.BUILT / hook.DIGEST_FILE
    if not mark.is_file() or mark.read_text(encoding="ascii") != hook.digest_of(hook.SOURCES):
        missing("the pages as they are now, which `make setup` builds,")
    command = [str(Path(sys.executable).with_name("hatchling")), "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"race_to_purchase/web/shop.html", "race_to_purchase/web/assets/race.js"} <= set(names)
    assert not [name for name in names if "node_modules" in name]
