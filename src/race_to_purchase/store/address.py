"""A PostgreSQL that somebody else runs: whether we can use it, and if not, what to tell whoever named it.

It owns the sentences about RACE_DATABASE_URL. It never prints a password: an address is shown without one, and the
driver's own words are shown only where they cannot quote the URL.
"""

import os
import re
import ssl
import urllib.parse

import asyncpg

from race_to_purchase.errors import ConfigurationError, DatabaseTooOld, DatabaseUnreachable

OLDEST_MAJOR_VERSION = 15
FIRST_CONNECT_S_MAX = 10.0


async def require_usable(dsn: str) -> None:
    """Connect to `dsn` once, and raise the ConfigurationError that says why it cannot be used, if it cannot."""
    try:
        connection = await asyncpg.connect(dsn, timeout=FIRST_CONNECT_S_MAX)
    except Exception as error:
        raise explain_connect_failure(dsn, error) from None
    try:
        await check_server(connection, shown(dsn))
    finally:
        await connection.close()


async def check_server(connection: "asyncpg.Connection[asyncpg.Record]", address: str) -> None:
    """Raises DatabaseTooOld, or DatabaseUnreachable where the server is a standby that takes no writes."""
    version = connection.get_server_version()
    if version.major < OLDEST_MAJOR_VERSION:
        found = f"{version.major}.{version.minor or version.micro}"
        raise DatabaseTooOld(version=found, address=address, needed=OLDEST_MAJOR_VERSION)
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        raise DatabaseUnreachable(
            address=address,
            reason="it is a standby and takes no writes",
            remedy="Name its primary in RACE_DATABASE_URL.",
        )


def explain_connect_failure(dsn: str, error: BaseException) -> ConfigurationError:
    """The sentence for a failed connect to `dsn`; `error` is what asyncpg.connect raised."""
    # A certificate that fails is a ValueError too, but a connection was tried by then.
    refused_unread = isinstance(error, ValueError) and not isinstance(error, OSError)
    if refused_unread or (parts := _parts(dsn)) is None:
        return _malformed()
    user, database = _names(parts)
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            reason, remedy = f"it refuses user {user} or its password", "Check both in RACE_DATABASE_URL."
        case asyncpg.InvalidCatalogNameError():
            reason, remedy = f"it has no database {database}", f"Create it with: createdb {database}"
        case asyncpg.InsufficientPrivilegeError():
            reason = f"user {user} may not connect to database {database}"
            remedy = "Grant CONNECT, or name another user in RACE_DATABASE_URL."
        case asyncpg.TooManyConnectionsError():
            reason, remedy = "all its connections are taken", "Raise its max_connections, or run fewer workers."
        case asyncpg.CannotConnectNowError():
            reason, remedy = "it is starting up or shutting down", "Try again in a moment."
        case asyncpg.PostgresError():
            reason, remedy = f"it refused the connection ({error.sqlstate})", "See the server's log."
        case TimeoutError():
            reason = f"it did not answer within {FIRST_CONNECT_S_MAX:.0f} s"
            remedy = "Check host and port in RACE_DATABASE_URL, and the firewalls on the way."
        case ssl.SSLError():
            reason, remedy = f"TLS failed ({error})", "Check sslmode and certificates."
        case ConnectionError() if "SSL" in str(error):
            reason, remedy = "it does not speak TLS", "Leave sslmode out of RACE_DATABASE_URL, or switch TLS on."
        case OSError():
            reason = f"nothing answers there ({_system_words(error)})"
            remedy = "Start it, or correct the address in RACE_DATABASE_URL."
        case _:
            reason, remedy = f"connecting failed ({type(error).__name__})", "Check RACE_DATABASE_URL."
    return DatabaseUnreachable(address=shown(dsn), reason=reason, remedy=remedy)


def shown(dsn: str) -> str:
    """The address in `dsn` for people and logs: host, port and database, without user and password."""
    if (parts := _parts(dsn)) is None:
        return "the address in RACE_DATABASE_URL"
    asked = urllib.parse.parse_qs(parts.query)
    host = parts.hostname or "".join(asked.get("host", [])) or "the default host"
    port = parts.port or "".join(asked.get("port", []))
    return f"{host}{f':{port}' if port else ''}/{_names(parts)[1]}"


def _parts(dsn: str) -> urllib.parse.SplitResult | None:
    """`dsn` in its parts; None where it cannot be told which of them would be the password.

    An @ behind the host means a password with a bare / or # in it, whose beginning would pass for host and port.
    """
    try:
        parts = urllib.parse.urlsplit(dsn)
        _ = parts.port  # Reading it is what checks it.
    except ValueError:
        return None
    return None if "@" in parts.path + parts.query + parts.fragment else parts


def _names(parts: urllib.parse.SplitResult) -> tuple[str, str]:
    """User and database, as far as they are named."""
    asked = urllib.parse.parse_qs(parts.query)
    user = urllib.parse.unquote(parts.username or "") or "".join(asked.get("user", [])) or "(default)"
    database = urllib.parse.unquote(parts.path.lstrip("/")) or "".join(asked.get("dbname", [])) or user
    return user, database


def _system_words(error: OSError) -> str:
    """What the system says, such as `Connection refused`; asyncio hides it where a name has several addresses."""
    number = error.errno or int("".join(re.findall(r"\[Errno (\d+)\]", str(error))[:1]) or 0)
    return os.strerror(number) if number > 0 else error.strerror or type(error).__name__


def _malformed() -> ConfigurationError:
    # The driver's sentence may quote a part of the URL, and the password is a part of it.
    return ConfigurationError(
        detail="RACE_DATABASE_URL is not the address of a PostgreSQL database; it should look like "
        "postgresql://user:password@host:5432/database, with special characters percent-encoded."
    )
