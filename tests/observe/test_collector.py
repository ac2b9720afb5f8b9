"""The collector's configuration that we ship, on the spans that we send: what its policies keep of a purchase.

The policies are read as the tail sampler's documentation says: a trace is kept if one of them keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from race_to_purchase.observe.events import Event
from race_to_purchase.observe.events.gateways import GatewayAnswered
from race_to_purchase.observe.events.http import RequestAnswered
from race_to_purchase.observe.events.path import CheckoutReserved, OrderPlaced, PaymentEnded
from race_to_purchase.observe.request import Cause
from race_to_purchase.observe.traces.gather import Gather, Gathered, pieces
from race_to_purchase.observe.traces.wire import encoded
from tests.project.tree import ROOT

CONFIGURATION = ROOT / "docs" / "observe" / "collector.yaml"
TENTH = "a-tenth-of-the-rest"

Span = Mapping[str, Any]
Tell = Callable[[Cause], Event]


@pytest.fixture(scope="module")
def policies() -> list[dict[str, Any]]:
    read = yaml.safe_load(Path(CONFIGURATION).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = read["processors"]["tail_sampling"]["policies"]
    return found


def sent(*told: Tell, status: int = 200) -> list[Span]:
    """The spans of a request of which this was told, as a collector gets them."""
    found: list[Gathered] = []
    gather = Gather(found.append, 1.0, None)
    cause = gather.begin("req", "")
    answered = RequestAnswered("pay", "5xx" if status >= 500 else "2xx", status, 0.2, cause=cause)
    for event in (*(each(cause) for each in told), answered):
        gather.by_event[type(event)](event)
    body = json.loads(encoded((piece for each in found for piece in pieces(each)), {}))
    spans: list[Span] = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return spans


def keeping(policies: list[dict[str, Any]], spans: list[Span]) -> set[str]:
    """Names of the policies that keep a trace of these spans, without that which throws dice."""
    return {policy["name"] for policy in policies if any(_keeps(policy, span) for span in spans)}


def _keeps(policy: dict[str, Any], span: Span) -> bool:
    wanted = policy[policy["type"]]
    about = {attribute["key"]: attribute["value"] for attribute in span["attributes"]}
    match policy["type"]:
        case "status_code":
            return (span["status"].get("code", 0) == 2) and wanted["status_codes"] == ["ERROR"]
        case "string_attribute":
            return about.get(wanted["key"], {}).get("stringValue") in wanted["values"]
        case "numeric_attribute":
            value = about.get(wanted["key"], {}).get("intValue")
            return value is not None and wanted["min_value"] <= int(value) <= wanted["max_value"]
        case kind:
            assert kind == "probabilistic"
            return False


def reserved(amount: int) -> Tell:
    return lambda cause: CheckoutReserved("aurora", "c1", amount, "EUR", 1, cause=cause)


def ordered(amount: int) -> Tell:
    return lambda cause: OrderPlaced("aurora", "c1", "c1", 1, "bank", amount, "EUR", 1, 3.0, False, cause=cause)


def test_what_is_worth_much_is_kept_from_the_reservation_on(policies: list[dict[str, Any]]) -> None:
    assert keeping(policies, sent(reserved(50_000))) == {"worth-much"}
    assert keeping(policies, sent(ordered(50_000))) == {"worth-much"}
    assert keeping(policies, sent(ordered(2**53 - 1))) == {"worth-much"}


def test_what_went_well_and_is_worth_little_is_left_to_the_dice(policies: list[dict[str, Any]]) -> None:
    assert keeping(policies, sent(reserved(49_999), ordered(49_999))) == set()
    (dice,) = [policy for policy in policies if policy["type"] == "probabilistic"]
    assert dice["probabilistic"] == {"sampling_percentage": 10}


def test_what_failed_is_kept(policies: list[dict[str, Any]]) -> None:
    def silent(cause: Cause) -> Event:
        return GatewayAnswered("bank", "authorize", "no_answer", "", 0.1, cause=cause)

    assert keeping(policies, sent(silent)) == {"failed"}
    assert keeping(policies, sent(status=503)) == {"failed"}


@pytest.mark.parametrize("end", ["expired", "sold_out"])
def test_so_is_what_was_paid_for_nothing(policies: list[dict[str, Any]], end: Any) -> None:
    def ended(cause: Cause) -> Event:
        return PaymentEnded("aurora", "c1", 1, "bank", 100, "EUR", end, "", True, cause=cause)

    assert keeping(policies, sent(ended)) == {"ended-without-an-order"}
