"""Lines, passes and grants on their way into a decision and out of it, as JSON whose names are those of the columns."""

from __future__ import annotations

from typing import Any

import msgspec

from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassRow
from race_to_purchase.rules.snapshot import Keys, LineTables, Table
from race_to_purchase.store.statements import statement

_lines = msgspec.json.Decoder(list[LineRow]).decode
_passes = msgspec.json.Decoder(list[PassRow]).decode
_grants = msgspec.json.Decoder(list[GrantRow]).decode
_encode = msgspec.json.Encoder().encode


async def read_line(connection: Any, keys: Keys) -> LineTables:
    """What `keys` name of lines."""
    passes, grants = sorted(keys.passes), sorted(keys.grants)
    row = await connection.fetchrow(
        statement("read_line"),
        sorted(keys.lines),
        [drop_id for drop_id, _ in passes],
        [tid for _, tid in passes],
        [drop_id for drop_id, _ in grants],
        [id_ for _, id_ in grants],
    )
    return LineTables(
        {line.drop_id: line for line in _lines(row["lines"])},
        {(one.drop_id, one.tid): one for one in _passes(row["passes"])},
        {(one.drop_id, one.id): one for one in _grants(row["grants"])},
    )


def changes_of_line(line: LineTables) -> list[str]:
    """What was put and what goes, as the parameters of `write_line`."""
    tables: tuple[Table[Any, Any], ...] = (line.lines, line.passes, line.grants)
    changes = [_encode(rows).decode() for table in tables for rows in (table.inserts(), table.updates())]
    return [*changes, _encode(list(line.gone.values())).decode()]
