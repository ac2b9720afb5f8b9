"""Payments of the sandbox that wait for their buyer."""

import asyncpg
import pytest

from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.rules.verdicts import ActionRequired, Authorized, Captured, CaptureRefused, Declined, Voided
from tests.databases import Server
from tests.gateways.contract import AMOUNT, new_key, request_of


@pytest.mark.parametrize(
    ("method", "state", "end"),
    [
        ("pm_action_required", "authorized", Authorized),
        ("pm_action_fails", "declined", Declined),
    ],
)
async def test_the_buyer_acts_once_and_the_payment_goes_on(
    gateway: SandboxGateway, neighbour: SandboxGateway, method: str, state: str, end: type
) -> None:
    request = request_of(method)
    first = await gateway.authorize(request, None)
    assert isinstance(first, ActionRequired)
    assert first.url == f"/sandbox/actions/{first.ref}"
    assert await neighbour.look_up(request, None) == first
    assert await neighbour.act(first.ref) == state
    assert await gateway.act(first.ref) is None
    assert isinstance(await gateway.look_up(request, first.ref), end)
    assert await gateway.authorize(request, None) == first, "a key always has its first answer"


async def test_nothing_can_be_taken_before(gateway: SandboxGateway) -> None:
    first = await gateway.authorize(request_of("pm_action_required"), None)
    assert isinstance(first, ActionRequired)
    assert isinstance(await gateway.capture(first.ref, AMOUNT, new_key()), CaptureRefused)
    await gateway.act(first.ref)
    assert await gateway.capture(first.ref, AMOUNT, new_key()) == Captured(first.ref, AMOUNT)


async def test_what_was_voided_can_never_be_authorized(gateway: SandboxGateway) -> None:
    first = await gateway.authorize(request_of("pm_action_required"), None)
    assert isinstance(first, ActionRequired)
    assert await gateway.void(first.ref, new_key()) == Voided(first.ref)
    assert await gateway.act(first.ref) is None


async def test_there_is_nothing_to_do_for_a_payment_that_does_not_exist(gateway: SandboxGateway) -> None:
    assert await gateway.act("sbx_none") is None


async def test_books_of_an_older_version_take_them_too(server: Server) -> None:
    dsn = server.bare()
    gateway = SandboxGateway(dsn)
    await gateway.make_books()
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "ALTER TABLE sandbox.payment DROP CONSTRAINT payment_state, ADD CONSTRAINT payment_state"
        " CHECK (state IN ('authorized', 'lapsed', 'declined', 'captured', 'voided'))"
    )
    await connection.close()
    await gateway.make_books()
    assert isinstance(await gateway.authorize(request_of("pm_action_required"), None), ActionRequired)
    await gateway.close()
    server.drop(dsn)
