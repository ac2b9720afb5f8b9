"""Whoever names a PostgreSQL of their own learns in one sentence why it cannot be used, and never sees the password."""

import asyncio
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from race_to_purchase.errors import ConfigurationError, DatabaseTooOld, DatabaseUnreachable
from race_to_purchase.store.address import explain_connect_failure, require_usable, shown
from race_to_purchase.store.embedded.account import Account, binaries_folder
from race_to_purchase.store.embedded.endpoint import UnixSocket
from race_to_purchase.store.embedded.server import EmbeddedPostgres
from tests.databases import Server
from tests.store.servers import answers, until

PASSWORD = "tiger-lily-7"


@pytest.fixture(scope="module")
def reachable(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that is reached over TCP, with a password."""
    copy = tmp_path_factory.mktemp("reachable") / "data"
    subprocess.run(["cp", "-a", str(made_folder), str(copy)], check=True, timeout=60)
    running = EmbeddedPostgres.start(copy, loopback=True)
    yield running.dsn
    running.stop()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port on which nothing listens."""
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class TestUsable:
    async def test_a_current_server_is_taken(self, reachable: str) -> None:
        await require_usable(reachable)

    async def test_the_oldest_supported_server_is_taken(self, debian_server: Server) -> None:
        await require_usable(debian_server.dsn("postgres"))


class TestRefused:
    async def test_an_older_server_is_named_with_its_version(self) -> None:
        with older_server("14.2") as port:
            dsn = f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/shop"
            said = await refusal(dsn, DatabaseTooOld)
        assert said == f"PostgreSQL 14.2 at 127.0.0.1:{port}/shop is too old: 15 or later is needed."

    async def test_a_wrong_password(self, reachable: str) -> None:
        host = reachable.partition("@")[2]
        said = await refusal(f"postgresql://race:{PASSWORD}@{host}", DatabaseUnreachable)
        assert "refuses user race or its password" in said

    async def test_a_database_that_does_not_exist(self, reachable: str) -> None:
        said = await refusal(reachable.replace("/race?", "/race_2?"), DatabaseUnreachable)
        assert "has no database race_2" in said
        assert "createdb race_2" in said

    async def test_a_host_where_nothing_answers(self, silent: int) -> None:
        said = await refusal(f"postgresql://shop:{PASSWORD}@localhost:{silent}/shop", DatabaseUnreachable)
        assert f"localhost:{silent}/shop" in said
        assert "Connection refused" in said

    async def test_a_host_that_does_not_exist(self) -> None:
        said = await refusal(f"postgresql://shop:{PASSWORD}@nowhere.invalid/shop", DatabaseUnreachable)
        assert "nowhere.invalid/shop" in said

    async def test_a_server_without_the_encryption_that_is_asked_for(self, reachable: str) -> None:
        assert "does not speak TLS" in await refusal(
            reachable.replace("sslmode=disable", "sslmode=require"), DatabaseUnreachable
        )

    @pytest.mark.parametrize(
        "dsn",
        [
            "not an address",
            f"mysql://shop:{PASSWORD}@db/shop",
            f"postgresql://shop:{PASSWORD}@db:port/shop",
            f"postgresql://shop:{PASSWORD}@[::1/shop",
            f"postgresql://shop:{PASSWORD}@db/shop?sslmode=perhaps",
            f"postgresql://shop:1/{PASSWORD}@db/shop",
            f"postgresql://shop:1#{PASSWORD}@db/shop",
        ],
    )
    async def test_what_is_no_address(self, dsn: str) -> None:
        assert "should look like" in await refusal(dsn, ConfigurationError)

    def test_a_certificate_that_fails_is_no_malformed_address(self) -> None:
        """In Python it is a ValueError too."""
        failed = explain_connect_failure("postgresql://db/shop", ssl.SSLCertVerificationError("expired"))
        assert "TLS failed" in str(failed)

    def test_a_standby_that_takes_no_writes(self, folder: Path) -> None:
        with standby(folder) as dsn:
            assert "takes no writes" in asyncio.run(refusal(dsn, DatabaseUnreachable))


@pytest.mark.parametrize(
    ("dsn", "address"),
    [
        (f"postgresql://shop:{PASSWORD}@db.example:5433/drops", "db.example:5433/drops"),
        (f"postgresql://shop:{PASSWORD}@db.example", "db.example/shop"),
        (f"postgresql://shop@/drops?host=/run/pg&port=5433&password={PASSWORD}", "/run/pg:5433/drops"),
        (f"postgresql://shop:1/{PASSWORD}@db.example/drops", "the address in RACE_DATABASE_URL"),
    ],
)
def test_an_address_is_shown_without_its_password(dsn: str, address: str) -> None:
    assert shown(dsn) == address


async def refusal(dsn: str, kind: type[ConfigurationError]) -> str:
    """The sentence that `dsn` is refused with."""
    with pytest.raises(kind) as caught:
        await require_usable(dsn)
    assert type(caught.value) is kind
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


@contextmanager
def older_server(version: str) -> Iterator[int]:
    """The port of a server that says of itself, in PostgreSQL's protocol, that it is `version`."""

    class Greeting(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            size, code = struct.unpack("!ii", self.rfile.read(8))
            if code == 80877103:  # The client asks for TLS first.
                self.wfile.write(b"N")
                size, code = struct.unpack("!ii", self.rfile.read(8))
            self.rfile.read(size - 8)
            told = {"server_version": version, "client_encoding": "UTF8"}
            self.wfile.write(message(b"R", struct.pack("!i", 0)))
            for name, value in told.items():
                self.wfile.write(message(b"S", f"{name}\0{value}\0".encode()))
            self.wfile.write(message(b"K", struct.pack("!ii", 1, 1)) + message(b"Z", b"I"))
            self.rfile.read(len(message(b"X", b"")))  # The client says goodbye, and waits for us to hang up.

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@contextmanager
def standby(folder: Path) -> Iterator[str]:
    """The address of a server that runs on the data of `folder` as a standby."""
    data = folder / "postgres"
    (data / "standby.signal").touch()
    endpoint = UnixSocket(folder / "run", "race-standby-test")
    account = Account.choose(data)
    endpoint.prepare(account)
    chosen = [part for name, value in endpoint.settings().items() for part in ("-c", f"{name}={value}")]
    with (folder / "standby.log").open("wb") as output:
        process = account.launch([str(binaries_folder() / "postgres"), "-D", str(data), *chosen], output)
    try:
        dsn = endpoint.dsn("race")
        until(lambda: process.poll() is not None or answers(dsn))
        yield dsn
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        endpoint.clear()
