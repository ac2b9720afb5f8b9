"""A small world for the rules: rows in plain tables, a clock that is turned by hand, and one door for commands.

It does what the committer and a store do, without either: reads what `touch` names and nothing else, decides each
command of a batch on what the earlier ones left, and writes the rows.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from race_to_purchase.rules.commands import (
    Authorization,
    BeginPayment,
    Cancel,
    Capture,
    Command,
    Deliver,
    Expire,
    Line,
    PutDrop,
    Reserve,
    Void,
)
from race_to_purchase.rules.decide import Decision, KeyUse, decide, touch
from race_to_purchase.rules.drop import Drop, buyer_pool, in_flight_pool, item_pool, promo_pool, shared_pools
from race_to_purchase.rules.outcomes import Outcome
from race_to_purchase.rules.rows import Attempt, Checkout, Pool
from race_to_purchase.rules.snapshot import Keys
from race_to_purchase.rules.verdicts import Authorized, Verdict
from race_to_purchase.store.memory.store import Rows
from tests.samples import NOON, a_drop, new_id

Asked = tuple[Command, KeyUse | None]


class World:
    """See the module. `decisions` are those of the last batch."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.rows = Rows()
        self.decisions: list[Decision] = []

    def ask(self, command: Command, key: KeyUse | None = None) -> Outcome:
        """A batch of one."""
        return self.batch([(command, key)])[0]

    def batch(self, asked: Sequence[Asked]) -> list[Outcome]:
        """Decide and write commands as one batch."""
        keys = Keys()
        for command, key in asked:
            touch(keys, command, key)
        snapshot = self.rows.read(self.now, keys)
        self.decisions = []
        for command, key in asked:
            decision = decide(snapshot, command, key)
            for row in decision.rows:
                snapshot.put(row)
            self.decisions.append(decision)
        self.rows.check(snapshot, snapshot.pools)
        self.rows.write(snapshot, snapshot.pools)
        return [decision.outcome for decision in self.decisions]

    @property
    def wrote(self) -> bool:
        """Whether the last batch changed anything."""
        return any(decision.rows for decision in self.decisions)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def checkout(self, checkout_id: str) -> Checkout:
        return self.rows.checkouts[checkout_id]

    def attempt(self, checkout_id: str, n: int = 1) -> Attempt:
        return self.rows.attempts[(checkout_id, n)]

    def pool(self, name: str) -> Pool:
        """By what follows the drop in its id, as `item/shoe`."""
        return self.rows.pools[f"aurora/{name}"]

    def used(self, name: str) -> tuple[int, int]:
        """What is held and sold of a pool."""
        return self.pool(name).held, self.pool(name).sold


def open_world(**changes: object) -> World:
    """A world with the sample drop, open."""
    world = World()
    world.ask(put(a_drop(**changes)))
    return world


def put(drop: Drop, before: Drop | None = None) -> PutDrop:
    """Store a drop that was `before`, if it was."""
    pools = {*shared_pools(drop), *(shared_pools(before) if before is not None else ())}
    return PutDrop(drop.id, drop, tuple(sorted(pools)))


def reserve(
    *lines: tuple[str, int],
    buyer: str = "ada",
    drop_id: str = "aurora",
    promo: str | None = None,
    checkout_id: str | None = None,
) -> Reserve:
    """Some pieces, one shoe unless said otherwise; with every pool that it could claim from."""
    wanted = tuple(Line(item, quantity) for item, quantity in lines or (("shoe", 1),))
    pools = [buyer_pool(drop_id, buyer)]
    for line in wanted:
        pools += [item_pool(drop_id, line.item), in_flight_pool(drop_id, line.item)]
    if promo is not None:
        pools.append(promo_pool(drop_id, promo))
    return Reserve(drop_id, checkout_id or new_id(), buyer, wanted, tuple(pools), promo=promo)


def begin(checkout: Checkout, *, gateway_key: str | None = None, buyer: str | None = None) -> BeginPayment:
    """Try to pay, under a fresh key at the gateway unless one is given."""
    pools = checkout.claims.pools
    return BeginPayment(
        checkout.drop_id, checkout.id, pools, buyer, "sandbox", gateway_key or new_id(), "pm_ok", takeover_s=30
    )


def settle(checkout: Checkout, verdict: Verdict, n: int = 1) -> Authorization:
    """What the gateway said of attempt `n`."""
    return Authorization(checkout.drop_id, checkout.id, checkout.claims.pools, n, verdict)


def authorized(checkout: Checkout, n: int = 1) -> Authorization:
    """The gateway reserved the whole amount."""
    return settle(checkout, Authorized(f"ref-{n}", checkout.quote.total), n)


def captured(checkout: Checkout, verdict: Verdict, n: int = 1, *, deliver: bool = False) -> Capture:
    """What the gateway said of the capture."""
    return Capture(checkout.drop_id, checkout.id, checkout.claims.pools, n, verdict, deliver)


def voided(checkout: Checkout, verdict: Verdict, n: int = 1) -> Void:
    """What the gateway said of the void."""
    return Void(checkout.drop_id, checkout.id, checkout.claims.pools, n, verdict)


def delivered(checkout: Checkout, *, accepted: bool = True, again_s: float | None = None, n: int = 1) -> Deliver:
    """What the merchant's system said."""
    return Deliver(checkout.drop_id, checkout.id, checkout.claims.pools, n, accepted, again_s)


def expire(checkout: Checkout) -> Expire:
    """The loop found it overdue."""
    return Expire(checkout.drop_id, checkout.id, checkout.claims.pools)


def cancel(checkout: Checkout, buyer: str | None = None) -> Cancel:
    """The buyer gives up; None is the storefront."""
    return Cancel(checkout.drop_id, checkout.id, checkout.claims.pools, buyer)
