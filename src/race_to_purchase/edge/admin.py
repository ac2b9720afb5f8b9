"""The operator's requests: put a drop, list drops, watch one, close one."""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.edge.body import ill_formed
from race_to_purchase.edge.call import Call
from race_to_purchase.edge.problems import invalid
from race_to_purchase.edge.shapes import Drops, PoolCounts, StoredDrop, WatchedDrop
from race_to_purchase.operate.drops import Catalogue
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.drop import Drop
from race_to_purchase.rules.outcomes import Unknown

_JSON_OBJECT = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode


class DropsAdmin:
    """Handlers of `/v1/admin/drops`; all of them speak to `Catalogue` alone."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def put(self, call: Call) -> Answer:
        """PUT /v1/admin/drops/{drop}: the whole definition. The same one twice changes nothing."""
        assert call.principal is not None
        return answer(await self._catalogue.put(definition(call), by=call.principal.name))

    async def all(self, call: Call) -> Answer:
        """GET /v1/admin/drops."""
        rows = await self._catalogue.all()
        return Answer(200, _encode(Drops(tuple(StoredDrop(row.definition, row.closed_at) for row in rows))))

    async def show(self, call: Call) -> Answer:
        """GET /v1/admin/drops/{drop}: with the counts of everything that it limits but its buyers' limits."""
        drop_id = call.drop()
        found = await self._catalogue.drop(drop_id)
        if found is None:
            return answer(Unknown("drop", drop_id))
        counts = tuple(
            PoolCounts(pool.id, pool.kind, pool.capacity, pool.held, pool.sold) for pool in found.pools.values()
        )
        return Answer(200, _encode(WatchedDrop(found.row.definition, found.row.closed_at, found.now, counts)))

    async def close(self, call: Call) -> Answer:
        """POST /v1/admin/drops/{drop}/close. Closing twice changes nothing, so no key is needed."""
        assert call.principal is not None
        return answer(await self._catalogue.close(call.drop(), by=call.principal.name))


def definition(call: Call) -> Drop:
    """The drop in the body; its id is that of the path, whether the body repeats it or not."""
    drop_id = call.path["drop"]
    fields = _in_one(call.decoded(_JSON_OBJECT))
    if fields.setdefault("id", drop_id) != drop_id:
        raise invalid("id", f"The path names the drop {drop_id!r}.")
    try:
        return msgspec.convert(fields, Drop)
    except msgspec.ValidationError as error:
        raise ill_formed(error, Drop) from None


def _in_one(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a drop, which may come in the tables of a drop file: `drop`, and `items`, `promos` and `door`."""
    if "drop" not in given:
        return given
    table = given.pop("drop")
    if not isinstance(table, dict):
        raise invalid("drop", "What stands in a drop file's table `drop` is an object.")
    for name in given.keys() & table.keys():
        raise invalid(f"drop.{name}", f"`{name}` stands in `drop`, and beside it.")
    return table | given
