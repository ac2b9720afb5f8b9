"""What a database's schema `race` is made of, by the catalogs of PostgreSQL itself, as lines that can be compared."""

from __future__ import annotations

import asyncpg

QUERIES = {
    "tables": """
        SELECT relname, relkind::text, reloptions FROM pg_class
        WHERE relnamespace = 'race'::regnamespace AND relkind <> 'i' ORDER BY relname""",
    "columns": """
        SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
               a.attgenerated::text, l.collname, pg_get_expr(d.adbin, d.adrelid), a.attstorage::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'race'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relkind IN ('r', 'p', 'c', 'S', 'v', 'm') ORDER BY 1, 2""",
    "indexes": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'race' ORDER BY indexname""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE connamespace = 'race'::regnamespace ORDER BY 1, 2""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'race'::regnamespace ORDER BY proname, oid::regprocedure::text""",
    "triggers": """
        SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE c.relnamespace = 'race'::regnamespace AND NOT tgisinternal ORDER BY 1""",
    "types": """
        SELECT t.typname, t.typtype::text, array(
            SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
        FROM pg_type t WHERE typnamespace = 'race'::regnamespace ORDER BY typname""",
}


async def catalog(dsn: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in `race`, kind by kind, but for the table of the migrations themselves."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "race"})
    try:
        found = {kind: [tuple(row) for row in await connection.fetch(query)] for kind, query in QUERIES.items()}
    finally:
        await connection.close()
    return {kind: [row for row in rows if "migration" not in str(row)] for kind, rows in found.items()}
