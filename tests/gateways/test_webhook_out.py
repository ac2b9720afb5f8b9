"""Deliveries against a real receiver: signed, sent once a try, accepted by their status alone."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from race_to_purchase.gateways.webhook.publisher import WebhookPublisher
from race_to_purchase.gateways.webhook.secret import new_secret
from tests.gateways.receiver import Receiver, receiving

SECRET = new_secret()
PAYLOAD = '{"type":"order.paid","data":{"order":{"id":"Zoë’s"}}}'.encode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """The merchant's server."""
    async with receiving() as running:
        yield running


@pytest.fixture
async def publisher(receiver: Receiver) -> AsyncIterator[WebhookPublisher]:
    """Delivers to the receiver."""
    opened = WebhookPublisher(receiver.url, SECRET, allow_private=True)
    yield opened
    await opened.close()


def verify(receiver: Receiver, number: int = -1) -> None:
    """Raises where the library of the standard does not believe the message."""
    received = receiver.received[number]
    Webhook(SECRET).verify(received.body, received.headers)


class TestTheMessage:
    """What the merchant gets."""

    async def test_it_arrives_signed_and_unchanged(self, publisher: WebhookPublisher, receiver: Receiver) -> None:
        assert await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
        [received] = receiver.received
        assert (received.path, received.body) == ("/hooks/race", PAYLOAD)
        assert received.headers["webhook-id"] == "order-paid-1"
        assert received.headers["content-type"] == "application/json"
        verify(receiver)

    async def test_another_secret_does_not_verify_it(self, publisher: WebhookPublisher, receiver: Receiver) -> None:
        await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
        with pytest.raises(WebhookVerificationError):
            Webhook(new_secret()).verify(receiver.received[0].body, receiver.received[0].headers)

    async def test_sent_again_it_has_the_same_id_and_body(
        self, publisher: WebhookPublisher, receiver: Receiver
    ) -> None:
        receiver.answers(500)
        assert not await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
        receiver.answers(200)
        assert await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
        first, second = receiver.received
        assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
        verify(receiver, 0)
        verify(receiver, 1)

    async def test_many_can_be_under_way_at_once(self, publisher: WebhookPublisher, receiver: Receiver) -> None:
        ids = [f"order-paid-{number}" for number in range(100)]
        assert all(await asyncio.gather(*(publisher.deliver(each, "order.paid", PAYLOAD) for each in ids)))
        assert sorted(received.headers["webhook-id"] for received in receiver.received) == sorted(ids)

    async def test_nothing_of_an_answer_is_kept_for_the_next(self, receiver: Receiver) -> None:
        by_name = receiver.url.replace("127.0.0.1", "localhost")  # Cookies of bare addresses are never kept.
        publisher = WebhookPublisher(by_name, SECRET, allow_private=True)
        receiver.answers(200, **{"set-cookie": "session=1; Path=/"})
        await publisher.deliver("one", "order.paid", PAYLOAD)
        await publisher.deliver("two", "order.paid", PAYLOAD)
        await publisher.close()
        assert "cookie" not in receiver.received[1].headers


class TestTheAnswer:
    """Only its status counts."""

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    async def test_every_2xx_is_an_acceptance(
        self, publisher: WebhookPublisher, receiver: Receiver, status: int
    ) -> None:
        receiver.answers(status)
        assert await publisher.deliver("one", "order.paid", PAYLOAD)

    @pytest.mark.parametrize("status", [304, 400, 401, 404, 410, 413, 429, 500, 502, 503])
    async def test_everything_else_is_none(self, publisher: WebhookPublisher, receiver: Receiver, status: int) -> None:
        receiver.answers(status)
        assert not await publisher.deliver("one", "order.paid", PAYLOAD)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_is_not_followed(
        self, publisher: WebhookPublisher, receiver: Receiver, status: int
    ) -> None:
        receiver.answers(status, location="/elsewhere")
        assert not await publisher.deliver("one", "order.paid", PAYLOAD)
        assert [received.path for received in receiver.received] == ["/hooks/race"]

    async def test_its_body_is_not_waited_for(self) -> None:
        async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"x" * 4096)
                    await writer.drain()

        server = await asyncio.start_server(endless, "127.0.0.1", 0)
        async with server:
            publisher = WebhookPublisher(address_of(server), SECRET, allow_private=True)
            assert await publisher.deliver("one", "order.paid", PAYLOAD)
            await publisher.close()

    async def test_a_late_one_is_none_and_the_next_is_welcome(self, receiver: Receiver) -> None:
        hasty = WebhookPublisher(receiver.url, SECRET, allow_private=True, timeout_s=0.1)
        receiver.hold.clear()
        assert not await hasty.deliver("one", "order.paid", PAYLOAD)
        await hasty.close()
        receiver.hold.set()
        patient = WebhookPublisher(receiver.url, SECRET, allow_private=True)
        assert await patient.deliver("one", "order.paid", PAYLOAD)
        await patient.close()

    async def test_nobody_there_is_none(self, caplog: pytest.LogCaptureFixture) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # Bound, and not listening: nobody else gets the port.
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            publisher = WebhookPublisher(url, SECRET, allow_private=True)
            with caplog.at_level(logging.WARNING):
                assert not await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
            await publisher.close()
        assert "order-paid-1 was not accepted" in caplog.text

    async def test_an_answer_that_is_no_http_is_none(self) -> None:
        async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
        async with server:
            publisher = WebhookPublisher(address_of(server), SECRET, allow_private=True)
            assert not await publisher.deliver("one", "order.paid", PAYLOAD)
            await publisher.close()

    async def test_the_reason_is_logged_without_the_secret(
        self, publisher: WebhookPublisher, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        receiver.answers(503)
        with caplog.at_level(logging.DEBUG):
            await publisher.deliver("order-paid-1", "order.paid", PAYLOAD)
        assert "order.paid order-paid-1 was not accepted: it was answered with 503" in caplog.text
        assert SECRET.removeprefix("whsec_") not in caplog.text


def address_of(server: asyncio.Server) -> str:
    """The url of a server on the loopback."""
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
