"""What each role may do, over every operation there is: asked of the real server, held to a list written here."""

from __future__ import annotations

import re

import pytest

from race_to_purchase.edge.reference.operations import OPERATIONS
from race_to_purchase.rules.admin_keys import KeyRole
from tests.edge.shop import Server, Shop

LOOKING = {
    "list_drops", "watch_drop", "list_gateways", "ledger_balance", "list_findings", "show_inbox", "list_disputes",
    "list_refunds", "watch_line", "list_grants", "overview", "series", "stream", "trail", "search", "follow_purchase",
}  # fmt: skip
RUNNING = {
    "close_drop", "drain_gateway", "close_finding", "refund", "show_evidence", "steer_line", "draw_line",
    "issue_grants", "revoke_grant", "act_on_drop",
}  # fmt: skip
DECIDING = {"put_drop", "store_drop", "metrics", "issue_key", "list_keys", "revoke_key"}
SIGNED_IN = {"show_operator", "sign_out_operator"}
"""About the session that stands for a key at the console: anybody's who has one, and about nothing else."""

MAY: dict[KeyRole, set[str]] = {
    "viewer": LOOKING,
    "operator": LOOKING | RUNNING,
    "admin": LOOKING | RUNNING | DECIDING,
}
GUARDED = [operation for operation in OPERATIONS if operation.role is not None]
NOWHERE = "019ae3c5-7c00-7000-8000-0123456789ab"
"""No id of anything: what is allowed comes to nothing, and is refused for another reason than who asks."""


@pytest.fixture(scope="module", params=list(MAY))
def role(request: pytest.FixtureRequest) -> KeyRole:
    """Each role in turn."""
    found: KeyRole = request.param
    return found


@pytest.fixture(scope="module")
def key(role: KeyRole, shop: Shop, server: Server) -> str:
    """An issued key of that role."""
    issued = server.do(lambda: shop.admin_keys.issue(role, role, None, "ops"))
    assert issued is not None
    return issued.secret


def test_every_operation_of_operators_is_on_a_list() -> None:
    of_operators = {op.id for op in GUARDED if op.role not in ("buyer", "session")}
    assert of_operators == MAY["admin"] | SIGNED_IN


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: operation.id)
def test_a_role_reaches_what_is_its_own_and_nothing_else(
    server: Server, role: KeyRole, key: str, operation: object
) -> None:
    method, path, name = operation.method.upper(), operation.path, operation.id  # type: ignore[attr-defined]
    with server.client(key) as client:
        answer = client.ask(method, re.sub(r"\{\w+\}", NOWHERE, path))
    if name in SIGNED_IN:
        assert answer.status == 200 or answer.problem == (401, "console_session_over")
    elif name in MAY[role]:
        assert answer.status not in (401, 403), answer.body
    elif operation.role == "session":  # type: ignore[attr-defined]  # A cookie it is, or nothing: keys are not read.
        assert answer.problem == (401, "unauthorized")
    else:
        assert answer.problem == (403, "forbidden")


def test_a_viewer_changes_nothing() -> None:
    assert {op.method for op in GUARDED if op.id in MAY["viewer"]} == {"get"}
