"""Take each safeguard away, and the simulation finds what it guarded against; leave them all, and it finds nothing.

A safeguard whose absence nobody notices is either no safeguard or not simulated. Every row of the table says in which
theme of worlds it is missed soonest, and a seed that is known to show it. An await that is added makes other worlds of
the seeds: where that one shows nothing any more, others are searched, which takes a while, until it is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from race_to_purchase.rehearse.world.world import World
from tests.simulation import mutations as m
from tests.simulation import mutations_after as after

Patch = pytest.MonkeyPatch
SEEDS_MAX = 40


class Mutation(NamedTuple):
    """A safeguard: its name, how it is taken away, the theme and the seed in which that shows, and what finds it."""

    safeguard: str
    take_away: Callable[[Patch], None]
    theme: str
    found_by: frozenset[str]
    seed: int


def row(safeguard: str, take_away: Callable[[Patch], None], theme: str, *found_by: str, seed: int = 1) -> Mutation:
    return Mutation(safeguard, take_away, theme, frozenset(found_by), seed)


UNFORESEEN = "unforeseen_error"
HELD = ("pool_held_matches_claims", "pool_sold_matches_claims", "pool_bounds")

AFTER = ("given_back_too_much", "guard_differs")

MUTATIONS = [
    row("the fence at the pivot", m.no_fence, "late", *HELD, "illegal_transition", "authorization_left_open"),
    row("one payment in flight", m.no_in_flight, "ordinary", "two_open_attempts", seed=2),
    row("the attempt is stored before it is sent", m.sent_before_stored, "ordinary", "sent_before_stored"),
    row("the stored key, when sent again", m.new_key_on_resend, "gateway", "sent_before_stored"),
    row(
        "unknown is not failed",
        m.unknown_is_failed,
        "gateway",
        "authorization_left_open",
        "charged_without_order",
        seed=2,
    ),
    row(
        "absent is not gone while it may be on its way",
        m.absent_is_voided_soon,
        "frozen",
        "authorization_left_open",
        seed=6,
    ),
    row("idempotency keys are stored", m.keys_not_stored, "ordinary", "answers_differ"),
    row("the fingerprint of a key", m.fingerprint_ignored, "ordinary", "key_of_another_request"),
    row(
        "versions are compared",
        m.versions_ignored,
        "tight",
        *HELD,
        "fence_went_back",
        "illegal_transition",
        UNFORESEEN,
        seed=3,
    ),
    row(
        "locks or versions",
        m.locks_not_taken,
        "tight",
        *HELD,
        "fence_went_back",
        "illegal_transition",
        UNFORESEEN,
        seed=5,
    ),
    row("locks are taken in one order", m.locks_in_any_order, "frozen", "never_at_rest"),
    row("the void is stored with the doom", m.void_not_stored, "late", "owed_without_task"),
    row("a doomed attempt stays doomed", m.doomed_may_commit, "voids", UNFORESEEN, "answer_changed", *HELD),
    row("what has lapsed may be paid after all", m.lapsed_is_over, "late", "told_of_no_charge"),
    row("late news are absorbed", m.ended_may_change, "ordinary", UNFORESEEN, "answer_changed"),
    row("claims are released once", m.released_twice, "late", *HELD, UNFORESEEN),
    row("nothing ends before its deadline", m.deadline_ignored, "ordinary", "ended_before_deadline"),
    row("what is owed is taken over", m.nothing_taken_over, "crashes", "never_at_rest"),
    row("the task is stored with the attempt", m.task_not_stored, "ordinary", "owed_without_task"),
    row("money is taken after the pivot", m.captured_too_early, "short", "charged_without_order"),
    row("pools have an end", m.pools_unbounded, "tight", "pool_bounds"),
    row("there is enough where a pool is moved", m.bounds_unchecked, "storm", "pool_bounds", seed=13),
    row("pools are moved by differences", m.pools_overwritten, "storm", *HELD, seed=4),
    row("urgent commands outlive an outage", m.urgent_dropped, "short", "task_left", "never_at_rest", seed=38),
    row("an undone order gives its stock back", m.undone_keeps_stock, "captures", "pool_sold_matches_claims"),
    row(
        "only the first sender says that nothing was sent",
        m.unproven_failover,
        "failover",
        "authorization_left_open",
        seed=2,
    ),
    row("what failed over is voided", m.failover_forgets, "failover", "authorization_left_open", seed=2),
    row(
        "an answer names the attempt whose end it is",
        m.answers_without_attempt,
        "overtaken",
        "charged_twice",
        "charged_without_order",
        seed=9,
    ),
    row("a failover is found again", m.failover_not_found_again, "failover", UNFORESEEN, seed=4),
    row("the ref is stored between the steps", m.ref_not_stored, "two_steps", "authorized_before_stored"),
    row("old keys are not sent again", m.resent_for_ever, "days", "sent_after_pruning"),
    row("what nobody knows stays owed", m.silence_forgotten, "days", "owed_without_task"),
    row("a message is stored before it is acknowledged", after.messages_not_stored, "disputes", "dispute_differs"),
    row("newer news stay", after.news_in_any_order, "disputes", "dispute_differs", "illegal_transition", *AFTER),
    row("the refundable guard", after.no_refundable_guard, "returns", *AFTER),
    row(
        "no refund while disputed", after.refunded_while_disputed, "disputes", "refunded_while_disputed", *AFTER, seed=5
    ),
    row("the stored key of a refund", after.new_key_for_a_refund, "returns", "refunded_before_stored"),
    row(
        "an unknown refund is not failed",
        after.unknown_refund_is_failed,
        "returns",
        "refunds_differ_at_gateway",
        *AFTER,
    ),
    row(
        "a turn that comes too late is not used",
        after.late_turn_is_sent,
        "queued",
        "authorization_left_open",
        UNFORESEEN,
        seed=2,
    ),
    row("a repair is noted before it is made", after.repaired_before_noted, "reconcile", "repaired_before_noted"),
    row("what is not ours is left alone", after.strangers_repaired, "reconcile", "stranger_touched"),
    row(
        "what is wrong is looked for", after.never_reconciled, "reconcile", *HELD, "not_put_right", "stranger_not_told"
    ),
    row("every order is booked", m.no_sale_booked, "ordinary", "order_without_sale", "booked_amount_differs", seed=2),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.safeguard)
def test_without_it_the_simulation_finds_a_violation(mutation: Mutation, monkeypatch: Patch) -> None:
    mutation.take_away(monkeypatch)
    for seed in (mutation.seed, *range(1, SEEDS_MAX + 1)):
        seen = World(seed, mutation.theme).run()
        if seen.violations:
            assert {violation.check for violation in seen.violations} & mutation.found_by, seen.violations
            return
    pytest.fail(f"{SEEDS_MAX} worlds without it, and nothing was found")


@pytest.mark.parametrize(("seed", "theme"), sorted({(mutation.seed, mutation.theme) for mutation in MUTATIONS}))
def test_with_all_of_them_it_finds_none(seed: int, theme: str) -> None:
    """In the very worlds in which one is missed."""
    assert World(seed, theme).run().violations == ()


@pytest.mark.soak
@pytest.mark.parametrize("theme", sorted({mutation.theme for mutation in MUTATIONS}))
def test_with_all_of_them_no_world_finds_any(theme: str) -> None:
    assert [World(seed, theme).run().violations for seed in range(1, SEEDS_MAX + 1)] == [()] * SEEDS_MAX


def test_a_loop_that_is_too_eager_does_no_harm(monkeypatch: Patch) -> None:
    m.eager_loop(monkeypatch)
    assert World(1, "ordinary").run().violations == ()
