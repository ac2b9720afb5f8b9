"""What goes wrong: a conflict is decided again, a bad command fails alone, and nobody is left without an answer."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.commit import combiner
from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import Overloaded
from race_to_purchase.ports import Conflict, Rejected
from race_to_purchase.rules.commands import Command
from race_to_purchase.rules.decide import Decision, decide
from race_to_purchase.rules.outcomes import Answered, Ignored, Outcome, Reserved
from race_to_purchase.rules.snapshot import Snapshot, Stale
from race_to_purchase.rules.verdicts import Voided
from tests.commit.watched import Batches, WatchedStore, times
from tests.sale import a_wish, answered, begin, expired, open_sale, shoes


@pytest.fixture(autouse=True)
async def _open(committer: Committer, batches: Batches) -> None:
    await open_sale(committer, items=shoes(100))
    batches.clear()


async def together(committer: Committer, *wishes: Command) -> list[Outcome | BaseException]:
    """The ends of commands that are decided in one batch: all of them are queued before the committer gets a turn."""
    return await asyncio.gather(*(committer.submit(wish) for wish in wishes), return_exceptions=True)


class TestConflicts:
    async def test_a_conflict_is_decided_again(self, committer: Committer, store: WatchedStore) -> None:
        store.before_write = times(3, Conflict("somebody was faster"))
        assert isinstance(await committer.submit(a_wish()), Reserved)
        assert store.tries == 1 + 4

    async def test_a_row_that_is_missed_is_read_by_another_try(
        self, committer: Committer, store: WatchedStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        missed = [Stale("attempt")]

        def decided(*given: Any) -> Decision:
            if missed:
                raise missed.pop()
            return decide(*given)

        monkeypatch.setattr(combiner, "decide", decided)
        before = store.tries
        assert isinstance(await committer.submit(a_wish()), Reserved)
        assert store.tries == before + 2

    async def test_rows_that_came_while_it_waited_are_read_again(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        """Somebody else began to pay between the lock and the look: decide says Stale, and never guesses."""
        paying = a_wish()
        await committer.submit(paying)
        await committer.submit(begin(paying))
        store.before_write = times(1, Stale("attempt"))
        assert isinstance(await committer.submit(answered(paying)), Answered)

    async def test_without_end_the_patient_are_sent_away_and_the_urgent_go_on(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        paying = a_wish("payer")
        await committer.submit(paying)
        await committer.submit(begin(paying))
        store.before_write = times(combiner.CONFLICTS_MAX + 2, Conflict("once more"))
        patient, urgent = await together(committer, a_wish(), answered(paying))
        assert isinstance(patient, Overloaded)
        assert isinstance(urgent, Answered)

    async def test_one_that_can_never_be_decided_does_not_take_the_others_with_it(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        """What follows a gateway call for a checkout that nobody knows: it would be Stale for ever."""
        *others, lost = await together(committer, a_wish("bob"), a_wish("eve"), answered(a_wish("nobody")))
        assert [type(other) for other in others] == [Reserved, Reserved]
        assert isinstance(lost, Exception)


class TestBadCommands:
    async def test_what_the_database_rejects_fails_alone(
        self, committer: Committer, store: WatchedStore, batches: Batches
    ) -> None:
        def refuse(snapshot: Snapshot) -> None:
            if any(checkout.buyer == "bad" for checkout in snapshot.checkouts.values()):
                raise Rejected("no such buyer")

        store.before_write = refuse
        buyers = ["ada", "bob", "eve", "bad", "fay", "gus", "hal"]
        ends = await together(committer, *(a_wish(buyer) for buyer in buyers))
        assert [isinstance(end, Reserved) for end in ends] == [buyer != "bad" for buyer in buyers]
        assert isinstance(ends[3], Rejected)
        assert sum(batches.sizes) == 6
        pools = await store.rows.shared_pools("aurora")
        assert [pool.held for pool in pools] == [6], "what was decided with the bad one was decided again without it"

    async def test_a_decision_that_raises_fails_alone(self, committer: Committer, store: WatchedStore) -> None:
        paying = a_wish("payer")
        await committer.submit(paying)
        await committer.submit(begin(paying))
        nonsense = answered(paying, Voided("ref"))
        ends = await together(committer, a_wish("bob"), nonsense, a_wish("eve"))
        assert isinstance(ends[1], TypeError)
        assert [type(ends[0]), type(ends[2])] == [Reserved, Reserved]

    async def test_an_error_that_nobody_foresaw_reaches_its_caller_alone(
        self, committer: Committer, store: WatchedStore
    ) -> None:
        """A missing privilege, a cached plan that no longer fits: nobody may wait for ever for such an answer."""

        def fail(snapshot: Snapshot) -> None:
            if any(checkout.buyer == "odd" for checkout in snapshot.checkouts.values()):
                raise KeyError("odd")

        store.before_write = fail
        ends = await together(committer, a_wish("bob"), a_wish("odd"), a_wish("eve"), expired(a_wish()))
        assert [type(end) for end in ends] == [Reserved, KeyError, Reserved, Ignored]
        assert isinstance(await committer.submit(a_wish("fay")), Reserved)

    async def test_the_log_names_ids_and_no_person(
        self, committer: Committer, store: WatchedStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        store.before_write = times(1, Rejected("no such buyer"))
        wish = replace(a_wish(), email="ada@example.org")
        await together(committer, wish)
        assert wish.checkout_id in caplog.text
        assert "example.org" not in caplog.text

    async def test_only_what_nobody_foresaw_is_logged_with_where_it_happened(
        self, committer: Committer, store: WatchedStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        for error in (Rejected("no such buyer"), KeyError("odd")):
            store.before_write = times(1, error)
            await together(committer, a_wish())
        assert [record.exc_info is not None for record in caplog.records] == [False, True]

    async def test_an_observer_that_raises_stops_nothing(self, store: WatchedStore) -> None:
        def observe(batch: Sequence[object]) -> None:
            raise ZeroDivisionError

        committer = Committer(store, batch_max=2, observe=observe)
        async with asyncio.timeout(5):
            ends = await together(committer, *(a_wish(buyer) for buyer in "abc"))
        assert [type(end) for end in ends] == [Reserved] * 3
        assert isinstance(await committer.submit(a_wish("last")), Reserved)
