"""The console shows a sale as it is: from the rows at once, from the counts of all processes seconds later."""

import time
import urllib.request
from typing import Any
from uuid import uuid4

import pytest

from tests.console.asking import Console


def sold(console: Console, drop: str, orders: int) -> Any:
    """The overview, once the processes have written down what they counted."""
    seen: list[Any] = []

    def counted() -> bool:
        seen.append(console.overview(drop))
        return bool(seen[-1]["orders"] == orders)

    console.engine.until(counted)
    return seen[-1]


def reasons(seen: Any) -> list[tuple[str, str, int]]:
    """Why buyers did not buy, and how many."""
    return [(reason["what"], reason["why"], reason["count"]) for reason in seen["reasons"]]


def test_a_drop_that_nobody_has_come_to_has_nothing_to_tell(console: Console) -> None:
    seen = console.overview(console.drop())
    assert (seen["sold"], seen["held"], seen["capacity"], seen["revenue"]) == (0, 0, 10, 0)
    assert (seen["conversion"], seen["budget"]["left"], seen["reasons"]) == (None, None, [])
    assert seen["drop"]["phase"] == "open"
    assert [measure["id"] for measure in seen["measures"]] == [f"M{number}" for number in range(1, 16)]


def test_what_is_sold_is_seen_with_what_it_brought_and_why_others_went_away(console: Console) -> None:
    drop = console.drop(items=[{"id": "eu-42", "title": "EU 42", "price": 15900, "stock": 3}])
    for number in range(2):
        console.buys(drop, f"ada-{number}")
    console.buys(drop, "bob", "pm_declined")
    # Each process writes down for itself what it has counted.
    console.engine.until(lambda: console.overview(drop)["conversion"] == pytest.approx(2 / 3))
    console.engine.until(lambda: ("payment", "declined", 1) in reasons(console.overview(drop)))
    seen = sold(console, drop, 2)
    assert (seen["sold"], seen["held"], seen["revenue"]) == (2, 1, 31_800)
    assert seen["budget"]["left"] == 1.0
    measures = {measure["id"]: measure["value"] for measure in seen["measures"]}
    assert measures["M1"] == 1.0
    assert measures["M2"] is not None


def test_what_is_met_and_what_is_left_is_judged_by_the_objectives_of_the_shop(console: Console) -> None:
    seen = console.overview(console.drop())
    targets = {measure["id"]: measure["target"] for measure in seen["measures"]}
    assert (seen["budget"]["target"], targets["M1"], targets["M2"]) == (0.9, "≥ 90%", "< 30000 ms")


def test_the_levels_of_a_process_are_told_as_long_as_they_stay_the_same(console: Console) -> None:
    drop = console.drop()
    console.engine.until(lambda: console.overview(drop)["saturation"]["processes"] == 2)
    console.engine.until(lambda: console.overview(drop)["saturation"]["connections"] >= 2)


def test_from_where_most_comes_is_seen_shortened(console: Console) -> None:
    drop = console.drop()

    def seen() -> bool:
        # Somebody without a key: what storefronts ask says nothing of where their buyers are.
        urllib.request.urlopen(f"{console.engine.url}/v1/drops/{drop}", timeout=10).close()
        return [one["network"] for one in console.overview(drop)["networks"]] == ["127.0.0.0/24"]

    console.engine.until(seen)


def test_charts_add_up_to_what_was_sold_and_are_bounded(console: Console) -> None:
    drop = console.drop()
    console.buys(drop, "ada")
    found: list[Any] = []

    def drawn() -> bool:
        found.append(console.ask("GET", f"/v1/admin/console/drops/{drop}/series")[1])
        return sum(found[-1]["orders"]) * found[-1]["step_s"] == pytest.approx(1, abs=0.05)

    console.engine.until(drawn)
    series = found[-1]
    assert len(series["at"]) == len(series["orders"]) == len(series["checkout_ms"]) <= 721
    assert series["at"][0] <= time.time() - 3500  # It opened long ago: an hour of it is drawn.
    long = f"/v1/admin/console/drops/{drop}/series?since=2020-01-01T00:00:00Z&step=1"
    assert len(console.ask("GET", long)[1]["at"]) <= 721


@pytest.mark.parametrize(
    "query", ["step=0", "step=x", "since=yesterday", "since=2026-01-01T00:00:00", "colour=red", "a&b",
              "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_query_that_is_none_is_refused(console: Console, query: str) -> None:
    status, told = console.ask("GET", f"/v1/admin/console/drops/{console.drop()}/series?{query}")
    assert (status, told["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("below", ["", "/series", "/stream"])
def test_a_drop_that_is_none_is_unknown(console: Console, below: str) -> None:
    status, told = console.ask("GET", f"/v1/admin/console/drops/nothing-here{below}")
    assert (status, told["code"]) == (404, "unknown_drop")


def test_the_live_view_tells_of_a_reservation_by_itself(console: Console) -> None:
    drop = console.drop()
    with console.stream(drop) as events:
        first = next(events)
        assert (first[1], first[2]["sold"]) == ("overview", 0)
        console.buys(drop, "ada")
        give_up_at = time.monotonic() + 30
        while next(events)[2]["sold"] != 1:
            assert time.monotonic() < give_up_at


def test_whoever_comes_back_is_told_everything_at_once_wherever_they_were_before(console: Console) -> None:
    drop = console.drop()
    with console.stream(drop) as events:
        id_ = next(events)[0]
    with console.stream(drop, last_event_id=id_) as events:
        assert next(events)[2]["drop"]["id"] == drop


def test_a_purchase_is_found_by_all_that_somebody_may_know_of_it(console: Console) -> None:
    drop, buyer = console.drop(), f"buyer-{uuid4()}"
    checkout = console.buys(drop, buyer)
    _, purchase = console.ask("GET", f"/v1/admin/console/purchases/{checkout}")
    reference = purchase["attempts"][0]["gateway_ref"]
    for text in (checkout, checkout.upper(), buyer, reference):
        status, told = console.ask("GET", f"/v1/admin/console/search?q={text}")
        assert status == 200, told
        assert [(one["checkout"], one["buyer"]) for one in told["found"]] == [(checkout, buyer)], text


def test_a_purchase_is_found_by_its_idempotency_key(console: Console) -> None:
    key = f"key-{uuid4()}"
    checkout = console.reserves(console.drop(), "ada", key)
    _, told = console.ask("GET", f"/v1/admin/console/search?q={key}")
    assert [(one["by"], one["checkout"]) for one in told["found"]] == [("idempotency_key", checkout)]


@pytest.mark.parametrize("query", ["", "q=ab", "q=abc&hours=0", "q=abc&hours=100000", f"q={'a' * 300}"])
def test_a_search_for_nothing_is_refused(console: Console, query: str) -> None:
    status, told = console.ask("GET", f"/v1/admin/console/search?{query}")
    assert (status, told["code"]) == (422, "invalid_input")


def test_a_purchase_is_followed_from_its_reservation_to_the_books(console: Console) -> None:
    checkout = console.buys(console.drop(), "ada")
    seen: list[Any] = []

    def captured() -> bool:
        seen.append(console.ask("GET", f"/v1/admin/console/purchases/{checkout}")[1])
        return bool(seen[-1]["attempts"] and seen[-1]["attempts"][0]["state"] == "captured")

    console.engine.until(captured)
    purchase = seen[-1]
    what = [line["what"] for line in purchase["history"]]
    assert what.index("reserved") < what.index("sent") < what.index("captured")
    assert [entry["kind"] for entry in purchase["entries"]][:1] == ["sale"]
    assert all(sum(entry["amounts"]) == 0 for entry in purchase["entries"])
    assert purchase["order"]["gateway"] == "sandbox"


def test_a_purchase_that_is_none_is_unknown(console: Console) -> None:
    status, told = console.ask("GET", f"/v1/admin/console/purchases/{uuid4()}")
    assert (status, told["code"]) == (404, "unknown_checkout")


def test_it_says_up_to_when_what_all_processes_counted_is_in_it(console: Console) -> None:
    """Stock is that of the rows, at once; orders and revenue follow when the processes have written them down."""
    drop = console.drop()
    console.buys(drop, "ada")
    bought = console.overview(drop)["now"]
    seen: dict[str, Any] = {}

    def counted() -> bool:
        seen.update(console.overview(drop))  # Each process has a view of its own.
        return (seen["counted_at"] or "") >= bought

    console.engine.until(counted)
    assert seen["counted_at"] <= seen["now"]
    assert (seen["sold"], seen["orders"], seen["revenue"]) == (1, 1, 15_900)
