"""Anything may be asked at any time, alone or in one batch, once or again: the truths hold after every step."""

import copy
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.checkout import ENDS, SOLD
from race_to_purchase.rules.commands import Authorization, CloseDrop, Command, NextAttempt, PutDrop, Send
from race_to_purchase.rules.decide import Decision, KeyUse
from race_to_purchase.rules.drop import Drop, Item, Promo
from race_to_purchase.rules.outcomes import Answered, Begun, Outcome, Replayed
from race_to_purchase.rules.rows import Attempt, Checkout, StoredKey
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Refunded,
    Verdict,
    Voided,
)
from tests.rules import truths, world
from tests.samples import NOON

DROPS = ("held", "paid-first")
BUYERS = ("ada", "bob", "cyd", "dan")
ITEMS = ("cup", "hat")


def a_small_drop(drop_id: str) -> Drop:
    """So little stock that everything runs out."""
    return Drop(
        id=drop_id,
        title="Small",
        opens_at=NOON,
        currency="EUR",
        items=(Item("cup", "Cup", 300, 3), Item("hat", "Hat", 0, 2)),
        reservation_seconds=60,
        limit_per_buyer=2,
        flow="reservation_first" if drop_id == "held" else "payment_first",
        promos=(Promo("HALF", 1, percent_off=50),),
    )


LINES = st.sampled_from(
    [
        *([("cup", 1)], [("hat", 1)], [("cup", 2)], [("cup", 1), ("hat", 1)], [("hat", 2), ("cup", 1)]),
        *([("cup", 1), ("cup", 1)], [("hat", 3)], [("cup", 1), ("nothing", 1)], [("cup", 10**14)]),
    ]
)
"""Whatever a buyer may want; an item twice, too much, and what does not exist included."""


def changed_drops(drop: Drop) -> list[Drop]:
    """The drop with other stock, limit, promos or end; each can be refused or done."""
    original = a_small_drop(drop.id)
    return [
        *(replace(drop, items=resized(original.items, sizes)) for sizes in ((0, 0), (1, 4), (3, 2), (5, 1))),
        *(replace(drop, limit_per_buyer=limit) for limit in (None, 1, 2, 3)),
        replace(drop, promos=()),
        replace(drop, promos=original.promos),
        replace(drop, closes_at=NOON + timedelta(seconds=200)),
        replace(drop, currency="JPY"),
        replace(drop, items=original.items[:1]),
    ]


def resized(items: tuple[Item, ...], sizes: tuple[int, ...]) -> tuple[Item, ...]:
    return tuple(replace(item, stock=size) for item, size in zip(items, sizes, strict=True))


def verdicts_on(attempt: Attempt) -> list[Verdict]:
    """What a gateway may say of an authorization; a wrong amount included."""
    ref = f"ref-{attempt.key}"
    return [
        Authorized(ref, attempt.amount),
        Authorized(ref, attempt.amount, NOON + timedelta(days=7)),
        Authorized(ref, attempt.amount + 1),
        Declined("no_funds", retryable=True),
        ActionRequired(ref, "https://bank.example/3ds"),
        NoAnswer("time-out"),
        NotSent("no connection"),
        Absent(),
        Prepared(ref),
        Captured(ref, attempt.amount),
    ]


def steps_on(checkout: Checkout, attempt: Attempt | None, gateway_key: str) -> list[Command]:
    """Everything that may be asked about a checkout, whether it makes sense now or not."""
    buyers = (None, checkout.buyer, "mallory")
    steps: list[Command] = [world.begin(checkout, gateway_key=gateway_key, buyer=buyer) for buyer in buyers]
    steps.append(replace(world.begin(checkout, gateway_key=gateway_key), wait_s=40.0, extension_max_s=30.0))
    steps += [world.cancel(checkout, buyer) for buyer in buyers]
    steps.append(world.expire(checkout))
    return steps if attempt is None else steps + steps_on_attempt(checkout, attempt)


def next_steps(checkout: Checkout, attempt: Attempt | None, gateway_key: str) -> list[Command]:
    """What may well be asked next, so that examples get to the end of purchases, too."""
    if attempt is None or attempt.state == "declined":
        return [world.begin(checkout, gateway_key=gateway_key)]
    ref = f"ref-{attempt.key}"
    steps: dict[str, list[Command]] = {
        "prepared": [send(checkout, attempt)],
        "committed": [world.captured(checkout, verdict, attempt.n, deliver=True) for verdict in captures(attempt)],
        "captured": [world.delivered(checkout, n=attempt.n)],
        "doomed": [world.voided(checkout, Voided(ref), attempt.n)],
    }
    settle = [world.settle(checkout, verdict, attempt.n) for verdict in verdicts_on(attempt)]
    settle += fail_over(checkout, attempt)
    return steps.get(attempt.state, settle)


def send(checkout: Checkout, attempt: Attempt) -> Command:
    """The turn of an attempt in the queue."""
    return Send(checkout.drop_id, checkout.id, checkout.claims.pools, attempt.n, 15.0)


def fail_over(checkout: Checkout, attempt: Attempt) -> list[Authorization]:
    """The same verdicts, where another gateway may take over."""
    then = NextAttempt("backup", f"{attempt.key}+", 15.0)
    return [replace(world.settle(checkout, verdict, attempt.n), then=then) for verdict in verdicts_on(attempt)]


def captures(attempt: Attempt) -> list[Verdict]:
    """What a gateway may say of a capture."""
    taken = Captured(f"ref-{attempt.key}", attempt.amount)
    return [taken, taken, CaptureRefused("expired"), NoAnswer("time-out"), NotSent("busy")]


def steps_on_attempt(checkout: Checkout, attempt: Attempt) -> list[Command]:
    n, ref = attempt.n, f"ref-{attempt.key}"
    voids = [Voided(ref), Absent(), NoAnswer("time-out"), Captured(ref, attempt.amount), Refunded(ref, attempt.amount)]
    steps: list[Command] = [world.begin(checkout, gateway_key=attempt.key), send(checkout, attempt)]
    steps += fail_over(checkout, attempt)
    steps += [world.settle(checkout, verdict, n) for verdict in verdicts_on(attempt)]
    steps += [world.captured(checkout, verdict, n, deliver=True) for verdict in captures(attempt)]
    steps += [world.voided(checkout, verdict, n) for verdict in voids]
    if attempt.state == "captured":
        for accepted, again_s in ((True, None), (False, 5.0), (False, None)):
            steps.append(world.delivered(checkout, accepted=accepted, again_s=again_s, n=n))
    return steps


class AnythingGoes(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world.World()
        self.asked: list[world.Asked] = []
        self.answers: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.names = 0

    @initialize()
    def open_drops(self) -> None:
        self.world.batch([(world.put(a_small_drop(drop_id)), None) for drop_id in DROPS])

    def draw_command(self, data: st.DataObject) -> world.Asked:
        rows = self.world.rows
        wish = data.draw(st.sampled_from(("reserve", "next", "next", "next", "any")))
        if wish == "reserve" or not rows.checkouts:
            command = self.draw_reservation(data)
        else:
            checkout = rows.checkouts[data.draw(st.sampled_from(list(rows.checkouts)))]
            n = checkout.live_n if wish == "next" else data.draw(st.integers(0, checkout.live_n))
            steps = next_steps if wish == "next" else steps_on
            command = data.draw(st.sampled_from(steps(checkout, rows.attempts.get((checkout.id, n)), self.name())))
        key = data.draw(st.sampled_from((None, None, *"abcd")))
        return command, None if key is None else self.key(command, key)

    def draw_reservation(self, data: st.DataObject) -> Command:
        lines, buyer = data.draw(LINES), data.draw(st.sampled_from(BUYERS))
        drop_id, promo = data.draw(st.sampled_from(DROPS)), data.draw(st.sampled_from((None, None, "HALF", "NONE")))
        return world.reserve(*lines, buyer=buyer, drop_id=drop_id, promo=promo, checkout_id=self.name())

    def name(self) -> str:
        """A new id, the same in each run of one example."""
        self.names += 1
        return f"id-{self.names}"

    def key(self, command: Command, name: str) -> KeyUse:
        """As the edge makes it: another request has another fingerprint."""
        subject = getattr(command, "lines", None) or getattr(command, "checkout_id", "")
        return KeyUse(type(command).__name__, name, repr((command.drop_id, subject)).encode())

    def submit(self, asked: list[world.Asked]) -> list[Outcome]:
        before = copy.copy(self.world.rows)
        before.attempts, before.checkouts = dict(before.attempts), dict(before.checkouts)
        outcomes = self.world.batch(asked)
        self.asked += asked
        truths.moves_are_in_the_tables(before, self.world.decisions)
        truths.refusals_write_nothing(self.world.decisions)
        truths.histories_come_with_their_rows(self.world.decisions)
        for (command, key), decision in zip(asked, self.world.decisions, strict=True):
            self.answers_stay(command, key, decision)
        return outcomes

    def answers_stay(self, command: Command, key: KeyUse | None, decision: Decision) -> None:
        """Whatever was answered once under a key, or for an attempt, is the answer for ever."""
        outcome = decision.outcome
        if isinstance(command, Authorization) and isinstance(outcome, Answered):
            attempt = self.world.attempt(command.checkout_id, command.n)
            while attempt.answer is None:  # The payment went on elsewhere: its answer is that of the next attempt.
                attempt = self.world.attempt(command.checkout_id, attempt.n + 1)
            assert (attempt.answer_status, attempt.answer) == (outcome.status, outcome.body)
        stored_now = any(isinstance(row, StoredKey) for row in decision.rows)
        if key is not None and (stored_now or isinstance(outcome, Replayed)) and not isinstance(outcome, Begun):
            told = answer(outcome)
            name = (key.scope, key.key)
            assert self.answers.setdefault(name, (told.status, told.body)) == (told.status, told.body)

    @rule(data=st.data())
    def ask_something(self, data: st.DataObject) -> None:
        self.submit([self.draw_command(data)])

    @rule(data=st.data(), size=st.integers(2, 4))
    def ask_several_at_once(self, data: st.DataObject, size: int) -> None:
        self.submit([self.draw_command(data) for _ in range(size)])

    @rule(data=st.data())
    def ask_the_same_again(self, data: st.DataObject) -> None:
        """As a process does that does not know whether its batch was committed."""
        if not self.asked:
            return
        command, key = data.draw(st.sampled_from(self.asked))
        if isinstance(command, PutDrop):  # The catalogue looks afresh which pools there are.
            command = world.put(command.definition, self.world.rows.drops[command.drop_id].definition)
        self.submit([(command, key)])

    @rule(data=st.data(), drop_id=st.sampled_from(DROPS))
    def change_the_drop(self, data: st.DataObject, drop_id: str) -> None:
        before = self.world.rows.drops[drop_id].definition
        # Pools are touched by both definitions, as the catalogue does it.
        wanted = data.draw(st.sampled_from(changed_drops(before)))
        self.submit([(world.put(wanted, before), None)])

    @precondition(lambda self: len(self.asked) > 25)  # A drop that is closed at once teaches nothing.
    @rule(drop_id=st.sampled_from(DROPS))
    def close_the_drop(self, drop_id: str) -> None:
        self.submit([(CloseDrop(drop_id), None)])

    @rule(seconds=st.sampled_from([0.5, 20, 59.5]))
    def let_time_pass(self, seconds: float) -> None:
        self.world.wait(seconds)

    def teardown(self) -> None:
        """Loops that do their work come to an end: no checkout is left waiting, and nothing is left held."""
        self.world.wait(100)
        for checkout in list(self.world.rows.checkouts.values()):
            self.submit([(world.expire(checkout), None)])
        waiting = [row for row in self.world.rows.attempts.values() if row.state in OPEN]
        for number, attempt in enumerate(waiting):
            checkout = self.world.checkout(attempt.checkout_id)
            verdicts = [Authorized("r", attempt.amount), Declined("no", retryable=False), Authorized("r", 10**9)]
            (outcome,) = self.submit([(world.settle(checkout, verdicts[number % 3], attempt.n), None)])
            assert isinstance(outcome, Answered)
        assert {row.state for row in self.world.rows.checkouts.values()} <= ENDS | SOLD
        self.truths_hold()

    @invariant()
    def truths_hold(self) -> None:
        truths.all_hold(self.world.rows)


AnythingGoes.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # Explaining would trace every line.
)
test_anything_goes = AnythingGoes.TestCase


def test_a_replay_is_told_as_one() -> None:
    """The machine compares answers whatever they are called, so this is said here once."""
    scene = world.open_world()
    use = KeyUse("POST /v1/checkouts", "k", b"digest")
    first = scene.ask(world.reserve(), use)
    again = scene.ask(world.reserve(), use)
    assert isinstance(again, Replayed)
    assert answer(again).body == answer(first).body
    assert answer(again).replayed
