"""Every operation of the API as a table, one module a tag; the reference lists the tags in this order."""

from race_to_purchase.edge.reference.operation import Operation
from race_to_purchase.edge.reference.operations import (
    admin,
    aftersale,
    carts,
    challenges,
    checkouts,
    console,
    drops,
    health,
    keys,
    line,
    pages,
    plain,
    rum,
    webhooks,
)

OPERATIONS: tuple[Operation, ...] = (
    *drops.OPERATIONS,
    *challenges.OPERATIONS,
    *line.OPERATIONS,
    *carts.OPERATIONS,
    *checkouts.OPERATIONS,
    *aftersale.OPERATIONS,
    *webhooks.OPERATIONS,
    *admin.OPERATIONS,
    *keys.OPERATIONS,
    *console.OPERATIONS,
    *rum.OPERATIONS,
    *health.OPERATIONS,
    *pages.OPERATIONS,
    *plain.OPERATIONS,
)
