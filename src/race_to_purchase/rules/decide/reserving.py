"""Reserve: price the lines, claim every pool or none, and give the buyer a deadline."""

from __future__ import annotations

from datetime import timedelta

from race_to_purchase.rules import pools
from race_to_purchase.rules.commands import Reserve
from race_to_purchase.rules.decide.decision import Decision, pool_of, tell
from race_to_purchase.rules.decide.passing import spend
from race_to_purchase.rules.drop import Drop, buyer_pool, in_flight_pool, item_pool, promo_pool, ticket_pool
from race_to_purchase.rules.outcomes import (
    AllReserved,
    Closed,
    LimitReached,
    NotOpen,
    Outcome,
    PromoUsedUp,
    Reserved,
    SoldOut,
    Unknown,
)
from race_to_purchase.rules.pricing import quote
from race_to_purchase.rules.rows import Buyer, Checkout, Claims, DropRow, Pool, Quote, Row
from race_to_purchase.rules.snapshot import Snapshot


def reserve(snapshot: Snapshot, command: Reserve) -> Decision:
    """Reserved, or the first reason why not. A command that was already carried out answers as it did then."""
    earlier = snapshot.checkouts.get(command.checkout_id)
    if earlier is not None:
        return Decision(Reserved(earlier))
    if command.refused is not None:
        return Decision(command.refused)
    row = snapshot.drops.get(command.drop_id)
    if row is None:
        return Decision(Unknown("drop", command.drop_id))
    refused = _door(snapshot, row)
    if refused is not None:
        return Decision(refused)
    drop = row.definition
    cart = (drop.id, command.lines, command.promo)
    priced = snapshot.quotes.get(cart) or quote(drop, command.lines, command.promo)
    if not isinstance(priced, Quote):
        return Decision(priced)
    snapshot.quotes[cart] = priced
    spent = spend(snapshot, drop, command.admitted)
    if not isinstance(spent, list):
        return Decision(spent)
    claims = _claims(drop, command)
    held = _hold(snapshot, drop, claims, command)
    if not isinstance(held, list):
        return Decision(held)
    checkout = Checkout(
        id=command.checkout_id,
        drop_id=drop.id,
        buyer=command.buyer,
        state="reserved" if drop.flow == "reservation_first" else "open",
        quote=priced,
        claims=claims,
        deadline=snapshot.now + timedelta(seconds=drop.reservation_seconds),
        created_at=snapshot.now,
    )
    rows: list[Row] = [
        checkout,
        *held,
        *spent,
        tell(checkout.id, checkout.state, snapshot.now, "", command.traceparent),
    ]
    if command.email is not None:
        rows.append(Buyer(command.buyer, command.email))
    return Decision(Reserved(checkout), tuple(rows))


def _door(snapshot: Snapshot, row: DropRow) -> Outcome | None:
    drop = row.definition
    if row.closed_at is not None or (drop.closes_at is not None and snapshot.now >= drop.closes_at):
        return Closed(drop.id)
    if snapshot.now < drop.opens_at:
        return NotOpen(drop.id, drop.opens_at)
    return None


def _claims(drop: Drop, command: Reserve) -> Claims:
    # An item may stand in several lines: its claim is their sum.
    pieces: dict[str, int] = {}
    for line in command.lines:
        pieces[line.item] = pieces.get(line.item, 0) + line.quantity
    stock = {item_pool(drop.id, item): quantity for item, quantity in pieces.items()}
    shared: dict[str, int] = {}
    if drop.limit_per_buyer is not None:
        shared[buyer_pool(drop.id, command.buyer)] = sum(pieces.values())
    if command.promo is not None:
        shared[promo_pool(drop.id, command.promo)] = 1
    ticket = None
    if drop.door is not None and command.admitted is not None:
        ticket = ticket_pool(drop.id, command.admitted.tid)
    if drop.flow == "reservation_first":
        return Claims({**stock, **shared}, ticket=ticket)
    in_flight = {in_flight_pool(drop.id, item): quantity for item, quantity in pieces.items()}
    return Claims({**in_flight, **shared}, stock, ticket)


def _hold(snapshot: Snapshot, drop: Drop, claims: Claims, command: Reserve) -> list[Pool] | Outcome:
    """The pools with the claims held; payment first holds nothing yet, but does not let buyers in for nothing."""
    after: list[Pool] = []
    for pool_id, quantity in {**claims.commit, **claims.hold}.items():
        pool = limit_pool(snapshot, drop, pool_id, command.buyer, quantity)
        held = pools.hold(pool, quantity)
        if held is None:
            return refusal(pool, quantity)
        after.append(held)
    return after if drop.flow == "reservation_first" else []


def limit_pool(snapshot: Snapshot, drop: Drop, pool_id: str, buyer: str, quantity: int) -> Pool:
    """A pool of a claim. A buyer's pool is made at its first use, and follows a limit that has changed since."""
    if pool_id != buyer_pool(drop.id, buyer):
        return pool_of(snapshot, pool_id)
    pool = snapshot.pools.get(pool_id)
    used = 0 if pool is None else pool.held + pool.sold
    # Where the limit was lifted since the claim was made, there is room for whatever was claimed.
    limit = used + quantity if drop.limit_per_buyer is None else drop.limit_per_buyer
    if pool is None:
        return Pool(pool_id, drop.id, "buyer", limit)
    if pool.capacity == limit:
        return pool
    return pools.resize(pool, max(limit, used)) or pool


def refusal(pool: Pool, quantity: int) -> Outcome:
    """Why `quantity` could not be claimed from `pool`, in the buyer's terms."""
    name = pool.id.rsplit("/", 1)[1]
    if pool.kind == "buyer":
        return LimitReached(pool.capacity, max(0, pool.free))
    if pool.kind == "promo":
        return PromoUsedUp(name)
    left = max(0, pool.free)
    return SoldOut(name, left) if pool.capacity - pool.sold < quantity else AllReserved(name, left=left)
