"""Idempotency keys: a success is answered again byte for byte, a refusal leaves the key unused."""

from msgspec.structs import replace

from race_to_purchase.rules.answers import answer
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.outcomes import Answered, Begun, KeyInFlight, KeyReused, Replayed, Reserved, SoldOut
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.rules.verdicts import Declined
from tests.rules.world import World, authorized, begin, cancel, open_world, put, reserve, settle
from tests.samples import a_drop

KEY = KeyUse("POST /v1/checkouts shop/ada", "k", b"digest")
PAY = KeyUse("POST /v1/checkouts/1/payment shop/ada", "k", b"digest")


def reserved(world: World) -> Checkout:
    outcome = world.ask(reserve())
    assert isinstance(outcome, Reserved)
    return outcome.checkout


def test_a_reservation_is_answered_again_byte_for_byte() -> None:
    world = open_world()
    first = world.ask(reserve(), KEY)
    assert isinstance(first, Reserved)
    world.ask(begin(first.checkout))
    again = world.ask(reserve(), KEY)
    assert again == Replayed(201, answer(first).body)
    assert not world.wrote
    assert world.used("item/shoe") == (1, 0)


def test_of_many_in_one_batch_one_is_carried_out() -> None:
    world = open_world()
    outcomes = world.batch([(reserve(), KEY) for _ in range(32)])
    assert [type(outcome) for outcome in outcomes] == [Reserved] + [Replayed] * 31
    assert {answer(outcome).body for outcome in outcomes} == {answer(outcomes[0]).body}


def test_another_request_under_the_same_key_is_refused() -> None:
    world = open_world()
    world.ask(reserve(), KEY)
    assert world.ask(reserve(("lace", 1)), KeyUse(KEY.scope, KEY.key, b"other")) == KeyReused()
    assert not world.wrote


def test_another_scope_is_another_key() -> None:
    world = open_world()
    world.ask(reserve(), KEY)
    assert isinstance(world.ask(reserve(buyer="bob"), KeyUse("shop/bob", KEY.key, b"digest")), Reserved)


def test_a_refusal_leaves_the_key_unused() -> None:
    drop = a_drop()
    world = open_world(items=(replace(drop.items[0], stock=0), drop.items[1]))
    assert world.ask(reserve(), KEY) == SoldOut("shoe")
    assert not world.rows.stored
    world.ask(put(drop, world.rows.drops["aurora"].definition))
    assert isinstance(world.ask(reserve(), KEY), Reserved)


def test_a_cancellation_is_answered_again() -> None:
    world = open_world()
    checkout = reserved(world)
    first = world.ask(cancel(checkout), PAY)
    assert world.ask(cancel(checkout), PAY) == Replayed(200, answer(first).body)


class TestPayment:
    def test_while_it_is_decided_the_key_is_in_flight(self) -> None:
        world = open_world()
        checkout = reserved(world)
        assert isinstance(world.ask(begin(checkout), PAY), Begun)
        assert world.ask(begin(checkout), PAY) == KeyInFlight()
        assert not world.wrote

    def test_then_it_gives_the_answer_of_the_attempt_whoever_ended_it(self) -> None:
        world = open_world()
        checkout = reserved(world)
        world.ask(begin(checkout), PAY)
        ended = world.ask(authorized(checkout))
        assert isinstance(ended, Answered)
        assert world.ask(begin(checkout), PAY) == Replayed(200, ended.body)

    def test_a_decline_is_an_answer_and_is_kept(self) -> None:
        """The reservation goes on, but only a new key is a new wish to pay."""
        world = open_world()
        checkout = reserved(world)
        world.ask(begin(checkout), PAY)
        ended = world.ask(settle(checkout, Declined("no_funds", retryable=True)))
        assert isinstance(ended, Answered)
        assert world.ask(begin(checkout), PAY) == Replayed(402, ended.body)
        second = world.ask(begin(checkout), KeyUse(PAY.scope, "k2", b"digest"))
        assert isinstance(second, Begun)
        assert second.attempt.n == 2
        assert world.ask(begin(checkout), PAY) == Replayed(402, ended.body)
