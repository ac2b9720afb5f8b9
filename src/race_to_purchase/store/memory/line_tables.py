"""Lines, passes and grants in memory, as decisions read and write them."""

from __future__ import annotations

from race_to_purchase.ports import Conflict
from race_to_purchase.rules.line.rows import GrantRow, LineRow, PassRow
from race_to_purchase.rules.snapshot import Keys, LineTables
from race_to_purchase.store.memory.tables import check_versions, pick, write


class KeptLines:
    """The tables."""

    def __init__(self) -> None:
        self.lines: dict[str, LineRow] = {}
        self.passes: dict[tuple[str, str], PassRow] = {}
        self.grants: dict[tuple[str, str], GrantRow] = {}

    def read(self, keys: Keys) -> LineTables | None:
        """Those of the rows that exist; None where nothing of a line is asked for."""
        if not keys.of_line:
            return None
        return LineTables(pick(self.lines, keys.lines), pick(self.passes, keys.passes), pick(self.grants, keys.grants))

    def check(self, changes: LineTables | None) -> None:
        """Conflict where somebody was faster; changes nothing."""
        if changes is None:
            return
        check_versions(changes.lines, self.lines)
        check_versions(changes.passes, self.passes)
        check_versions(changes.grants, self.grants)
        for key, row in changes.gone.items():
            there = self.passes.get(key)
            if there is None or there.version != row.version:
                raise Conflict(f"pass {key} was changed meanwhile")

    def write(self, changes: LineTables | None) -> None:
        """Everything that was put, after `check` let it pass."""
        if changes is None:
            return
        write(changes.lines, self.lines)
        write(changes.passes, self.passes)
        write(changes.grants, self.grants)
        for key in changes.gone:
            del self.passes[key]
