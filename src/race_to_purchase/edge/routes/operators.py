"""The paths of operators and gateways: drops, lines, grants, gateways, keys, findings, refunds, the console."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route

from race_to_purchase.edge.admin import DropsAdmin
from race_to_purchase.edge.admin_keys import KeysAdmin
from race_to_purchase.edge.aftersale import Aftersale
from race_to_purchase.edge.body import BYTES_MAX, DEFINITION_BYTES_MAX, WEBHOOK_BYTES_MAX
from race_to_purchase.edge.console.handlers import ConsoleHandlers
from race_to_purchase.edge.console.signing_in import ConsoleSigningIn
from race_to_purchase.edge.endpoint import Verb
from race_to_purchase.edge.findings import FindingsAdmin
from race_to_purchase.edge.gateways import GatewaysAdmin
from race_to_purchase.edge.ledger import LedgerAdmin
from race_to_purchase.edge.line.admin import LineAdmin
from race_to_purchase.edge.line.grants import GrantsAdmin
from race_to_purchase.edge.routes.paths import Paths
from race_to_purchase.edge.webhooks import Webhooks


def line_admin_paths(at: Paths, line: LineAdmin, grants: GrantsAdmin) -> Sequence[Route]:
    path = "/v1/admin/drops/{drop}/line"
    return (
        at(
            path,
            get=Verb("watch_line", line.show, "viewer"),
            patch=Verb("steer_line", line.steer, "operator", body=BYTES_MAX),
        ),
        at(f"{path}/draw", post=Verb("draw_line", line.draw, "operator", body=BYTES_MAX)),
        at(
            "/v1/admin/drops/{drop}/grants",
            get=Verb("grants", grants.all, "viewer"),
            post=Verb("issue_grants", grants.issue, "operator", body=DEFINITION_BYTES_MAX, key=False),
        ),
        at(
            "/v1/admin/drops/{drop}/grants/{grant}/revoke",
            post=Verb("revoke_grant", grants.revoke, "operator"),
        ),
    )


def webhook_paths(at: Paths, webhooks: Webhooks) -> Sequence[Route]:
    told = Verb("webhook", webhooks.receive, body=WEBHOOK_BYTES_MAX, json=False)
    return (
        at("/v1/webhooks/{gateway}", post=told),
        at("/v1/admin/inbox", get=Verb("inbox", webhooks.waiting, "viewer")),
    )


def admin_paths(at: Paths, drops: DropsAdmin, gateways: GatewaysAdmin, ledger: LedgerAdmin) -> Sequence[Route]:
    return (
        at("/v1/admin/drops", get=Verb("drops", drops.all, "viewer")),
        at(
            "/v1/admin/drops/{drop}",
            get=Verb("watch", drops.show, "viewer"),
            put=Verb("put", drops.put, "admin", body=DEFINITION_BYTES_MAX),
        ),
        at("/v1/admin/drops/{drop}/close", post=Verb("close", drops.close, "operator")),
        at("/v1/admin/gateways", get=Verb("gateways", gateways.all, "viewer")),
        at("/v1/admin/gateways/{gateway}", put=Verb("drain", gateways.put, "operator", body=BYTES_MAX)),
        at("/v1/admin/ledger/balance", get=Verb("balance", ledger.balance, "viewer")),
    )


def key_paths(at: Paths, keys: KeysAdmin) -> Sequence[Route]:
    return (
        at(
            "/v1/admin/keys",
            get=Verb("keys", keys.all, "admin"),
            post=Verb("issue_key", keys.issue, "admin", body=BYTES_MAX),
        ),
        at("/v1/admin/keys/{key}/revoke", post=Verb("revoke_key", keys.revoke, "admin")),
    )


def finding_paths(at: Paths, findings: FindingsAdmin) -> Sequence[Route]:
    return (
        at("/v1/admin/findings", get=Verb("findings", findings.all, "viewer")),
        at(
            "/v1/admin/findings/{finding}/close", post=Verb("close_finding", findings.close, "operator", body=BYTES_MAX)
        ),
    )


def aftersale_paths(at: Paths, aftersale: Aftersale) -> Sequence[Route]:
    return (
        at(
            "/v1/orders/{id}/refunds",
            get=Verb("refunds", aftersale.refunds, "merchant"),
            post=Verb("refund", aftersale.refund, "refunder", body=BYTES_MAX, key=True),
        ),
        at("/v1/orders/{id}/evidence", get=Verb("evidence", aftersale.evidence, "operator")),
        at("/v1/admin/disputes", get=Verb("disputes", aftersale.disputes, "viewer")),
    )


def console_paths(at: Paths, console: ConsoleHandlers, signing_in: ConsoleSigningIn) -> Sequence[Route]:
    path = "/v1/admin/console"
    return (
        at(
            "/v1/admin/session",
            post=Verb("console_sign_in", signing_in.begin, body=BYTES_MAX),
            get=Verb("console_session", signing_in.show, "viewer"),
            delete=Verb("console_sign_out", signing_in.end, "viewer"),
        ),
        at(f"{path}/search", get=Verb("console_search", console.search, "viewer")),
        at(f"{path}/purchases/{{id}}", get=Verb("console_purchase", console.purchase, "viewer")),
        at(f"{path}/drops", post=Verb("console_put", console.put, "admin", body=DEFINITION_BYTES_MAX)),
        at(f"{path}/drops/{{drop}}", get=Verb("console", console.overview, "viewer")),
        at(f"{path}/drops/{{drop}}/series", get=Verb("console_series", console.series, "viewer")),
        at(f"{path}/drops/{{drop}}/stream", get=Verb("console_stream", console.stream, "viewer")),
        at(
            f"{path}/drops/{{drop}}/actions",
            get=Verb("console_trail", console.trail, "viewer"),
            post=Verb("console_act", console.act, "operator", body=BYTES_MAX),
        ),
    )
