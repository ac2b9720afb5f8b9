"""Every operation of the API as a table, one module a tag; the reference lists the tags in this order."""

from race_to_purchase.edge.reference.operation import Operation
from race_to_purchase.edge.reference.operations import (
    aftersale,
    buying,
    carts,
    challenges,
    console,
    health,
    keys,
    line,
    measuring,
    operating,
    pages,
    plain,
    sale,
    telling,
)

OPERATIONS: tuple[Operation, ...] = (
    *sale.OPERATIONS,
    *challenges.OPERATIONS,
    *line.OPERATIONS,
    *carts.OPERATIONS,
    *buying.OPERATIONS,
    *aftersale.OPERATIONS,
    *telling.OPERATIONS,
    *operating.OPERATIONS,
    *keys.OPERATIONS,
    *console.OPERATIONS,
    *measuring.OPERATIONS,
    *health.OPERATIONS,
    *pages.OPERATIONS,
    *plain.OPERATIONS,
)
