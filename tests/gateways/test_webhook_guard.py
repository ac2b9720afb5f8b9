"""Deliveries do not lead into the network that the engine runs in, however the address is written or changes."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from race_to_purchase.gateways.webhook.guard import AddressRefused, is_public, public_socket
from race_to_purchase.gateways.webhook.publisher import WebhookPublisher
from race_to_purchase.gateways.webhook.secret import new_secret
from tests.gateways.receiver import receiving

SECRET = new_secret()

LOOPBACK = ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
"""Ways to write the machine itself."""

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "localhost", "", "127.1",
]  # fmt: skip


class Visits:
    """How often a port was connected to, at whatever address of the machine."""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0

    async def visit(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody came."""
        self.count += 1
        writer.close()


@pytest.fixture
async def visits() -> AsyncIterator[Visits]:
    """A port on the loopback, in both families of addresses where the machine has them."""
    counting = Visits()
    first = await asyncio.start_server(counting.visit, "127.0.0.1", 0)
    counting.port = first.sockets[0].getsockname()[1]
    servers = [first]
    if socket.has_ipv6:
        with contextlib.suppress(OSError):  # The machine may have no IPv6 address, not even this one.
            servers.append(await asyncio.start_server(counting.visit, "::1", counting.port))
    yield counting
    for server in servers:
        server.close()


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254"])
def test_no_socket_is_made_for_them(address: str) -> None:
    with pytest.raises(AddressRefused, match="no public address"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))


@pytest.mark.parametrize("host", LOOPBACK)
async def test_the_machine_itself_is_not_visited(visits: Visits, host: str) -> None:
    publisher = WebhookPublisher(f"https://{host}:{visits.port}/", SECRET)
    assert not await publisher.deliver("one", "order.paid", b"{}")
    await publisher.close()
    assert visits.count == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0x7f000001"])
async def test_without_the_guard_it_would_be(visits: Visits, host: str) -> None:
    """The negative control: the same deliveries reach the port where they are allowed to."""
    publisher = WebhookPublisher(f"https://{host}:{visits.port}/", SECRET, allow_private=True)
    await publisher.deliver("one", "order.paid", b"{}")
    await publisher.close()
    assert visits.count > 0


async def test_a_name_that_moves_to_the_inside_is_not_followed_there(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever the name led to before, now it leads to us."""
    inside = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", visits.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    publisher = WebhookPublisher(f"https://merchant.example:{visits.port}/", SECRET)
    assert not await publisher.deliver("one", "order.paid", b"{}")
    await publisher.close()
    assert visits.count == 0


async def test_a_proxy_of_the_environment_is_not_asked(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would connect to whatever it likes, and nobody had said that messages pass through it."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{visits.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with receiving() as receiver:
        publisher = WebhookPublisher(receiver.url, SECRET, allow_private=True)
        assert await publisher.deliver("one", "order.paid", b"{}")
        await publisher.close()
    assert visits.count == 0


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, require_program: Callable[[str], Path]
) -> None:
    async with tls_server(tmp_path, require_program("openssl")) as (port, requests):
        publisher = WebhookPublisher(f"https://localhost:{port}/", SECRET, allow_private=True)
        assert not await publisher.deliver("one", "order.paid", b"{}")
        await publisher.close()
    assert requests == []


@asynccontextmanager
async def tls_server(folder: Path, openssl: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A TLS server whose certificate is signed by itself: its port, and what it was sent."""
    key, certificate, requests = folder / "key.pem", folder / "certificate.pem", list[bytes]()
    command = [str(openssl), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, timeout=60)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


class TestWhatCannotWork:
    """A wrong setting is refused when it is made, and nothing secret is quoted."""

    @pytest.mark.parametrize(
        "url",
        [
            "", "merchant.example", "//merchant.example/", "ftp://merchant.example/", "file:///etc/passwd", "https://",
            "https:///hooks", "https://merchant.example:0/", "https://merchant.example:99999/", "https://[::1/",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("allow_private", [False, True])
    def test_a_url_that_leads_nowhere(self, url: str, allow_private: bool) -> None:
        with pytest.raises(ValueError, match=r"."):
            WebhookPublisher(url, SECRET, allow_private=allow_private)

    def test_plain_http_in_public(self) -> None:
        with pytest.raises(ValueError, match="https://"):
            WebhookPublisher("http://merchant.example/", SECRET)

    def test_a_secret_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="secret"):
            WebhookPublisher("https://merchant.example/", "open sesame")

    def test_a_password_in_the_url_is_not_quoted(self) -> None:
        with pytest.raises(ValueError, match="begins with") as refusal:
            WebhookPublisher("http://shop:sesame@merchant.example/", SECRET)
        assert "sesame" not in str(refusal.value)
