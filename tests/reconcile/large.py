"""A large sale, written straight into the tables: a thousand purchases a second, and some of unknown outcome."""

from __future__ import annotations

import asyncpg

_SOME = """
    WITH sold AS (
        SELECT i, (lpad(to_hex(((extract(epoch FROM now()) - 900 - $2::int + i / 1000.0) * 1000)::bigint), 12, '0')
                   || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid AS id,
               now() - make_interval(secs => 900 + $2 - i / 1000.0) AS at,
               i % 100 = 0 AND $3::boolean AS unknown, 'buyer-' || i AS buyer
        FROM generate_series(1, $1::int) AS i
    )"""
_ROWS = [
    """INSERT INTO checkout (id, drop_id, buyer, state, quote, claims, deadline, created_at, live_n, history)
    SELECT id, 'aurora', buyer, CASE WHEN unknown THEN 'lapsed' ELSE 'paid' END,
           '{"currency":"EUR","lines":[{"item":"lace","quantity":1,"unit_price":500,"discount":0,"total":500}],'
           || '"subtotal":500,"discount":0,"total":500}',
           jsonb_build_object('hold', jsonb_build_object('aurora/item/lace', 1), 'commit', jsonb_build_object()),
           at + interval '5 min', at, 1, '' FROM sold""",
    """INSERT INTO attempt (checkout_id, n, gateway, state, key, method, amount, currency, fence, began_at, gateway_ref)
    SELECT id, 1, 'sandbox', CASE WHEN unknown THEN 'unknown' ELSE 'captured' END, id::text, 'pm_approved', 500, 'EUR',
           0, at, CASE WHEN unknown THEN NULL ELSE 'sbx_' || id END FROM sold""",
    """INSERT INTO orders (id, drop_id, buyer, amount, currency, gateway, gateway_ref, attempt_n, placed_at)
    SELECT id, 'aurora', buyer, 500, 'EUR', 'sandbox', 'sbx_' || id, 1, at FROM sold WHERE NOT unknown""",
    """INSERT INTO journal (order_id, entry, kind, at, currency, accounts, amounts)
    SELECT id, 0, 'sale', at, 'EUR', ARRAY['receivable:sandbox', 'revenue:aurora'], ARRAY[500, -500]
    FROM sold WHERE NOT unknown""",
    """INSERT INTO task (id, kind, drop_id, checkout_id, n, due_at)
    SELECT id || '/1/payment', 'resolve', 'aurora', id, 1, now() + interval '1 h' FROM sold WHERE unknown""",
    """INSERT INTO sandbox.payment (ref, reference, amount, currency, method, state, captured, created_at)
    SELECT 'sbx_' || id, id || '/1', 500, 'EUR', 'pm_approved', CASE WHEN unknown THEN 'authorized' ELSE 'captured' END,
           CASE WHEN unknown THEN 0 ELSE 500 END, at FROM sold""",
]


async def fill(dsn: str, purchases: int, *, unknown: bool) -> int:
    """Write `purchases` of the last quarter of an hour, each hundredth unknown; how many those are.

    The sale must be open, with nothing sold yet.
    """
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "race", "synchronous_commit": "off"})
    lost = purchases // 100 if unknown else 0
    try:
        await connection.execute("UPDATE pool SET capacity = 10000000 WHERE id = 'aurora/item/lace'")
        async with connection.transaction():  # In which `now()` stays the same, and so do the ids that are made of it.
            for insert in _ROWS:
                await connection.execute(_SOME + insert, purchases, purchases // 1000, unknown)
        sold = "UPDATE pool SET sold = sold + $1 WHERE id = 'aurora/item/lace'"
        await connection.execute(sold, purchases - lost)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return lost
