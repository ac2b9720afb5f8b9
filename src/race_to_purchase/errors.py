"""The one tree of errors: what went wrong, how it is told over HTTP, and whether trying again can help.

What may well happen to an honest buyer (sold out, declined, limit reached) is an outcome, a value, and not here.
An error is for what should not happen: a wrong setting, a database that is gone, a folder that cannot be used.

The docstring of a class is the sentence that people read. Names in braces are filled from the keyword arguments,
which stay readable as `error.facts`. A sentence says what, where and what to do, and never holds a password or
personal data, since it ends in logs and on terminals.
"""

import inspect
from typing import ClassVar


class RaceError(Exception):
    """Something happened that Race to Purchase did not foresee: {detail}"""

    code: ClassVar[str] = "internal_error"
    """Stable name of the error, for programs: the `code` of the HTTP problem, the `error` of a log line."""
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    """True where the same request, sent again unchanged, may succeed."""
    exit_code: ClassVar[int] = 1
    """What the command line exits with when this error ends it."""

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(_sentence(type(self), facts))


def _sentence(kind: type[RaceError], facts: dict[str, object]) -> str:
    """Fill the docstring of `kind`, its line breaks removed. Raises KeyError when a named fact is missing."""
    pattern = inspect.cleandoc(kind.__doc__ or "")
    if not pattern:  # Python ran with -OO, which strips docstrings: better bare facts than an empty sentence.
        return f"{kind.code}: {facts}"
    return " ".join(pattern.split()).format(**facts)


class TryAgainLater(RaceError):
    """The request was not served and changed nothing; try again in {retry_after_s} s."""

    code = "unavailable"
    http_status = 503
    retryable = True

    def __init__(self, *, retry_after_s: float = 1.0, **facts: object) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(retry_after_s=retry_after_s, **facts)


class Overloaded(TryAgainLater):
    """More requests are waiting than can be served in time; try again in {retry_after_s} s."""

    code = "overloaded"


class DatabaseUnavailable(TryAgainLater):
    """The database does not answer: {reason}; try again in {retry_after_s} s."""

    code = "database_unavailable"


class ConfigurationError(RaceError):
    """{detail}"""

    code = "configuration"
    exit_code = 2


class DatabaseUnreachable(ConfigurationError):
    """PostgreSQL at {address} cannot be used: {reason}. {remedy}"""

    code = "database_unreachable"


class DatabaseTooOld(ConfigurationError):
    """PostgreSQL {version} at {address} is too old: {needed} or later is needed."""

    code = "database_too_old"


class EmbeddedUnavailable(ConfigurationError):
    """The embedded PostgreSQL cannot run here: {reason}. {remedy}"""

    code = "embedded_unavailable"


class EmbeddedFailed(RaceError):
    """The embedded PostgreSQL {what}. The end of its log, {log}: {tail}"""

    code = "embedded_failed"


class DataFolderError(ConfigurationError):
    """The data folder {folder} cannot be used: {reason}. {remedy}"""

    code = "data_folder"


class DataFolderNotWritable(DataFolderError):
    """The data folder {folder} is not writable: {reason}. Make it writable for the user that runs this program,
    or pass another folder with --data-dir."""

    code = "data_folder_not_writable"


class DataFolderInUse(DataFolderError):
    """The data folder {folder} is already used by `{owner}` (pid {pid}, since {since}); stop it or pass another
    folder with --data-dir."""

    code = "data_folder_in_use"


class DataFolderForeign(DataFolderError):
    """The data folder {folder} is not ours: {reason}. Nothing in it was touched; pass a new or empty folder with
    --data-dir."""

    code = "data_folder_foreign"


class DataFolderWrongVersion(DataFolderError):
    """The data folder {folder} was made by PostgreSQL {found}, but this program embeds PostgreSQL {needed}. Pass a
    new folder with --data-dir, or run PostgreSQL {found} on it yourself and name it in RACE_DATABASE_URL."""

    code = "data_folder_version"


class DataFolderFull(DataFolderError):
    """There is no space left for the data folder {folder}: {reason}. Free some space, or pass a folder on another
    disk with --data-dir."""

    code = "data_folder_full"


def reason_of(error: OSError | ValueError) -> str:
    """Why a file could not be used, for the end of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename} cannot be read: {error.strerror}"
    return str(error)
