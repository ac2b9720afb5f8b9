"""All the paths as one application, and what their handlers are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from race_to_purchase.edge.admin import DropsAdmin
from race_to_purchase.edge.admin_keys import KeysAdmin
from race_to_purchase.edge.aftersale import Aftersale
from race_to_purchase.edge.body import BYTES_MAX
from race_to_purchase.edge.carts import Carts
from race_to_purchase.edge.challenge.challenges import Challenges
from race_to_purchase.edge.challenge.handlers import ChallengeHandlers
from race_to_purchase.edge.checkouts import Checkouts
from race_to_purchase.edge.console.handlers import ConsoleHandlers
from race_to_purchase.edge.console.signing_in import ConsoleSigningIn
from race_to_purchase.edge.cors import Cors
from race_to_purchase.edge.customers import Customers
from race_to_purchase.edge.drops import DropsOnSale
from race_to_purchase.edge.echo import echo as echo_handler
from race_to_purchase.edge.endpoint import Verb
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
from race_to_purchase.edge.plain.handlers import PlainPages
from race_to_purchase.edge.plain.problem_pages import ProblemPages
from race_to_purchase.edge.plain.steps import Steps
from race_to_purchase.edge.plain.visit import Views
from race_to_purchase.edge.principals import Principals
from race_to_purchase.edge.reference.pages import Reference
from race_to_purchase.edge.reply import request_id, tell
from race_to_purchase.edge.routes import buyers, documents, operators
from race_to_purchase.edge.routes.paths import Paths
from race_to_purchase.edge.routing import Remembering
from race_to_purchase.edge.rum import Rum
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
    challenge_handlers: ChallengeHandlers
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
    plain = PlainPages(
        parts.sessions, views, Steps(line, parts.challenge_handlers, checkouts), parts.gate, ProblemPages()
    )
    routes = [
        *buyers.checkout_paths(at, checkouts),
        *buyers.line_paths(at, line),
        *operators.line_admin_paths(at, LineAdmin(parts.line_desk), GrantsAdmin(parts.grants)),
        *([buyers.sandbox_path(at, SandboxActions(sandbox))] if sandbox is not None else []),
        *([at("/echo", post=Verb("echo", echo_handler, body=BYTES_MAX))] if echo else []),
        *buyers.challenge_paths(at, parts.challenge_handlers),
        buyers.rum_path(at, Rum(parts.catalogue)),
        buyers.cart_path(at, Carts(parts.carts)),
        *buyers.session_paths(at, SigningIn(parts.sessions, parts.customers, parts.carts)),
        *operators.webhook_paths(at, parts.webhooks),
        *buyers.drop_paths(at, drops, Health(ready)),
        *operators.admin_paths(
            at, DropsAdmin(parts.catalogue), GatewaysAdmin(parts.gateways), LedgerAdmin(parts.ledger)
        ),
        *operators.key_paths(at, KeysAdmin(parts.keys)),
        *operators.finding_paths(at, FindingsAdmin(parts.findings)),
        *operators.aftersale_paths(at, Aftersale(parts.refunds, parts.disputes)),
        *operators.console_paths(at, parts.console, ConsoleSigningIn(parts.console_sessions, principals, parts.gate)),
        *documents.reference_paths(at, Reference()),
        at("/metrics", get=Verb("metrics", parts.metrics.show, "admin")),
        *documents.page_paths(at, Pages(built_files(third=parts.challenges.third) if pages is None else pages)),
        *documents.plain_paths(at, plain),
    ]
    return Remembering(routes, default=_nothing_here(plain))


def _nothing_here(plain: PlainPages) -> ASGIApp:
    """404 for whatever has no route; nothing here speaks WebSocket."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        headers = dict(scope["headers"])
        await tell(send, plain.nothing(scope["query_string"], headers), request_id(headers))

    return answered
