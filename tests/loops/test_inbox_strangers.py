"""Messages about nothing that we know are kept for some days, and what is done with leaves nothing behind."""

from __future__ import annotations

import pytest

from race_to_purchase.loops.forget import Forget
from race_to_purchase.rules.backoff import RETRY_AFTER_S
from tests.loops.reading import Reader, about, hasten, outcomes, unanswered
from tests.messages import a_message
from tests.path.shop import Process
from tests.sale import value


class TestWhatIsNotOurs:
    async def test_is_kept_and_tried_again_for_days_and_then_left(
        self, shop: Process, reader: Reader, dsn: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        await reader.keep(a_message("01a2b3c4-0000-7000-8000-000000000000/1", id_="evt_1"))
        waits = []
        for _ in RETRY_AFTER_S:
            await reader.read()
            (kept,) = await reader.inbox.listed("unmatched", 10)
            waits.append(await value(dsn, "SELECT extract(epoch FROM due_at - clock_timestamp())::int FROM race.inbox"))
            await hasten(dsn)
        assert waits == sorted(waits)
        assert sum(waits) > 2 * 86_400
        assert kept.tries == len(RETRY_AFTER_S)
        await reader.read()
        (left,) = await reader.inbox.listed("left", 10)
        assert (left.outcome, left.due_at) == ("no such attempt", None)
        assert "evt_1" in caplog.text
        assert shop.wire.calls == []

    async def test_is_matched_once_it_is_there(self, shop: Process, reader: Reader, dsn: str) -> None:
        """As after a restore of the database: the message is faster than what it is about."""
        await reader.keep(a_message("01a2b3c4-0000-7000-8000-000000000000/1", "declined"))
        await reader.read()
        declined = await shop.reserve()
        await shop.pay(declined, "pm_insufficient_funds")
        rename = "UPDATE race.attempt SET checkout_id = '01a2b3c4-0000-7000-8000-000000000000' RETURNING 1"
        await value(dsn, rename)
        await hasten(dsn)
        await reader.read()
        assert await outcomes(dsn) == ["done: known already"]

    async def test_without_a_reference_is_unmatched(self, reader: Reader, dsn: str) -> None:
        await reader.keep(a_message(None))
        await reader.read()
        assert await outcomes(dsn) == ["unmatched: no such attempt"]

    async def test_of_another_gateway_is_not_read_here(self, shop: Process, reader: Reader, dsn: str) -> None:
        checkout = await unanswered(shop)
        await reader.inbox.keep("elsewhere", about(checkout, "authorized"), b"{}")
        await reader.read()
        assert "look_up" not in shop.wire.calls
        shop.wire.name = "elsewhere"
        await reader.work.tick()
        assert await outcomes(dsn) == ["unmatched: no such attempt"]

    async def test_and_what_nobody_knows_is_done_with(self, reader: Reader, dsn: str) -> None:
        await reader.keep(a_message(kind="unknown"))
        await reader.read()
        assert await outcomes(dsn) == ["done: unknown kind"]


async def test_what_is_done_keeps_no_body_and_is_forgotten(shop: Process, reader: Reader, dsn: str) -> None:
    """A gateway's messages hold names and addresses."""
    await reader.inbox.keep("sandbox", a_message(kind="unknown"), b"Ada Lovelace, 12 St James's Square")
    await reader.read()
    assert await value(dsn, "SELECT body FROM race.inbox") == b""
    await value(dsn, "UPDATE race.inbox SET received_at = received_at - interval '31 days' RETURNING 1")
    await reader.keep(a_message(kind="unknown"))
    await reader.read()
    assert await Forget(shop.reads, reader.inbox).tick() is False
    assert await value(dsn, "SELECT count(*) FROM race.inbox") == 1
