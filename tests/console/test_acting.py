"""What operators do to a sale: with who and why, and never on what somebody else has just changed."""

from typing import Any

import pytest

from tests.browser.sales import in_s
from tests.console.asking import OPERATOR_KEY, Console


@pytest.fixture
def lined(console: Console) -> str:
    """A drop with a line."""
    door = {
        "registration_opens_at": in_s(-3600), "registration_closes_at": in_s(-2), "rate_per_s": 5,
        "passes_outstanding_max": 10, "pass_seconds": 60,
    }  # fmt: skip
    return console.drop(opens_at=in_s(-1), door=door)


def latest(seen: Any) -> Any:
    """What somebody did last: the engine draws and calls meanwhile."""
    return next(action for action in seen["actions"] if action["data"].get("by"))


def test_a_line_is_paused_and_resumed_and_the_trail_says_by_whom_and_why(console: Console, lined: str) -> None:
    hand = console.overview(lined)["line"]["hand"]
    status, seen = console.acts(lined, {"do": "pause", "seen": hand, "why": "the bank is slow"}, OPERATOR_KEY)
    assert (status, seen["line"]["paused_at"] is not None) == (200, True)
    assert latest(seen)["data"] == {"by": "night", "paused": True, "why": "the bank is slow"}
    status, seen = console.acts(lined, {"do": "resume", "seen": seen["line"]["hand"]})
    assert (status, seen["line"]["paused_at"], latest(seen)["data"]["by"]) == (200, None, "ops")


def test_a_rate_and_a_message_are_set(console: Console, lined: str) -> None:
    hand = console.overview(lined)["line"]["hand"]
    _, seen = console.acts(lined, {"do": "release", "seen": hand, "rate_per_s": 2.5})
    _, seen = console.acts(lined, {"do": "announce", "seen": seen["line"]["hand"], "message": "A moment <please>"})
    assert (seen["line"]["rate_per_s"], seen["line"]["message"]) == (2.5, "A moment <please>")


def test_the_second_of_two_operators_is_told_what_the_first_has_done(console: Console, lined: str) -> None:
    hand = console.overview(lined)["line"]["hand"]
    console.acts(lined, {"do": "pause", "seen": hand, "why": "first"}, OPERATOR_KEY)
    status, told = console.acts(lined, {"do": "release", "seen": hand, "rate_per_s": 50})
    assert (status, told["code"]) == (409, "stale_view")
    assert (told["latest"]["data"]["by"], told["latest"]["data"]["why"]) == ("night", "first")
    # The other process may have looked a second ago.
    console.engine.until(lambda: console.overview(lined)["line"]["paused_at"] is not None)
    assert console.overview(lined)["line"]["rate_per_s"] == 5


def test_stock_is_set_by_an_admin_and_on_the_version_that_was_seen(console: Console) -> None:
    drop = console.drop()
    before = console.overview(drop)["capacity"]
    restock = {"do": "restock", "seen": console.overview(drop)["drop"]["version"], "item": "eu-42", "stock": 25}
    assert console.acts(drop, restock, OPERATOR_KEY)[0] == 403
    status, seen = console.acts(drop, restock)
    assert (status, seen["capacity"], latest(seen)["kind"]) == (200, 25, "drop_changed")
    assert latest(seen)["data"]["changed"] == [{"what": "items.eu-42.stock", "from": before, "to": 25}]
    assert console.acts(drop, {**restock, "stock": 30})[1]["code"] == "stale_view"
    console.engine.until(lambda: console.overview(drop)["capacity"] == 25)


def test_a_sale_is_closed_once(console: Console) -> None:
    drop = console.drop()
    close = {"do": "close", "seen": console.overview(drop)["drop"]["version"]}
    status, seen = console.acts(drop, close, OPERATOR_KEY)
    assert (status, seen["drop"]["phase"], latest(seen)["data"]["by"]) == (200, "closed", "night")
    assert console.acts(drop, close)[1]["code"] == "stale_view"


def test_a_sale_opens_before_its_time_where_somebody_says_so(console: Console) -> None:
    drop = console.drop(opens_at=in_s(3600))
    seen = console.overview(drop)
    assert seen["drop"]["phase"] == "announced"
    status, seen = console.acts(drop, {"do": "open", "seen": seen["drop"]["version"]})
    assert (status, seen["drop"]["phase"]) == (200, "open")


def test_a_sale_cannot_open_before_its_draw(console: Console) -> None:
    door = {
        "registration_opens_at": in_s(-60), "registration_closes_at": in_s(1800), "rate_per_s": 5,
        "passes_outstanding_max": 10, "pass_seconds": 60,
    }  # fmt: skip
    drop = console.drop(opens_at=in_s(3600), door=door)
    status, told = console.acts(drop, {"do": "open", "seen": console.overview(drop)["drop"]["version"]})
    assert (status, told["code"]) == (422, "invalid_input")
    assert "registration_closes_at" in told["detail"]


def test_a_gateway_is_drained_and_used_again(console: Console) -> None:
    drop = console.drop()
    drain = {"do": "drain", "gateway": "sandbox", "drained": True, "seen": False, "why": "maintenance"}
    try:
        status, seen = console.acts(drop, drain, OPERATOR_KEY)
        assert (status, seen["gateways"][0]["drained"], seen["gateways"][0]["why"]) == (200, True, "maintenance")
        assert console.acts(drop, drain)[1]["code"] == "stale_view"
    finally:
        status, seen = console.acts(drop, {**drain, "drained": False, "seen": True})
    assert (status, seen["gateways"][0]["drained"]) == (200, False)


@pytest.mark.parametrize(
    "act",
    [
        {}, {"do": "explode"}, {"do": "pause"}, {"do": "pause", "seen": "", "why": "no"},
        {"do": "release", "seen": "", "rate_per_s": -1}, {"do": "restock", "seen": 0, "item": "eu-42", "stock": "many"},
        {"do": "close", "seen": 0, "colour": "red"}, {"do": "close", "seen": 0, "why": "two\nlines"},
    ],
)  # fmt: skip
def test_what_is_no_act_is_refused(console: Console, act: dict[str, Any]) -> None:
    status, told = console.acts(console.drop(), act)
    assert (status, told["code"]) == (422, "invalid_input")


def test_a_line_that_is_none_cannot_be_paused(console: Console) -> None:
    status, told = console.acts(console.drop(), {"do": "pause", "seen": ""})
    assert (status, told["code"]) == (404, "unknown_line")


def test_a_drop_is_made_of_a_drop_file_once(console: Console) -> None:
    text = """[drop]
id = "of-a-file"
title = "Of a file"
opens_at = 2026-01-01T00:00:00Z
currency = "EUR"

[[items]]
id = "one"
title = "One"
price = 100
stock = 5
"""
    put = {"seen": -1, "why": "the autumn sale", "toml": text}
    assert console.ask("POST", "/v1/admin/console/drops", put) == (201, {"id": "of-a-file", "created": True})
    assert console.ask("POST", "/v1/admin/console/drops", put)[1]["code"] == "stale_view"
    _, trail = console.ask("GET", "/v1/admin/console/drops/of-a-file/actions")
    assert [(one["kind"], one["data"]["why"]) for one in trail["actions"] if one["stream"] == "of-a-file"] == [
        ("drop_created", "the autumn sale")
    ]


def test_what_is_wrong_with_a_drop_file_is_told_with_its_line(console: Console) -> None:
    put = {"seen": -1, "why": "a mistake", "toml": '[drop]\nid = "x"\ntitle = 5\n'}
    status, told = console.ask("POST", "/v1/admin/console/drops", put)
    assert (status, told["field"]) == (422, "toml")
    assert "line" in told["detail"]
