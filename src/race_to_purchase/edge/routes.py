"""Every path there is, and what each asks of a request before its handler sees it.

Paths are tried in the order given, so what a sale does most stands first. A path that is not here is a 404 and a
method that is not is a 405, both told as problems.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from race_to_purchase.edge.admin import DropsAdmin
from race_to_purchase.edge.admin_keys import KeysAdmin
from race_to_purchase.edge.aftersale import Aftersale
from race_to_purchase.edge.body import BYTES_MAX, DEFINITION_BYTES_MAX, WEBHOOK_BYTES_MAX
from race_to_purchase.edge.carts import Carts
from race_to_purchase.edge.challenge.challenges import Challenges
from race_to_purchase.edge.challenge.desk import ChallengeDesk
from race_to_purchase.edge.checkouts import Checkouts
from race_to_purchase.edge.console.handlers import ConsoleHandlers
from race_to_purchase.edge.console.signing_in import ConsoleSigningIn
from race_to_purchase.edge.cors import Cors, open_to_pages
from race_to_purchase.edge.customers import Customers
from race_to_purchase.edge.drops import DropsOnSale
from race_to_purchase.edge.echo import echo as echo_handler
from race_to_purchase.edge.endpoint import Endpoint, Handler, Verb
from race_to_purchase.edge.findings import FindingsAdmin
from race_to_purchase.edge.gateways import GatewaysAdmin
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.health import Health
from race_to_purchase.edge.ledger import LedgerAdmin
from race_to_purchase.edge.line.admin import LineAdmin
from race_to_purchase.edge.line.grants import GrantsAdmin
from race_to_purchase.edge.line.handlers import LineHandlers
from race_to_purchase.edge.metrics import Metrics
from race_to_purchase.edge.operator_sessions import ConsoleSessions
from race_to_purchase.edge.pages.built import Built, built_files
from race_to_purchase.edge.pages.pages import Pages
from race_to_purchase.edge.plain.asking import FORM_BYTES_MAX
from race_to_purchase.edge.plain.handlers import PlainPages
from race_to_purchase.edge.plain.steps import Steps
from race_to_purchase.edge.plain.visit import Views
from race_to_purchase.edge.principals import Principals
from race_to_purchase.edge.reference.pages import Reference
from race_to_purchase.edge.reply import request_id, tell
from race_to_purchase.edge.routing import Remembering
from race_to_purchase.edge.rum import BEACON_BYTES_MAX, Rum
from race_to_purchase.edge.sandbox import Act, SandboxActions
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.edge.signing_in import SigningIn
from race_to_purchase.edge.webhooks import Webhooks
from race_to_purchase.operate.admin_keys import AdminKeys
from race_to_purchase.operate.disputes import DisputeDesk
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.operate.findings import FindingsDesk
from race_to_purchase.operate.gateways import Gateways
from race_to_purchase.operate.grants import GrantDesk
from race_to_purchase.operate.line import LineDesk
from race_to_purchase.path.carts import CartDesk
from race_to_purchase.path.line import Line
from race_to_purchase.path.purchase import Purchase
from race_to_purchase.path.refund import Refunds
from race_to_purchase.ports import Ledger
from race_to_purchase.rules.signing import Keyring


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What the handlers ask; whoever adds paths adds a field for them."""

    purchase: Purchase
    catalogue: Catalogue
    gateways: Gateways
    ledger: Ledger
    findings: FindingsDesk
    refunds: Refunds
    disputes: DisputeDesk
    line: Line
    line_keys: Keyring
    line_desk: LineDesk
    grants: GrantDesk
    webhooks: Webhooks
    gate: Gate
    challenges: Challenges
    challenge_desk: ChallengeDesk
    sessions: Sessions
    carts: CartDesk
    keys: AdminKeys
    console: ConsoleHandlers
    console_sessions: ConsoleSessions
    metrics: Metrics = Metrics(None)
    customers: Customers | None = None


def build_app(
    parts: Dependencies,
    *,
    storefront_keys: Mapping[str, str],
    admin_keys: Mapping[str, str],
    ready: Callable[[], Awaitable[None]],
    echo: bool = False,
    sandbox: Act | None = None,
    pages: Mapping[str, Built] | None = None,
) -> ASGIApp:
    """The ASGI application.

    `storefront_keys` and `admin_keys` map names to keys; ValueError where they are not usable (see Principals).
    `ready` raises DatabaseUnavailable where nothing can be served. `echo` mounts the benchmark's measuring stick,
    `sandbox` the page on which buyers of the sandbox act. `pages` are the built ones; without them, the package's own.
    """
    principals = Principals(
        storefront_keys, admin_keys, parts.sessions, parts.customers, parts.keys, parts.console_sessions
    )
    at = Paths(
        principals,
        parts.gate,
        Cors(parts.sessions.origins) if parts.sessions.origins.allowed else None,
    )
    checkouts = Checkouts(parts.purchase, parts.line_keys, parts.challenges, parts.carts)
    line, drops = LineHandlers(parts.line, parts.challenges, parts.gate), DropsOnSale(parts.catalogue)
    views = Views(drops, parts.line, parts.line_keys, checkouts, sandbox=sandbox is not None)
    plain = PlainPages(parts.sessions, views, Steps(line, parts.challenge_desk, checkouts), parts.gate)
    routes = [
        *_checkout_paths(at, checkouts),
        *_line_paths(at, line),
        *_line_admin_paths(at, LineAdmin(parts.line_desk), GrantsAdmin(parts.grants)),
        *([_sandbox_path(at, SandboxActions(sandbox))] if sandbox is not None else []),
        *([at("/echo", post=Verb("echo", echo_handler, body=BYTES_MAX))] if echo else []),
        *_challenge_paths(at, parts.challenge_desk),
        _rum_path(at, Rum(parts.catalogue)),
        _cart_path(at, Carts(parts.carts)),
        *_session_paths(at, SigningIn(parts.sessions, parts.customers, parts.carts)),
        *_webhook_paths(at, parts.webhooks),
        *_drop_paths(at, drops, Health(ready)),
        *_admin_paths(at, DropsAdmin(parts.catalogue), GatewaysAdmin(parts.gateways), LedgerAdmin(parts.ledger)),
        *_key_paths(at, KeysAdmin(parts.keys)),
        *_finding_paths(at, FindingsAdmin(parts.findings)),
        *_aftersale_paths(at, Aftersale(parts.refunds, parts.disputes)),
        *_console_paths(at, parts.console, ConsoleSigningIn(parts.console_sessions, principals, parts.gate)),
        *_reference_paths(at, Reference()),
        at("/metrics", get=Verb("metrics", parts.metrics.show, "admin")),
        *_page_paths(at, Pages(built_files(third=parts.challenges.third) if pages is None else pages)),
        *_plain_paths(at, plain),
    ]
    return Remembering(routes, default=_nothing_here(plain))


class Paths:
    """Makes the route of a path from its verbs."""

    def __init__(self, principals: Principals, gate: Gate, cors: Cors | None) -> None:
        self._principals = principals
        self._gate = gate
        self._cors = cors

    def __call__(self, path: str, **verbs: Verb) -> Route:
        """`at("/v1/checkouts", post=Verb(…))`."""
        cors = self._cors if open_to_pages(path) else None
        return Route(path, Endpoint(self._principals, self._gate, cors, **verbs))


def _checkout_paths(at: Paths, checkouts: Checkouts) -> Sequence[Route]:
    return (
        at("/v1/checkouts", post=Verb("reserve", checkouts.reserve, "buyer", body=BYTES_MAX, key=True)),
        at("/v1/checkouts/{id}/payment", post=Verb("pay", checkouts.pay, "buyer", body=BYTES_MAX, key=True)),
        at("/v1/checkouts/{id}/payment/return", post=Verb("return", checkouts.returned, "buyer")),
        at(
            "/v1/checkouts/{id}",
            get=Verb("checkout", checkouts.show, "buyer"),
            delete=Verb("cancel", checkouts.cancel, "buyer", key=False),
        ),
        at("/v1/orders/{id}", get=Verb("order", checkouts.order, "buyer")),
    )


def _cart_path(at: Paths, carts: Carts) -> Route:
    return at(
        "/v1/carts/{drop}",
        get=Verb("cart", carts.show, "buyer"),
        put=Verb("put_cart", carts.replace, "buyer", body=BYTES_MAX),
        patch=Verb("change_cart", carts.change, "buyer", body=BYTES_MAX),
        delete=Verb("empty_cart", carts.empty, "buyer"),
    )


def _rum_path(at: Paths, rum: Rum) -> Route:
    return at("/v1/rum", post=Verb("rum", rum.receive, body=BEACON_BYTES_MAX, json=False))


def _session_paths(at: Paths, signing_in: SigningIn) -> Sequence[Route]:
    return (
        at(
            "/v1/session",
            post=Verb("session", signing_in.begin),
            delete=Verb("sign_out", signing_in.end, "session"),
        ),
        at("/v1/session/sign-in", post=Verb("sign_in", signing_in.sign_in, "session", body=BYTES_MAX)),
    )


def _line_paths(at: Paths, line: LineHandlers) -> Sequence[Route]:
    path = "/v1/drops/{drop}/line"
    return (
        at(f"{path}/status", get=Verb("line", line.status)),
        at(path, post=Verb("join", line.join, "buyer", body=BYTES_MAX)),
        at(f"{path}/pass", post=Verb("pass", line.claim, "buyer", body=BYTES_MAX)),
        at(f"{path}/draw", get=Verb("draw", line.draw)),
        at(f"{path}/tickets/{{part}}", get=Verb("tickets", line.tickets)),
    )


def _line_admin_paths(at: Paths, line: LineAdmin, grants: GrantsAdmin) -> Sequence[Route]:
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


def _sandbox_path(at: Paths, actions: SandboxActions) -> Route:
    return at("/sandbox/actions/{ref}", get=Verb("action", actions.show), post=Verb("act", actions.act))


def _drop_paths(at: Paths, drops: DropsOnSale, health: Health) -> Sequence[Route]:
    return (
        at("/v1/drops/{drop}", get=Verb("drop", drops.show)),
        at("/healthz", get=Verb("healthz", health.alive)),
        at("/readyz", get=Verb("readyz", health.ready)),
    )


def _challenge_paths(at: Paths, desk: ChallengeDesk) -> Sequence[Route]:
    return (
        at("/v1/challenges", get=Verb("challenge", desk.fetch, "buyer")),
        at("/v1/challenges/code", post=Verb("code", desk.send_code, "buyer", body=BYTES_MAX)),
    )


def _webhook_paths(at: Paths, webhooks: Webhooks) -> Sequence[Route]:
    told = Verb("webhook", webhooks.receive, body=WEBHOOK_BYTES_MAX, json=False)
    return (
        at("/v1/webhooks/{gateway}", post=told),
        at("/v1/admin/inbox", get=Verb("inbox", webhooks.waiting, "viewer")),
    )


def _admin_paths(at: Paths, drops: DropsAdmin, gateways: GatewaysAdmin, ledger: LedgerAdmin) -> Sequence[Route]:
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


def _key_paths(at: Paths, keys: KeysAdmin) -> Sequence[Route]:
    return (
        at(
            "/v1/admin/keys",
            get=Verb("keys", keys.all, "admin"),
            post=Verb("issue_key", keys.issue, "admin", body=BYTES_MAX),
        ),
        at("/v1/admin/keys/{key}/revoke", post=Verb("revoke_key", keys.revoke, "admin")),
    )


def _finding_paths(at: Paths, findings: FindingsAdmin) -> Sequence[Route]:
    return (
        at("/v1/admin/findings", get=Verb("findings", findings.all, "viewer")),
        at(
            "/v1/admin/findings/{finding}/close", post=Verb("close_finding", findings.close, "operator", body=BYTES_MAX)
        ),
    )


def _console_paths(at: Paths, console: ConsoleHandlers, signing_in: ConsoleSigningIn) -> Sequence[Route]:
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


def _aftersale_paths(at: Paths, aftersale: Aftersale) -> Sequence[Route]:
    return (
        at(
            "/v1/orders/{id}/refunds",
            get=Verb("refunds", aftersale.refunds, "merchant"),
            post=Verb("refund", aftersale.refund, "refunder", body=BYTES_MAX, key=True),
        ),
        at("/v1/orders/{id}/evidence", get=Verb("evidence", aftersale.evidence, "operator")),
        at("/v1/admin/disputes", get=Verb("disputes", aftersale.disputes, "viewer")),
    )


def _reference_paths(at: Paths, reference: Reference) -> Sequence[Route]:
    return (
        at("/openapi.json", get=Verb("openapi", reference.document)),
        at("/docs", get=Verb("docs", reference.page)),
    )


def _page_paths(at: Paths, pages: Pages) -> Sequence[Route]:
    return (
        at("/shop/{drop}", get=Verb("shop", pages.shop)),
        at("/shop/{drop}/checkout/{id}", get=Verb("shop_checkout", pages.checkout)),
        at("/shop/{drop}/orders/{id}", get=Verb("shop_order", pages.order)),
        at("/console", get=Verb("console_page", pages.console)),
        at("/assets/{file}", get=Verb("asset", pages.asset)),
    )


def _plain_paths(at: Paths, plain: PlainPages) -> Sequence[Route]:
    """Each form counts for the same limits as the request that it stands for."""
    path = "/shop/{drop}/plain"

    def form(step: str, name: str, handler: Handler) -> Route:
        verb = Verb(name, handler, body=FORM_BYTES_MAX, json=False, refused=plain.refused)
        return at(f"{path}/{step}", post=verb)

    return (
        at("/", get=Verb("plain", plain.front)),
        at(path, get=Verb("plain", plain.show, refused=plain.refused)),
        form("join", "join", plain.join),
        form("code", "code", plain.code),
        form("address", "plain", plain.address),
        form("pass", "pass", plain.enter),
        form("checkout", "reserve", plain.reserve),
        form("payment", "pay", plain.pay),
        form("return", "return", plain.returned),
        form("cancel", "cancel", plain.cancel),
        form("again", "plain", plain.again),
    )


def _nothing_here(plain: PlainPages) -> ASGIApp:
    """404 for whatever has no route; nothing here speaks WebSocket."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        headers = dict(scope["headers"])
        await tell(send, plain.nothing(scope["query_string"], headers), request_id(headers))

    return answered
