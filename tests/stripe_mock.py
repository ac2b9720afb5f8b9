"""stripe-mock: Stripe's own stand-in, which knows every request of Stripe's API from its OpenAPI description.

It is stateless and answers with examples, so it is no judge of payments; it is one of addresses, parameters and
shapes. It is built from its Go module, once, into the user's cache folder: `python -m tests.stripe_mock` does that.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import platformdirs

from tests.programs import missing

MODULE = "github.com/stripe/stripe-mock"
VERSION = "v0.203.0"
"""Describes Stripe's API of 2026-08-26; the one before ours, 2026-10-28, in what we use of it."""

BUILD_S = 150
"""Within a test; the first build with a new Go may take longer, and is better done beforehand."""

START_S = 30


def find_go() -> str | None:
    """The Go command: on the PATH, where Go's own installer puts it, or beside this Python."""
    places = [os.environ.get("PATH", ""), "/usr/local/go/bin", str(Path(sys.executable).parent)]
    return shutil.which("go", path=os.pathsep.join(places))


def built(timeout_s: float | None = BUILD_S) -> Path:
    """The program, built where it was not; without Go the calling test is skipped, or fails where all must be there."""
    program = Path(platformdirs.user_cache_dir("race-to-purchase")) / f"stripe-mock-{VERSION}" / "stripe-mock"
    if program.exists():
        return program
    go = find_go()
    if go is None:
        missing("Go, which builds stripe-mock, is not installed")
    assert go is not None
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        environ = {**os.environ, "GOBIN": folder, "GOTOOLCHAIN": "local"}
        command = [go, "install", f"{MODULE}@{VERSION}"]
        try:
            subprocess.run(command, env=environ, capture_output=True, text=True, timeout=timeout_s, check=True)
        except subprocess.CalledProcessError as error:
            missing(f"stripe-mock cannot be built: {error.stderr[-500:]}")
        except subprocess.TimeoutExpired:
            missing("building stripe-mock takes too long for a test: run python -m tests.stripe_mock first")
        # Whoever builds it at the same time builds the same.
        os.replace(Path(folder) / "stripe-mock", program)
    return program


@contextmanager
def stripe_mock() -> Iterator[str]:
    """Its address, while it runs on free ports of the loopback."""
    command = [str(built()), "-http-addr", "127.0.0.1:", "-https-addr", "127.0.0.1:"]
    # What it says about every request would fill a pipe that nobody reads.
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(command, stdout=said, stderr=said) as child:
        try:
            yield f"http://{_address(child, said)}"
        finally:
            child.kill()


def _address(child: "subprocess.Popen[bytes]", said: IO[str]) -> str:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and child.poll() is None:
        said.seek(0)
        if found := re.search(r"HTTP at address: ([\d.]+:\d+)", said.read()):
            return found[1]
        time.sleep(0.05)
    said.seek(0)
    raise AssertionError(f"stripe-mock did not start: {said.read()}")


if __name__ == "__main__":
    sys.stdout.write(f"{built(timeout_s=None)}\n")
