"""Orders that something follows: paid ones, and what is asked and told of them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Literal

from race_to_purchase.rules.aftersale import DisputeRow, Refundable, RefundRow
from race_to_purchase.rules.commands import Dispute, DisputeNews, Refund, RefundSaid
from race_to_purchase.rules.outcomes import RefundStored, Reserved
from race_to_purchase.rules.rows import Checkout
from race_to_purchase.rules.verdicts import Captured, Refunded, Verdict
from tests.rules import world
from tests.rules.world import World, open_world
from tests.samples import NOON, new_id

GATEWAY = "sandbox"


def ordered(here: World | None = None, *, captured: bool = True, **wish: Any) -> tuple[World, Checkout]:
    """A world with one order, its money taken unless said otherwise."""
    here = here or open_world()
    outcome = here.ask(world.reserve(**wish))
    assert isinstance(outcome, Reserved)
    checkout = outcome.checkout
    here.ask(world.begin(checkout))
    here.ask(world.authorized(checkout))
    if captured:
        here.ask(world.captured(checkout, Captured("ref-1", checkout.quote.total)))
    return here, checkout


def refund(
    checkout: Checkout, amount: int | None = None, *, refund_id: str | None = None, restock: bool = False
) -> Refund:
    """Ask for a refund; of all that is left, unless an amount is given."""
    pools = checkout.claims.pools
    return Refund(
        checkout.drop_id,
        checkout.id,
        pools,
        refund_id or new_id(),
        amount,
        "late",
        restock,
        "shop",
        frozenset({"sandbox"}),
        15.0,
    )


def said(checkout: Checkout, verdict: Verdict, n: int = 1) -> RefundSaid:
    """What the gateway said of it."""
    return RefundSaid(checkout.drop_id, checkout.id, checkout.claims.pools, n, verdict)


def give_back(here: World, checkout: Checkout, amount: int | None = None, *, restock: bool = False) -> RefundRow:
    """A refund from its wish to its end."""
    asked = here.ask(refund(checkout, amount, restock=restock))
    assert isinstance(asked, RefundStored), asked
    done = here.ask(said(checkout, Refunded("ref-1", asked.refund.amount), asked.refund.n))
    assert isinstance(done, RefundStored), done
    return done.refund


def news(status: str = "needs_response", amount: int = 15_900, fee: int | None = 1_500, **more: Any) -> DisputeNews:
    """What a gateway knows of a dispute."""
    return DisputeNews(more.pop("id", "dp_1"), amount, more.pop("currency", "EUR"), "fraudulent", status, fee, **more)


def told(
    checkout: Checkout, kind: Literal["opened", "updated", "closed"], about: DisputeNews, at_s: float = 0
) -> Dispute:
    """A message of the gateway, made so many seconds after noon."""
    at: datetime = NOON + timedelta(seconds=at_s)
    return Dispute(checkout.drop_id, checkout.id, checkout.claims.pools, GATEWAY, kind, about, at)


def guard(here: World, checkout: Checkout) -> Refundable:
    return here.rows.guards[checkout.id]


def dispute(here: World, id_: str = "dp_1") -> DisputeRow:
    return here.rows.disputes[(GATEWAY, id_)]


def booked(here: World, checkout: Checkout) -> dict[str, int]:
    """What is on each account for an order; those at zero are left out."""
    sums: Counter[str] = Counter()
    for entry in here.rows.entries.values():
        if entry.order_id == checkout.id:
            assert sum(entry.amounts) == 0, entry
            for account, amount in zip(entry.accounts, entry.amounts, strict=True):
                sums[account] += amount
    return {account: amount for account, amount in sums.items() if amount}
