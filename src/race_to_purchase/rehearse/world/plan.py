"""What kind of world a seed makes: its sales, its buyers, its processes, and what goes wrong there most.

Every seed has a theme, so that what is rare in an ordinary world (a doomed authorization, a commit of unknown fate)
happens often in some.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from race_to_purchase.rehearse.world.chaos import Rates
from race_to_purchase.rules.drop import Drop, Item, Promo

BEGIN = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
"""The database's clock at the beginning of a world."""

ORDINARY = 0.015
"""Probability of a fault at a point, where a theme says nothing."""

CALMED = 10
"""So many times rarer faults are in a calm world."""

THEMES: dict[str, dict[str, Any]] = {
    "quiet": {"rates": dict.fromkeys(Rates.__struct_fields__, 0.005), "deeds_every_s": 60.0},
    "ordinary": {},
    "database": {
        "rates": {"connect": 0.03, "read": 0.03, "commit": 0.12, "reads": 0.03},
        "favours": ("conflict", "rejected"),
        "batch_max": 256,
        "outages": True,
    },
    "gateway": {"rates": {"gateway": 0.3, "commit": 0.02}},
    "gateway_down": {"rates": {"gateway": 0.1}, "gateway_outages": True, "deeds_every_s": 30.0},
    "late": {
        "rates": {"gateway": 0.3, "commit": 0.04},
        "favours": ("late", "slow", "lost_request"),
        "reservation_s": (30, 75),
    },
    "frozen": {
        "rates": dict.fromkeys(Rates.__struct_fields__, 0.003) | {"gateway": 0.25, "commit": 0.15},
        "favours": ("freeze", "freeze", "crash_before"),
        "reservation_s": (5, 20),
        "frozen_s_max": 1500.0,
        "deeds_every_s": 60.0,
        "processes": (3,),
        "rest_rounds": 60,
        "strikes": {"gateway.void": 0.9, "commit.begin": 0.4},
    },
    "crashes": {"deeds_every_s": 8.0},
    "short": {"rates": {"gateway": 0.3}, "reservation_s": (2, 8), "visits": (80, 120), "stock": (30, 100)},
    "tight": {
        "rates": {"gateway": 0.2},
        "stock": (15, 40),
        "visits": (70, 110),
        "span_s": (10.0, 60.0, 180.0),
        "payment_first": 0.8,
    },
    "declines": {
        "rates": {"commit": 0.12},
        "decline_rate": 0.2,
        "methods": ("pm_declined", "pm_3ds", "pm_3ds", "pm_partial"),
        "strikes": {"commit.action_required": 0.4, "commit.doom": 0.4, "commit.decline": 0.2},
    },
    "captures": {
        "rates": {"gateway": 0.12, "commit": 0.06},
        "methods": ("pm_uncapturable", "pm_uncapturable", "pm_short"),
        "strikes": {"commit.capture_failed": 0.5, "commit.capture_again": 0.4},
    },
    "merchant": {
        "rates": {"merchant": 0.2, "commit": 0.05},
        "deaf": True,
        "rest_rounds": 250,
        "strikes": {"commit.undeliverable": 0.7, "commit.deliver_again": 0.1},
    },
    "voids": {
        "rates": {"commit": 0.03, "gateway": 0.2},
        "rest_rounds": 30,
        "methods": ("pm_partial",),
        "strikes": {"commit.void_again": 0.6, "commit.void": 0.3, "commit.doom": 0.3},
    },
}

THEMES |= {
    "two_steps": {
        "rates": {"gateway": 0.12, "commit": 0.03},
        "two_step": 1.0,
        "favours": ("crash_before", "lost_answer"),
    },
    "failover": {
        "rates": {"gateway": 0.22, "commit": 0.03},
        "decline_rate": 0.1,
        "gateways": 2,
        "fails_over": 1.0,
        "favours": ("lost_answer", "late", "error_after", "not_sent"),
        "gateway_outages": True,
    },
    "overtaken": {
        "rates": {"gateway": 0.02, "commit": 0.01},
        "gateways": 2,
        "fails_over": 1.0,
        "favours": ("freeze", "freeze", "lost_answer"),
        "strikes": {"gateway.authorize": 0.3, "gateway.look_up": 0.7},
        "processes": (2, 3),
        "reservation_s": (60, 120),
        "frozen_s_max": 90.0,
        "deeds_every_s": 60.0,
    },
    "days": {
        "rates": {"gateway": 0.8},
        "favours": ("lost_request", "lost_request", "not_sent"),
        "reservation_s": (150_000, 250_000),
        "visits": (80, 140),
        "gateways": 1,
        "rest_rounds": 60,
        "loops_every_s": 3600.0,
        "deeds_every_s": 20_000.0,
    },
    "returns": {
        "rates": {"gateway": 0.12, "commit": 0.04},
        "favours": ("lost_answer", "lost_request"),
        "returns": (20,),
        "webhooks": 1.0,
        "strikes": {"gateway.refund": 0.4, "gateway.look_up_refund": 0.3},
    },
    "disputes": {
        "rates": {"commit": 0.05, "webhook": 0.25, "gateway": 0.1},
        "returns": (6,),
        "objections": (15,),
        "webhooks": 1.0,
        "asked_at_once": (1, 2),
        "strikes": {"commit.dispute": 0.3, "gateway.reference_of": 0.4},
    },
    "reconcile": {
        "rates": {"commit": 0.03, "gateway": 0.08},
        "visits": (140, 220),
        "stock": (80, 390),
        "decline_rate": 0.1,
        "returns": (6,),
        "strikes": {"commit.finding": 0.2, "gateway.payments": 0.2, "gateway.void": 0.3, "gateway.refund": 0.3},
    },
    "storm": {"visits": (160, 220), "span_s": (0.5,), "batch_max": 8, "policies": ("optimistic",), "processes": (1, 2)},
    "queued": {
        "rates": {"gateway": 0.08, "reads": 0.05},
        "favours": ("delay",),
        "per_second": (2.0, 6.0),
        "reservation_s": (10, 40),
        "strikes": {"commit.begin": 0.3},
    },
}

METHODS = ("pm_declined", "pm_3ds", "pm_partial", "pm_uncapturable", "pm_short")
"""Payment methods with which something is wrong; `pm_ok` is the one with which nothing is."""


class Counter(msgspec.Struct, frozen=True):
    """A gateway of a world; `per_second` is what it allows, and None means everything."""

    name: str
    two_step: bool
    fails_over: bool
    per_second: float | None


class Plan(msgspec.Struct, frozen=True):
    """See the module. `odd` is how often a payment method is one of `methods`, from 0 to 1."""

    theme: str
    drops: tuple[Drop, ...]
    visits: int
    buyers: int
    span_s: float
    policies: tuple[str, ...]
    gateways: tuple[Counter, ...]
    batch_max: int
    rates: Rates
    deeds_every_s: float
    loops_every_s: float
    decline_rate: float
    odd: float
    methods: tuple[str, ...]
    outages: bool
    gateway_outages: bool
    favours: tuple[str, ...]
    """Kinds of fault that strike more often than others."""
    strikes: dict[str, float]
    """Points that are struck more often than their kind, by their whole name."""
    merchant: bool
    deaf: bool
    webhooks: bool
    returns: int
    """Orders of which the merchant gives money back."""
    objections: int
    """Payments to which buyers object at their bank."""
    frozen_s_max: float
    """The longest that a process is frozen."""
    asked_at_once: int
    """Messages about which a process asks a gateway at the same time."""
    wrongs: bool
    """Whether the world is spoilt once it has come to rest, so that there is something to reconcile."""
    rest_rounds: int
    """So many rounds the faults go on after the last buyer has left."""


def plan(chance: Random, theme: str | None = None) -> Plan:
    """The world of a seed; `chance` is where its dice stand, and chooses the theme where none is given."""
    theme = theme or chance.choice(list(THEMES))
    said = THEMES[theme]
    rates = {name: ORDINARY for name in Rates.__struct_fields__} | said.get("rates", {})
    return Plan(
        theme=theme,
        drops=tuple(_drop(chance, number, said) for number in range(chance.choice((1, 1, 2)))),
        visits=chance.randint(*said.get("visits", (180, 280))),
        buyers=chance.choice((120, 800, 800)),
        span_s=chance.choice(said.get("span_s", (30.0, 120.0, 360.0))),
        policies=tuple(
            chance.choice(said.get("policies", ("combine", "combine", "optimistic")))
            for _ in range(chance.choice(said.get("processes", (1, 2, 2, 2, 3))))
        ),
        gateways=tuple(
            _counter(chance, name, said) for name in ("alpha", "beta")[: said.get("gateways", chance.choice((1, 2)))]
        ),
        batch_max=said.get("batch_max", chance.choice((1, 8, 256, 256))),
        rates=Rates(**rates),
        deeds_every_s=said.get("deeds_every_s", 30.0),
        loops_every_s=said.get("loops_every_s", chance.choice((12.0, 30.0))),
        decline_rate=said.get("decline_rate", 0.03),
        odd=0.6 if "methods" in said else 0.15,
        methods=said.get("methods", METHODS),
        outages=said.get("outages", False),
        gateway_outages=said.get("gateway_outages", False),
        strikes=said.get("strikes", {}),
        favours=said.get("favours", ()),
        merchant=theme == "merchant" or chance.random() < 0.8,
        deaf=said.get("deaf", False),
        webhooks=chance.random() < said.get("webhooks", 0.5),
        returns=chance.choice(said.get("returns", (0, 0, 4))),
        objections=chance.choice(said.get("objections", (0, 0, 0, 3))),
        frozen_s_max=said.get("frozen_s_max", 30.0),
        asked_at_once=chance.choice(said.get("asked_at_once", (2, 50))),
        wrongs=theme == "reconcile" or chance.random() < 0.05,
        rest_rounds=said.get("rest_rounds", chance.choice((0, 5, 15))),
    )


def calmed(plan: Plan) -> Plan:
    """The same world with far fewer faults: what comes late in a long piece of work is reached where that is let be."""
    rates = {name: rate / CALMED for name, rate in msgspec.structs.asdict(plan.rates).items()}
    return replace(plan, rates=Rates(**rates), strikes={}, deeds_every_s=CALMED * plan.deeds_every_s)


def _counter(chance: Random, name: str, said: dict[str, Any]) -> Counter:
    slow = "per_second" in said
    return Counter(
        name,
        two_step=chance.random() < said.get("two_step", 0.3),
        fails_over=chance.random() < said.get("fails_over", 0.3),
        per_second=chance.uniform(*said["per_second"]) if slow else None,
    )


def _drop(chance: Random, number: int, said: dict[str, Any]) -> Drop:
    payment_first = chance.random() < said.get("payment_first", 0.4)
    stock = said.get("stock", (100, 500))
    items = tuple(
        Item(f"item-{letter}", f"Item {letter}", chance.choice((0, 1999, 5000, 15900)), chance.randint(*stock))
        for letter in "abc"[: chance.randint(1, 3)]
    )
    return Drop(
        id=f"drop-{number}",
        title=f"Drop {number}",
        opens_at=BEGIN - timedelta(hours=1),
        currency="EUR",
        items=items,
        reservation_seconds=chance.randint(*said.get("reservation_s", (20, 120))),
        limit_per_buyer=chance.choice((None, None, None, 4)),
        flow="payment_first" if payment_first else "reservation_first",
        promos=(Promo("TEN", chance.randint(2, 16), percent_off=10),),
    )
