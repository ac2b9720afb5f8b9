"""The inbox: a message is kept once, worked on by one process at a time, and stays what it has become."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from race_to_purchase.ports import Inbox
from race_to_purchase.rules.messages import MessageState, Worked
from tests.conformance.batches import insert
from tests.conformance.conftest import Backend
from tests.messages import SAID_AT, a_message
from tests.samples import a_checkout, an_attempt

BODY = b'{"as": "it came"}'
DAY_S = 86_400.0


@pytest.fixture
def inbox(backend: Backend) -> Inbox:
    """The inbox of the store."""
    return backend.inbox


async def ids(inbox: Inbox, limit: int = 100, lease_s: float = 60) -> list[str]:
    """What is due, taken."""
    return sorted(message.event.id for message in await inbox.take("bank", limit, lease_s))


async def keep(inbox: Inbox, *names: str) -> None:
    for name in names:
        assert await inbox.keep("bank", a_message(id_=name), BODY)


async def become(inbox: Inbox, name: str, state: MessageState, again_s: float = 0.0, outcome: str = "tried") -> None:
    await inbox.put([Worked(f"bank/{name}", state, outcome, again_s)])


class TestKeeping:
    async def test_what_is_kept_is_given_as_it_was(self, inbox: Inbox) -> None:
        event = replace(a_message("0" * 8 + "-0000-0000-0000-" + "0" * 12 + "/3"), data={"state": "x", "n": [1, None]})
        assert await inbox.keep("bank", event, BODY)
        (taken,) = await inbox.take("bank", 10, 60)
        assert (taken.id, taken.gateway, taken.event) == (f"bank/{event.id}", "bank", event)
        assert (taken.attempt, taken.tries) == (None, 0)

    async def test_one_event_is_kept_once_whatever_it_says_the_next_time(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        assert not await inbox.keep("bank", a_message(id_="a", said="voided"), b"")
        (taken,) = await inbox.take("bank", 10, 60)
        assert taken.event.data == {"state": "captured"}

    async def test_a_copy_of_what_is_done_is_still_a_copy(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        await become(inbox, "a", "done")
        assert not await inbox.keep("bank", a_message(id_="a"), BODY)
        assert await ids(inbox) == []

    async def test_copies_at_the_same_moment_are_one(self, inbox: Inbox) -> None:
        events = [a_message(id_=name) for name in "abc" * 8]
        new = await asyncio.gather(*(inbox.keep("bank", event, BODY) for event in events))
        assert sum(new) == 3
        assert await ids(inbox) == ["a", "b", "c"]

    async def test_two_gateways_may_use_the_same_names(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        assert await inbox.keep("other", a_message(id_="a"), BODY)
        assert await ids(inbox) == ["a"]

    async def test_control_characters_and_other_alphabets_harm_nothing(self, inbox: Inbox) -> None:
        odd = {"note": "\x00 \ud7ff ж 💶"}
        await inbox.keep("bank", replace(a_message(id_="a"), data=odd), bytes(range(256)))
        (taken,) = await inbox.take("bank", 10, 60)
        assert taken.event.data == odd


class TestTaking:
    async def test_the_state_of_the_attempt_comes_along(self, backend: Backend, inbox: Inbox) -> None:
        checkout = a_checkout(state="paying", live_n=1)
        attempt = an_attempt(checkout, gateway="bank", state="unknown")
        await insert(backend.store, checkout, attempt)
        await inbox.keep("bank", a_message(f"{checkout.id}/1", id_="a"), BODY)
        await inbox.keep("bank", a_message(f"{checkout.id}/2", id_="b"), BODY)
        await inbox.keep("other", a_message(f"{checkout.id}/1", id_="c"), BODY)
        found = [*await inbox.take("bank", 10, 60), *await inbox.take("other", 10, 60)]
        assert {message.event.id: message.attempt for message in found} == {"a": "unknown", "b": None, "c": None}

    async def test_what_is_taken_is_leased(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        assert await ids(inbox, lease_s=60) == ["a"]
        assert await ids(inbox) == []

    async def test_no_more_is_taken_than_asked_for(self, inbox: Inbox) -> None:
        await keep(inbox, "a", "b", "c")
        assert len(await ids(inbox, 2)) == 2
        assert len(await ids(inbox, 2)) == 1

    async def test_a_lease_that_has_passed_gives_it_to_the_next(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        assert await ids(inbox, lease_s=0) == ["a"]
        assert await ids(inbox) == ["a"]

    async def test_two_never_take_the_same(self, inbox: Inbox) -> None:
        await keep(inbox, *(f"evt_{number}" for number in range(40)))
        shares: Sequence[list[str]] = await asyncio.gather(*(ids(inbox, 10) for _ in range(4)))
        taken = [name for share in shares for name in share] + await ids(inbox)
        assert len(taken) == len(set(taken)) == 40


class TestWhatBecomesOfIt:
    async def test_what_is_put_back_comes_again_and_counts_its_tries(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        await become(inbox, "a", "unmatched")
        await become(inbox, "a", "waiting")
        (taken,) = await inbox.take("bank", 10, 60)
        assert taken.tries == 2

    async def test_but_not_before_its_time(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        await become(inbox, "a", "unmatched", again_s=60)
        assert await ids(inbox) == []

    @pytest.mark.parametrize("end", ["done", "left"])
    async def test_what_has_ended_stays_so(self, inbox: Inbox, end: MessageState) -> None:
        """A process whose lease ran out meanwhile changes nothing any more."""
        await keep(inbox, "a")
        await become(inbox, "a", end)
        await become(inbox, "a", "waiting")
        assert await ids(inbox) == []

    async def test_many_are_noted_at_once(self, inbox: Inbox) -> None:
        await keep(inbox, "a", "b", "c")
        await inbox.put([Worked(f"bank/{name}", "done", "known") for name in "ab"])
        assert await ids(inbox) == ["c"]


class TestLooking:
    async def test_a_state_is_listed(self, inbox: Inbox) -> None:
        await keep(inbox, "a", "b", "c")
        await become(inbox, "a", "unmatched", again_s=90)
        await become(inbox, "b", "unmatched", again_s=30)
        first, second = await inbox.listed("unmatched", 10)
        assert (first.id, second.id) == ("bank/b", "bank/a")
        assert (first.outcome, first.tries, first.kind, first.created_at) == ("tried", 1, "payment", SAID_AT)
        assert first.due_at is not None
        assert len(await inbox.listed("unmatched", 1)) == 1
        await become(inbox, "c", "done")
        assert await inbox.listed("done", 10) == []

    async def test_what_is_left_is_due_never_again(self, inbox: Inbox) -> None:
        await keep(inbox, "a")
        await become(inbox, "a", "unmatched")
        await become(inbox, "a", "left")
        (left,) = await inbox.listed("left", 10)
        assert (left.due_at, left.tries) == (None, 1), "to give up is not one more try"

    async def test_what_is_not_done_is_counted(self, inbox: Inbox) -> None:
        await keep(inbox, "a", "b", "c", "d")
        await become(inbox, "a", "unmatched", again_s=90)
        await become(inbox, "b", "done")
        unmatched, waiting = await inbox.heaps()
        assert (unmatched.gateway, unmatched.kind, unmatched.state, unmatched.messages) == (
            "bank",
            "payment",
            "unmatched",
            1,
        )
        assert (waiting.state, waiting.messages) == ("waiting", 2)
        assert unmatched.oldest_at <= waiting.oldest_at


class TestForgetting:
    async def test_only_what_has_ended_and_is_old_goes(self, inbox: Inbox) -> None:
        await keep(inbox, "done", "left", "waiting")
        await become(inbox, "done", "done")
        await become(inbox, "left", "left")
        assert await inbox.forget(DAY_S, 2 * DAY_S, 10) == 0
        assert await inbox.forget(-1, DAY_S, 10) == 1
        assert await inbox.listed("left", 10) != []
        assert await inbox.forget(-1, -1, 10) == 1
        assert [heap.state for heap in await inbox.heaps()] == ["waiting"]

    async def test_no_more_than_asked_at_once(self, inbox: Inbox) -> None:
        await keep(inbox, "a", "b", "c")
        for name in "abc":
            await become(inbox, name, "done")
        assert await inbox.forget(-1, -1, 2) == 2
