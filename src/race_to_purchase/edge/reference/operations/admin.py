"""What an operator sees and does."""

from __future__ import annotations

from race_to_purchase.edge import shapes
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.operation import ANY_BUYER, SECURED, STORED, WITH_BODY, Operation, Told
from race_to_purchase.operate.findings import OpenFindings
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.rows import Finding

TAG = "Operating"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get",
        "/v1/admin/inbox",
        "show_inbox",
        TAG,
        "Look into the inbox",
        "Messages of gateways that are not done, counted, with the first hundred of one state: those that wait, those "
        "about nothing that we know, which are tried again for three days, and those that were left after that.",
        {200: Told("What is there.", shapes.InboxView, examples.INBOX)},
        ("invalid_input", *SECURED, *ANY_BUYER, *STORED),
        role="viewer",
        query=("state",),
    ),
    Operation(
        "put",
        "/v1/admin/drops/{drop}",
        "put_drop",
        TAG,
        "Create or change a drop",
        "The whole definition, in one object or in the tables of a drop file: `drop`, `items`, `promos` and `door`. "
        "Stock may grow and shrink while the sale runs, but never below what is held and sold; currency and flow are "
        "fixed once the drop exists. `id` may be left out.",
        {
            200: Told("The drop as it is now.", Drop, examples.DROP),
            201: Told("The drop was created.", Drop, examples.DROP),
        },
        ("stock_below_use", "field_is_fixed", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="admin",
        body=Drop,
        example=examples.DROP,
    ),
    Operation(
        "get",
        "/v1/admin/drops",
        "list_drops",
        TAG,
        "List the drops",
        "The newest opening first.",
        {200: Told("All drops.", shapes.Drops, examples.DROPS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "get",
        "/v1/admin/drops/{drop}",
        "watch_drop",
        TAG,
        "Watch a drop",
        "The definition, and the exact counts of everything that it limits.",
        {200: Told("The drop and its counts.", shapes.WatchedDrop, examples.WATCHED)},
        ("unknown_drop", *SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "post",
        "/v1/admin/drops/{drop}/close",
        "close_drop",
        TAG,
        "Close a drop",
        "No new checkouts from now on; those that exist may still be paid. Harmless when repeated.",
        {200: Told("The closed drop.", Drop, examples.DROP)},
        ("unknown_drop", *SECURED, *ANY_BUYER, *STORED),
        role="operator",
    ),
    Operation(
        "get",
        "/v1/admin/gateways",
        "list_gateways",
        TAG,
        "Watch the payment gateways",
        "Whether each is drained; and its answers, declines, latency, queue and circuit breaker, as the one process "
        "sees them that answers this request.",
        {200: Told("All gateways.", shapes.Gateways, examples.GATEWAYS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "put",
        "/v1/admin/gateways/{gateway}",
        "drain_gateway",
        TAG,
        "Drain a payment gateway, or use it again",
        "Within about a second no process begins a payment there; what was begun is finished, captured and refunded "
        "there all the same.",
        {200: Told("The gateway.", shapes.WatchedGateway, examples.GATEWAY)},
        ("unknown_gateway", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="operator",
        body=shapes.GatewayUse,
        example=examples.GATEWAY_USE,
    ),
    Operation(
        "get",
        "/v1/admin/ledger/balance",
        "ledger_balance",
        TAG,
        "Look at the books",
        "What every account of the ledger was moved by, and the trial balance: debits and credits are the same in "
        "every currency, or `balanced` is false.",
        {200: Told("The balances.", shapes.TrialBalance, examples.TRIAL_BALANCE)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "get",
        "/v1/admin/findings",
        "list_findings",
        TAG,
        "List the findings",
        "What reconciliation has found to differ, where it is open or being repaired, and how far it is behind.",
        {200: Told("Findings, at most 500.", OpenFindings, examples.FINDINGS)},
        (*SECURED, *ANY_BUYER, *STORED),
        role="viewer",
    ),
    Operation(
        "post",
        "/v1/admin/findings/{finding}/close",
        "close_finding",
        TAG,
        "Close a finding",
        "It was dealt with, or can be lived with. One that is being repaired, or has ended, stays as it is.",
        {200: Told("The finding as it is now.", Finding, {**examples.FINDING, "state": "closed"})},
        ("unknown_finding", *SECURED, *ANY_BUYER, *WITH_BODY, *STORED),
        role="operator",
        body=shapes.ClosedFor,
        example=examples.CLOSED_FOR,
    ),
)  # fmt: skip
