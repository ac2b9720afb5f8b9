"""Programs from outside that some tests need, and what happens where they are missing.

On a developer's machine a missing program skips the test and says so. Where RACE_REQUIRE_ALL=1 is set, as the
continuous integration does, it fails the test: a test that is skipped everywhere guards nothing.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

# Debian keeps the server programs of each PostgreSQL version in a folder that is not on the PATH.
POSTGRES_FOLDERS = Path("/usr/lib/postgresql")


def require_program(name: str) -> Path:
    """Return where the program is; without it skip the calling test, or fail it under RACE_REQUIRE_ALL=1."""
    # Beside this Python are those that came as wheels, such as Node.js; nobody has to activate its environment.
    folders = [os.environ.get("PATH", ""), str(Path(sys.executable).parent), *map(str, postgres_folders())]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        missing(f"the program {name!r} is not installed")
    return Path(found)


def postgres_folders() -> list[Path]:
    """The program folders of the PostgreSQL versions installed beside the embedded one, newest first."""
    folders = [path for path in POSTGRES_FOLDERS.glob("*/bin") if (path / "initdb").exists()]
    return sorted(folders, key=lambda path: float(path.parent.name), reverse=True)


def missing(what: str) -> None:
    """Skip the calling test for want of something, or fail it where everything has to be there."""
    if os.environ.get("RACE_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, and RACE_REQUIRE_ALL=1 asks for everything", pytrace=False)
    pytest.skip(what)
