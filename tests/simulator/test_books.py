"""The books add up whatever is asked, with whatever going wrong; and where they do not, they say so."""

import csv
import io
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.running import Running, running

CARDS = (
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_threeDSecure2Required",
    "pm_usBankAccount_processing",
    "pm_card_refundFail",
    "pm_card_pendingRefund",
    "pm_card_createDispute",
)
CALL_FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "cut_before"},
    {"fault": "cut_after"},
    {"fault": "error_before"},
    {"fault": "error_before", "stored": True},
    {"fault": "error_after"},
    {"fault": "garbage", "form": "half"},
    {"fault": "garbage"},
    {"fault": "rate_limit"},
    {"fault": "decline"},
    {"fault": "processing"},
)


class Shop:
    """Asks for anything at random, with keys that it often sends again; it knows only what it was answered."""

    def __init__(self, gateway: Running, random: Random, name: str) -> None:
        self.gateway, self.random, self.name = gateway, random, name
        self.intents: list[str] = []
        self.refunds: list[str] = []
        self.disputes: list[str] = []
        self.sent: list[tuple[str, dict[str, Any], str]] = []
        self.answers: dict[str, bytes] = {}

    def act(self) -> None:
        """One thing, new or repeated."""
        if self.sent and self.random.random() < 0.3:
            self.send(*self.random.choice(self.sent))
            return
        intent = self.random.choice(self.intents) if self.intents else None
        verbs = [self.create] if intent is None else [self.create, self.step, self.step, self.step, self.control]
        self.random.choice(verbs)()

    def create(self) -> None:
        form = {
            "amount": self.random.choice((50, 999, 1000, 20_000)),
            "currency": self.random.choice(("eur", "usd")),
            "capture_method": self.random.choice(("manual", "automatic")),
            "payment_method": self.random.choice(CARDS),
            "confirm": self.random.choice(("true", "false")),
            "metadata[checkout]": f"{self.name}-{len(self.sent)}",
        }
        made = self.send("/v1/payment_intents", form, self.key())
        if made is not None and made.get("object") == "payment_intent":
            self.intents.append(made["id"])

    def step(self) -> None:
        intent = self.random.choice(self.intents)
        step = self.random.choice(("confirm", "capture", "cancel", "refund", "refund"))
        amount = self.random.choice((1, 49, 500, 1000, 30_000))
        if step == "refund":
            made = self.send("/v1/refunds", {"payment_intent": intent, "amount": amount}, self.key())
            if made is not None and made.get("object") == "refund":
                self.refunds.append(made["id"])
            return
        forms: dict[str, dict[str, Any]] = {
            "confirm": {"payment_method": self.random.choice(CARDS)},
            "capture": self.random.choice(({}, {"amount_to_capture": amount})),
            "cancel": {},
        }
        self.send(f"/v1/payment_intents/{intent}/{step}", forms[step], self.key())

    def control(self) -> None:
        ended = self.random.choice(("succeeded", "failed"))
        intent = self.random.choice(self.intents)
        match self.random.randrange(4):
            case 0:
                self.gateway.ask_control(f"/payment_intents/{intent}/finish", {"outcome": ended})
            case 1:
                opened = self.gateway.ask_control("/disputes", {"payment_intent": intent}).json()
                self.disputes += [opened["id"]] if "id" in opened else []
            case 2 if self.refunds:
                self.gateway.ask_control(f"/refunds/{self.random.choice(self.refunds)}/finish", {"outcome": ended})
            case 3 if self.disputes:
                outcome = self.random.choice(("won", "lost"))
                self.gateway.ask_control(f"/disputes/{self.random.choice(self.disputes)}/resolve", {"outcome": outcome})

    def key(self) -> str:
        return f"{self.name}-key-{len(self.sent)}"

    def send(self, path: str, form: dict[str, Any], key: str) -> dict[str, Any] | None:
        """The JSON that came back; None where none did. An answer that is remembered must not change."""
        if (path, form, key) not in self.sent:
            self.sent.append((path, form, key))
        try:
            answer = self.gateway.post(path, form, Idempotency_Key=key)
            told: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError):
            return None
        if "Idempotent-Replayed" in answer.headers:
            assert self.answers.setdefault(key, answer.content) == answer.content
        elif answer.ok:
            assert self.answers.setdefault(key, answer.content) == answer.content, "one object for each key"
        return told


@pytest.fixture(scope="module")
def stage() -> Any:
    with running() as gateway:
        yield gateway


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), faults=st.lists(st.sampled_from(CALL_FAULTS), max_size=4))
def test_whatever_happens_the_books_add_up(stage: Running, seed: int, faults: list[dict[str, Any]]) -> None:
    stage.faults(*({**fault, "rate": 0.2} for fault in faults))
    shop = Shop(stage, Random(seed), f"s{seed}-{stage.control()['objects']['pi']}")
    for _ in range(40):
        shop.act()
    stage.control("/faults", method="DELETE")
    assert stage.violations() == []
    assert_money_is_possible(stage)


def assert_money_is_possible(gateway: Running) -> None:
    """Captured ≤ authorized, refunded ≤ captured, one payment for each reference, since each has a key of its own."""
    query = "/books?limit=1000"
    while query:
        page = gateway.control(query)
        for book in page["books"]:
            assert 0 <= book["held"] + book["captured"] <= book["authorized"], book
            assert 0 <= book["refunded"] + book["disputed"] <= book["captured"], book
            assert book["payments"] == 1, book
        after = page["next"]
        query = after and f"/books?limit=1000&after={after['after']}&after_currency={after['after_currency']}"


def test_books_are_paged(gateway: Running) -> None:
    for n in range(5):
        gateway.paid(metadata={"checkout": f"page-{n}"})
    references: list[str] = []
    query = "/books?limit=2"
    while query:
        page = gateway.control(query)
        references += [book["reference"] for book in page["books"]]
        after = page["next"]
        query = after and f"/books?limit=2&after={after['after']}&after_currency={after['after_currency']}"
    assert references == sorted(set(references))
    assert {f"page-{n}" for n in range(5)} <= set(references)


def test_several_payments_of_one_reference_are_added_up(gateway: Running) -> None:
    one, two = (gateway.paid(700, metadata={"checkout": "both"}).id for _ in range(2))
    gateway.paid(100, currency="usd", metadata={"checkout": "both"})
    eur, usd = gateway.control("/books?reference=both")["books"]
    assert (eur["currency"], eur["captured"], eur["payments"]) == ("eur", 1400, 2)
    assert set(eur["payment_intents"]) == {one, two}
    assert (usd["currency"], usd["captured"]) == ("usd", 100)


def test_the_settlement_lists_every_movement(gateway: Running) -> None:
    intent = gateway.paid(2000, metadata={"checkout": "settled"})
    refund = gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    dispute = gateway.control("/disputes", {"payment_intent": intent.id})
    text = requests.get(f"{gateway.control_url}/_control/settlement.csv", timeout=10).text
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["reference"] == "settled"]
    told = [(row["reporting_category"], row["source_id"], row["gross"], row["fee"], row["net"]) for row in rows]
    assert told == [
        ("charge", intent.latest_charge, "20.00", "0.88", "19.12"),
        ("refund", refund.id, "-5.00", "0.00", "-5.00"),
        ("dispute", dispute["id"], "-15.00", "15.00", "-30.00"),
    ]
    assert {(row["payment_intent_id"], row["charge_id"]) for row in rows} == {(intent.id, intent.latest_charge)}
    later = requests.get(f"{gateway.control_url}/_control/settlement.csv?from=99999999999", timeout=10).text
    assert len(later.splitlines()) == 1


def test_amounts_without_minor_units_settle_as_they_are(gateway: Running) -> None:
    gateway.paid(5000, currency="jpy", metadata={"checkout": "yen"})
    text = requests.get(f"{gateway.control_url}/_control/settlement.csv", timeout=10).text
    (row,) = [row for row in csv.DictReader(io.StringIO(text)) if row["reference"] == "yen"]
    assert row["gross"] == "5000"


@pytest.mark.parametrize(
    ("tampering", "violation"),
    [
        ("UPDATE account SET captured = captured - 1", "payment_shows_other_amounts"),
        ("UPDATE account SET refunded = refunded + 1", "refunds_do_not_add_up"),
        ("UPDATE account SET disputed = disputed + 1", "disputes_do_not_add_up"),
        ("DELETE FROM record WHERE prefix = 'txn'", "balance_does_not_add_up"),
        (
            "INSERT INTO record SELECT seq + 100, prefix, created, parent, label, body FROM record "
            "WHERE label = 'payment_intent.created'",
            "key_made_two_payments",
        ),
    ],
)
def test_changed_books_are_noticed(tmp_path: Path, tampering: str, violation: str) -> None:
    store = tmp_path / "books.db"
    with running(store=store) as gateway:
        made = gateway.post(
            "/v1/payment_intents",
            {"amount": "900", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"},
            Idempotency_Key="tampered",
        )
        assert (made.json()["status"], gateway.violations()) == ("succeeded", [])
    with sqlite3.connect(store) as file:
        file.execute(tampering)
    with running(store=store) as gateway:
        assert violation in {found["violation"] for found in gateway.violations()}


@pytest.mark.parametrize(
    "impossible",
    ["captured = authorized + 1", "refunded = captured + 1", "held = -1", "disputed = captured - refunded + 1"],
)
def test_the_books_themselves_refuse_what_money_cannot_do(tmp_path: Path, impossible: str) -> None:
    store = tmp_path / "books.db"
    with running(store=store) as gateway:
        gateway.paid()
    with sqlite3.connect(store) as file, pytest.raises(sqlite3.IntegrityError):
        file.execute("UPDATE account SET " + impossible)  # noqa: S608 - the test's own words
