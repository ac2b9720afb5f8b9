"""From what the crowd met and what the audit found to the measures; the arithmetic alone, free of I/O.

`docs/measures.md` defines every number here in words. A measure that misses its target is a finding; an invariant
that broke is a failure, and the only thing that fails a rehearsal.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from race_to_purchase.observe.measures import Measure
from race_to_purchase.rehearse.crowd.diary import Purchase
from race_to_purchase.rehearse.crowd.tally import Tally
from race_to_purchase.rehearse.fairness import Fairness, Gained, LineSeen, bot_arrival_share, fairness, strategies

PACE_KEPT = 0.9
"""M13: the busiest second must bring at least this share of the orders that were asked for in its busiest second."""


class Rehearsal(msgspec.Struct, frozen=True):
    """What was rehearsed; `shelves` has the stock of each item, `stock` is their sum."""

    buyers: int
    bots: int
    stock: int
    seed: int
    shelves: dict[str, int]
    workers: int = 1


class Ledgers(msgspec.Struct, frozen=True):
    """What the audit of the rows and of the gateway's books found once everything had come to rest.

    Amounts in minor units. `violations` are the sentences of whatever check failed, those with a field here included.
    """

    sold: int
    oversold: int
    duplicate_orders: int
    captured_without_order: int
    orders_without_capture: int
    ledger_imbalance_minor: int
    orders: int
    stock_findings: int = 0
    """Pools that do not say what checkouts claim of them, or hold more than there is."""
    still_held: int = 0
    """Pieces that were held by nobody any more, and had not come back when waiting for it ended."""
    violations: tuple[str, ...] = ()


class Witness(msgspec.Struct, frozen=True):
    """What only an onlooker can see: the stock at every look during the sale, and every answered order afterwards."""

    looks: int
    inconsistent_looks: int
    missing_orders: int = 0
    wrong_amounts: int = 0
    line: LineSeen | None = None
    engine: tuple[Measure, ...] = ()
    """What the engine itself has counted: M1 to M15."""


class Scorecard(msgspec.Struct, frozen=True):
    """Everything that is printed and written; field names are those of the JSON."""

    stock: int
    sold: int
    oversold: int
    duplicate_orders: int
    captured_without_order: int
    orders_without_capture: int
    ledger_imbalance_minor: int
    checkout_success_rate: float | None
    p50_checkout_ms: float | None
    p95_checkout_ms: float | None
    purchases_per_s: float
    busiest_second: int
    bot_share: float | None
    orders: int
    answered_orders: int
    missing_orders: int
    wrong_amounts: int
    answers_differ: int
    tabs_disagree: int
    limit_evaded: int
    elapsed_s: float
    rehearsal: Rehearsal
    measures: tuple[Measure, ...]
    ends: dict[str, int]
    receptions: dict[str, int]
    payments: dict[str, int]
    refusals: dict[str, int]
    notes: dict[str, int]
    requests: dict[str, int]
    latencies_ms: dict[str, dict[str, float | None]]
    broken: tuple[str, ...]
    strategies: tuple[Gained, ...] = ()
    bot_arrival_share: float | None = None
    fairness: Fairness | None = None
    engine: tuple[Measure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def scorecard(rehearsal: Rehearsal, tally: Tally, ledgers: Ledgers, witness: Witness, elapsed_s: float) -> Scorecard:
    """All measures of one rehearsal that took `elapsed_s` from the opening to the last visitor's leaving."""
    ends = tally.ends()
    ledgers = replace(
        ledgers,
        oversold=max(ledgers.oversold, sold_beyond(tally.purchases, rehearsal.shelves)),
        duplicate_orders=ledgers.duplicate_orders + bought_twice(tally.purchases),
    )
    return Scorecard(
        stock=rehearsal.stock,
        sold=ledgers.sold,
        oversold=ledgers.oversold,
        duplicate_orders=ledgers.duplicate_orders,
        captured_without_order=ledgers.captured_without_order,
        orders_without_capture=ledgers.orders_without_capture,
        ledger_imbalance_minor=ledgers.ledger_imbalance_minor,
        checkout_success_rate=success_rate(ends),
        p50_checkout_ms=tally.checkout.percentile_ms(50),
        p95_checkout_ms=tally.checkout.percentile_ms(95),
        purchases_per_s=round(per_busy_second(tally.purchases), 1),
        busiest_second=busiest(purchase.placed_at_s for purchase in tally.purchases),
        bot_share=bot_share(tally.purchases),
        orders=ledgers.orders,
        answered_orders=len(tally.purchases),
        missing_orders=witness.missing_orders,
        wrong_amounts=witness.wrong_amounts + charged_wrong(tally.purchases),
        answers_differ=tally.counts["note/answers_differ"],
        tabs_disagree=tally.counts["note/tabs_disagree"],
        limit_evaded=tally.counts["note/limit_evaded"],
        elapsed_s=round(elapsed_s, 1),
        rehearsal=rehearsal,
        measures=measures(tally, ledgers, witness),
        ends=tally.under("end"),
        receptions=tally.under("reserve"),
        payments=tally.under("pay"),
        refusals=tally.under("refusal"),
        notes=tally.under("note"),
        requests=tally.under("sent"),
        latencies_ms=latencies(tally),
        broken=broken(tally, ledgers, witness),
        strategies=strategies(tally),
        bot_arrival_share=bot_arrival_share(tally),
        fairness=None if witness.line is None else fairness(tally, witness.line),
        engine=witness.engine,
    )


def share(part: int, whole: int) -> float | None:
    """`part` of `whole`, None of nothing."""
    return round(part / whole, 6) if whole else None


def success_rate(ends: Counter[str]) -> float | None:
    """M1: orders among the tries whose end was up to the shop. What a scarce good or a buyer decides is neither."""
    bought = ends["bought"]
    return share(bought, bought + ends["failed"] + ends["expired"])


def reservation_rate(tally: Tally) -> float | None:
    """M3: reservations that were granted and lasted, among those that were granted or failed."""
    accepted, failed = tally.counts["reserve/accepted"], tally.counts["reserve/failed"]
    return share(accepted - tally.ends()["expired"], accepted + failed)


def authorization_rate(tally: Tally) -> float | None:
    """M5: authorized payments among those that the card's bank did not decline."""
    authorized, failed = tally.counts["pay/authorized"], tally.counts["pay/failed"]
    return share(authorized, authorized + failed)


def per_busy_second(purchases: Iterable[Purchase]) -> float:
    """Orders divided by the number of seconds of the sale's clock in which at least one order was placed."""
    seconds = Counter(int(purchase.placed_at_s) for purchase in purchases)
    return seconds.total() / len(seconds) if seconds else 0.0


def busiest(moments_s: Iterable[float]) -> int:
    """The most that fell into any one second, wherever it begins."""
    window: deque[float] = deque()
    most = 0
    for moment_s in sorted(moments_s):
        window.append(moment_s)
        while window[0] <= moment_s - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


def bot_share(purchases: Iterable[Purchase]) -> float | None:
    """The share of sold pieces that bots got."""
    pieces = Counter[str]()
    for purchase in purchases:
        pieces[purchase.who] += purchase.pieces
    return share(pieces["bot"], pieces.total())


def sold_beyond(purchases: Iterable[Purchase], shelves: dict[str, int]) -> int:
    """Pieces in answered orders beyond what there was of each item."""
    pieces = Counter[str]()
    for purchase in purchases:
        pieces[purchase.item] += purchase.pieces
    return sum(max(0, number - shelves.get(item, 0)) for item, number in pieces.items())


def bought_twice(purchases: Iterable[Purchase]) -> int:
    """Orders beyond the first of a name: everybody in this crowd, bots under each of their names, buys once at most."""
    return sum(number - 1 for number in Counter(purchase.buyer for purchase in purchases).values())


def charged_wrong(purchases: Iterable[Purchase]) -> int:
    """Orders whose amount is not the price that was agreed."""
    return sum(purchase.amount != purchase.expected for purchase in purchases)


def measures(tally: Tally, ledgers: Ledgers, witness: Witness) -> tuple[Measure, ...]:
    """M1 to M6, M13 and M8 as the crowd has met them, with their targets."""
    success, reserved = success_rate(tally.ends()), reservation_rate(tally)
    authorized, p95_ms = authorization_rate(tally), tally.checkout.percentile_ms(95)
    at_rest = ledgers.oversold > 0 or ledgers.stock_findings > 0
    consistent = share(witness.looks + 1 - witness.inconsistent_looks - at_rest, witness.looks + 1)
    twice = share(ledgers.duplicate_orders, ledgers.orders)
    wanted = busiest(purchase.paid_at_s for purchase in tally.purchases)
    placed = busiest(purchase.placed_at_s for purchase in tally.purchases)
    asked = sum(tally.under("challenge/asked").values())
    passed = share(sum(tally.under("challenge/passed").values()), asked)
    return (
        Measure("M1", "checkout success rate", success, "%", "≥ 99%", _at_least(success, 0.99)),
        Measure("M2", "end-to-end latency, p95", p95_ms, "ms", "< 2 s", None if p95_ms is None else p95_ms < 2000),
        Measure("M3", "reservation success rate", reserved, "%", "≥ 99.5%", _at_least(reserved, 0.995)),
        Measure("M4", "inventory consistency rate", consistent, "%", "100%", _at_least(consistent, 1.0)),
        Measure("M5", "payment authorization rate", authorized, "%", "≥ 98%", _at_least(authorized, 0.98)),
        Measure("M6", "duplicate order rate", twice, "%", "< 0.01%", None if twice is None else twice < 0.0001),
        Measure(
            "M13",
            "order commit rate, peak second",
            float(placed) if placed else None,
            "/s",
            f"≥ {PACE_KEPT:.0%} of {wanted:,}",
            placed >= wanted * PACE_KEPT if placed else None,
        ),
        *((Measure("M8", "bot challenge pass rate", passed, "%", "≥ 95%", _at_least(passed, 0.95)),) if asked else ()),
    )


def _at_least(value: float | None, target: float) -> bool | None:
    return None if value is None else value >= target


def latencies(tally: Tally) -> dict[str, dict[str, float | None]]:
    """p50, p95 and p99 of whole purchases and of single requests."""
    kinds = {"checkout": tally.checkout, "reserve": tally.requests("reserve"), "pay": tally.requests("pay")}
    return {
        kind: {f"p{percent}": kept.percentile_ms(percent) for percent in (50, 95, 99)} for kind, kept in kinds.items()
    }


def broken(tally: Tally, ledgers: Ledgers, witness: Witness) -> tuple[str, ...]:
    """A sentence for each invariant that did not hold; none is what a rehearsal is for."""
    counts = {
        "pieces were sold beyond the stock": ledgers.oversold,
        "orders are duplicates": ledgers.duplicate_orders,
        "captured payments have no order": ledgers.captured_without_order,
        "orders have no captured payment": ledgers.orders_without_capture,
        "minor units are missing from the ledger's balance": abs(ledgers.ledger_imbalance_minor),
        "orders that a buyer was told of do not exist": witness.missing_orders,
        "orders have another amount than was agreed": witness.wrong_amounts + charged_wrong(tally.purchases),
        "looks at the stock found more held and sold than there is": witness.inconsistent_looks,
        "repeated requests were answered differently under one key": tally.counts["note/answers_differ"],
        "buyers saw two orders in two tabs": tally.counts["note/tabs_disagree"],
        "reservations were made without a pass": tally.counts["note/entered_without_pass"],
        "passes were used for a second reservation": tally.counts["note/pass_used_twice"],
        "proofs of work were a second place": tally.counts["note/proof_used_twice"],
        "places were lost by a reload or a second device": tally.counts["note/place_lost"],
        "buyers got more than their limit": tally.counts["note/limit_evaded"],
        "pieces did not come back when their reservations ended": ledgers.still_held,
    }
    sentences = [f"{number:,} {what}" for what, number in counts.items() if number]
    if witness.line is not None:
        sentences += [f"the draw cannot be verified: {name} is not so" for name in witness.line.draw.failed]
    if not tally.purchases and tally.ends()["failed"]:
        sentences.append("nobody could buy anything, so that nothing was proved")
    return (*sentences, *ledgers.violations)
