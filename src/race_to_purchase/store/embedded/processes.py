"""The server's processes: which are ours, and how they end.

Every process of a server carries its cluster name in its command line or title. That is how the remains of a crash
are recognised: by pid alone one might shoot a stranger that got the number since. Nobody calls this without holding
the data folder, so whatever runs on it has lost its owner.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # It ships no types.

FAST_STOP_S_MAX = 60.0
"""A fast stop writes all changed pages first; slow disks are given their time before anything harsher."""
IMMEDIATE_STOP_S_MAX = 10.0


def read_postmaster(server_data: Path) -> tuple[int, str] | None:
    """Pid and status (`starting`, `ready`, ...) from postmaster.pid; None where there is none, or half of one."""
    try:
        lines = (server_data / "postmaster.pid").read_text(errors="replace").splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (FileNotFoundError, IndexError, ValueError):
        return None


def end_leftovers(server_data: Path, cluster_name: str, binaries: Path) -> None:
    """End what a crash left running on `server_data`, so that a new server can start on it.

    A postmaster whose owner was killed is stopped in order. Server processes whose postmaster was killed cannot go
    on; they still hold the shared memory, and PostgreSQL would refuse to start while they do.
    """
    if (known := read_postmaster(server_data)) is not None:
        with suppress(psutil.NoSuchProcess):
            postmaster = psutil.Process(known[0])
            if _belongs(postmaster, cluster_name):
                end_postmaster(postmaster, binaries)
    for orphan in _processes_of(cluster_name):
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
            _wait_gone(orphan, IMMEDIATE_STOP_S_MAX)
    # PostgreSQL trusts the pid in this file as long as any process has it, and in a container that starts again
    # some other process has. Nothing of ours runs any more, so the file says nothing any more.
    (server_data / "postmaster.pid").unlink(missing_ok=True)


def end_postmaster(postmaster: psutil.Process, binaries: Path) -> None:
    """Stop a server: fast (it writes its pages), else immediately, else by force. All three lose no commit."""
    for name, patience_s in (("INT", FAST_STOP_S_MAX), ("QUIT", IMMEDIATE_STOP_S_MAX), ("KILL", 10.0)):
        with suppress(psutil.NoSuchProcess):
            _send(postmaster, name, binaries)
        if _wait_gone(postmaster, patience_s):
            return


def _send(process: psutil.Process, name: str, binaries: Path) -> None:
    if sys.platform != "win32":
        process.send_signal(signal.Signals[f"SIG{name}"])
    elif name == "KILL":
        process.kill()
    else:  # Windows has no such signals; PostgreSQL brings its own way to send them.
        subprocess.run([binaries / "pg_ctl", "kill", name, str(process.pid)], check=False, timeout=30)


def _wait_gone(process: psutil.Process, seconds: float) -> bool:
    """Wait until `process` has ended; False when it has not within `seconds`."""
    give_up_at = time.monotonic() + seconds
    while _alive(process):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def _alive(process: psutil.Process) -> bool:
    """A zombie counts as gone: it holds nothing, and where nobody reaps (containers) it stays for ever."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _belongs(process: psutil.Process, cluster_name: str) -> bool:
    try:
        return process.name().startswith("postgres") and cluster_name in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _processes_of(cluster_name: str) -> Iterator[psutil.Process]:
    return (process for process in psutil.process_iter() if _alive(process) and _belongs(process, cluster_name))
