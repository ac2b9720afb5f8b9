"""The paths of what is read: the reference, the built pages, and the shop for those without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route

from race_to_purchase.edge.endpoint import Handler, Verb
from race_to_purchase.edge.pages.pages import Pages
from race_to_purchase.edge.plain.asking import FORM_BYTES_MAX
from race_to_purchase.edge.plain.handlers import PlainPages
from race_to_purchase.edge.reference.pages import Reference
from race_to_purchase.edge.routes.paths import Paths


def reference_paths(at: Paths, reference: Reference) -> Sequence[Route]:
    return (
        at("/openapi.json", get=Verb("openapi", reference.document)),
        at("/docs", get=Verb("docs", reference.page)),
    )


def page_paths(at: Paths, pages: Pages) -> Sequence[Route]:
    return (
        at("/shop/{drop}", get=Verb("shop", pages.shop)),
        at("/shop/{drop}/checkout/{id}", get=Verb("shop_checkout", pages.checkout)),
        at("/shop/{drop}/orders/{id}", get=Verb("shop_order", pages.order)),
        at("/console", get=Verb("console_page", pages.console)),
        at("/assets/{file}", get=Verb("asset", pages.asset)),
    )


def plain_paths(at: Paths, plain: PlainPages) -> Sequence[Route]:
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
