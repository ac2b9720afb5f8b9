"""The machine that was measured on, in the words that a reader needs to compare it with their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import msgspec
import psutil  # type: ignore[import-untyped]  # It ships no types.

SYNCS = 200
LOOK_S = 1.0


class Machine(msgspec.Struct, frozen=True):
    """Hardware, software and settings. `sync_ms` is the median time in which a small write reaches the disk."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    filesystem: str
    sync_ms: float
    python: str
    postgresql: str
    fsync: str
    synchronous_commit: str
    full_page_writes: str

    @property
    def durable(self) -> bool:
        """Whether PostgreSQL waits for the disk, and there is a disk to wait for."""
        return self.fsync == self.synchronous_commit == "on" and self.filesystem not in ("tmpfs", "ramfs")

    def words(self) -> str:
        """All of it in one line."""
        cores = f"{self.cores} core{'s' if self.cores != 1 else ''}"
        return (
            f"{self.cpu}, {cores}, {self.memory_gb:.0f} GB, {self.system}, {self.filesystem} "
            f"(a write is on the disk in {self.sync_ms:.2f} ms), Python {self.python}, PostgreSQL {self.postgresql}, "
            f"fsync {self.fsync}"
        )


async def describe(dsn: str, folder: Path) -> Machine:
    """The machine, and the server at `dsn` whose data is in `folder`."""
    shown = await _server_settings(dsn)
    return Machine(
        cpu=_cpu(),
        cores=_cores(),
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        filesystem=_filesystem(folder),
        sync_ms=round(_sync_ms(folder), 3),
        python=platform.python_version(),
        postgresql=shown["server_version"].split()[0],
        fsync=shown["fsync"],
        synchronous_commit=shown["synchronous_commit"],
        full_page_writes=shown["full_page_writes"],
    )


async def others_percent() -> float:
    """What others take of all cores, while nothing is measured."""
    psutil.cpu_percent()
    await asyncio.sleep(LOOK_S)
    return float(psutil.cpu_percent())


async def _server_settings(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        return {name: str(await connection.fetchval(f"SHOW {name}")) for name in names}
    finally:
        await connection.close()


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _filesystem(folder: Path) -> str:
    """Of the longest mount point above `folder`."""
    above = {str(path) for path in (folder.resolve(), *folder.resolve().parents)}
    mounts = [part for part in psutil.disk_partitions(all=True) if part.mountpoint in above]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


def _sync_ms(folder: Path) -> float:
    """As PostgreSQL writes its log: a page over an old one, then to the disk."""
    sync = getattr(os, "fdatasync", os.fsync)
    page, times_s = bytes(8192), []
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        for number in range(SYNCS):
            os.lseek(file.fileno(), number % 128 * 8192, os.SEEK_SET)
            os.write(file.fileno(), page)
            began_s = time.perf_counter()
            sync(file.fileno())
            times_s.append(time.perf_counter() - began_s)
    return sorted(times_s)[SYNCS // 2] * 1e3
