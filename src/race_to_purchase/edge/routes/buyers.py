"""The paths of buyers and of what serves them: checkouts, carts, the line, sessions, challenges, drops on sale."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route

from race_to_purchase.edge.body import BYTES_MAX
from race_to_purchase.edge.carts import Carts
from race_to_purchase.edge.challenge.handlers import ChallengeHandlers
from race_to_purchase.edge.checkouts import Checkouts
from race_to_purchase.edge.drops import DropsOnSale
from race_to_purchase.edge.endpoint import Verb
from race_to_purchase.edge.health import Health
from race_to_purchase.edge.line.handlers import LineHandlers
from race_to_purchase.edge.routes.paths import Paths
from race_to_purchase.edge.rum import BEACON_BYTES_MAX, Rum
from race_to_purchase.edge.sandbox import SandboxActions
from race_to_purchase.edge.signing_in import SigningIn


def checkout_paths(at: Paths, checkouts: Checkouts) -> Sequence[Route]:
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


def cart_path(at: Paths, carts: Carts) -> Route:
    return at(
        "/v1/carts/{drop}",
        get=Verb("cart", carts.show, "buyer"),
        put=Verb("put_cart", carts.replace, "buyer", body=BYTES_MAX),
        patch=Verb("change_cart", carts.change, "buyer", body=BYTES_MAX),
        delete=Verb("empty_cart", carts.empty, "buyer"),
    )


def rum_path(at: Paths, rum: Rum) -> Route:
    return at("/v1/rum", post=Verb("rum", rum.receive, body=BEACON_BYTES_MAX, json=False))


def session_paths(at: Paths, signing_in: SigningIn) -> Sequence[Route]:
    return (
        at(
            "/v1/session",
            post=Verb("session", signing_in.begin),
            delete=Verb("sign_out", signing_in.end, "session"),
        ),
        at("/v1/session/sign-in", post=Verb("sign_in", signing_in.sign_in, "session", body=BYTES_MAX)),
    )


def line_paths(at: Paths, line: LineHandlers) -> Sequence[Route]:
    path = "/v1/drops/{drop}/line"
    return (
        at(f"{path}/status", get=Verb("line", line.status)),
        at(path, post=Verb("join", line.join, "buyer", body=BYTES_MAX)),
        at(f"{path}/pass", post=Verb("pass", line.claim, "buyer", body=BYTES_MAX)),
        at(f"{path}/draw", get=Verb("draw", line.draw)),
        at(f"{path}/tickets/{{part}}", get=Verb("tickets", line.tickets)),
    )


def challenge_paths(at: Paths, handlers: ChallengeHandlers) -> Sequence[Route]:
    return (
        at("/v1/challenges", get=Verb("challenge", handlers.fetch, "buyer")),
        at("/v1/challenges/code", post=Verb("code", handlers.send_code, "buyer", body=BYTES_MAX)),
    )


def drop_paths(at: Paths, drops: DropsOnSale, health: Health) -> Sequence[Route]:
    return (
        at("/v1/drops/{drop}", get=Verb("drop", drops.show)),
        at("/healthz", get=Verb("healthz", health.alive)),
        at("/readyz", get=Verb("readyz", health.ready)),
    )


def sandbox_path(at: Paths, actions: SandboxActions) -> Route:
    return at("/sandbox/actions/{ref}", get=Verb("action", actions.show), post=Verb("act", actions.act))
