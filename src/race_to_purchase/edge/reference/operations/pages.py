"""What browsers load."""

from __future__ import annotations

from race_to_purchase.edge.reference.operation import Operation, Told

TAG = "Pages"

_PAGE = {200: Told("The page.", None, media_type="text/html"), 304: Told("The client has it already.", None)}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/shop/{drop}",
        "shop",
        TAG,
        "The demo shop",
        "The same page for every drop and everybody; its script asks the API. Without built pages it is a problem. "
        "`?plain` leads to the page that needs no script.",
        {**_PAGE, 303: Told("With `?plain`.", None, media_type="text/html")},
        ("unknown_drop", "pages_not_built"),
    ),
    Operation(
        "get",
        "/shop/{drop}/checkout/{id}",
        "shop_checkout",
        TAG,
        "A checkout in the demo shop",
        "The same page again, so that a checkout has an address that can be reloaded, and returned to from a bank.",
        _PAGE,
        ("unknown_drop", "unknown_checkout", "pages_not_built"),
    ),
    Operation(
        "get",
        "/shop/{drop}/orders/{id}",
        "shop_order",
        TAG,
        "An order in the demo shop",
        "The same page again, so that a receipt has an address.",
        _PAGE,
        ("unknown_drop", "unknown_order", "pages_not_built"),
    ),
    Operation(
        "get",
        "/console",
        "console_page",
        TAG,
        "The console",
        "The page of merchant and on-call, the same for everybody; who may see and do what, the API says.",
        _PAGE,
        ("pages_not_built",),
    ),
    Operation(
        "get",
        "/assets/{file}",
        "asset",
        TAG,
        "Scripts and styles of the pages",
        "A name with a digest in it never changes its content. `race.js` is the script that shops embed.",
        {200: Told("The file.", None, media_type="text/javascript"), 304: Told("The client has it already.", None)},
        ("unknown_asset",),
    ),
)  # fmt: skip
