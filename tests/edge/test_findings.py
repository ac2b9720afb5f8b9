"""Findings over HTTP: what is open is listed, and an operator closes it with a reason."""

from datetime import UTC, datetime

import pytest

from race_to_purchase.rules.commands import Found
from race_to_purchase.rules.rows import finding_id
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client

ID = finding_id("unknown_reference", "bank/p-1")
PATH = f"/v1/admin/findings/{ID}/close"


@pytest.fixture
def found(shop: Shop, server: Server) -> None:
    """A payment that nobody knows."""
    command = Found("-", ID, "unknown_reference", "bank/p-1", "", {"ref": "p-1"}, datetime.now(UTC))
    server.do(lambda: shop.findings._committer.submit(command))


def test_what_is_open_is_listed(admin: Client, found: None) -> None:
    body = admin.ask("GET", "/v1/admin/findings").json
    assert [(finding["id"], finding["state"]) for finding in body["findings"]] == [(ID, "open")]
    assert (body["more"], body["lag_s"]) == (False, None)


def test_it_is_closed_once_and_gone_from_the_list(admin: Client, found: None) -> None:
    closed = [admin.ask("POST", PATH, {"reason": reason}) for reason in ("a test of ours", "again")]
    assert [(answer.status, answer.json["how"]) for answer in closed] == [(200, "ops: a test of ours")] * 2
    assert admin.ask("GET", "/v1/admin/findings").json["findings"] == []


def test_a_finding_that_is_not_there_is_said_so(admin: Client) -> None:
    for name in ("nothing", "0" * 24, "%00"):
        answer = admin.ask("POST", f"/v1/admin/findings/{name}/close", {"reason": "gone"})
        assert answer.problem == (404, "unknown_finding")


def test_it_wants_a_reason(admin: Client, found: None) -> None:
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "ok then", "by": "me"}):
        assert admin.ask("POST", PATH, body).problem == (422, "invalid_input")


def test_a_storefront_has_no_business_here(storefront: Client) -> None:
    assert storefront.ask("GET", "/v1/admin/findings").problem == (403, "forbidden")
