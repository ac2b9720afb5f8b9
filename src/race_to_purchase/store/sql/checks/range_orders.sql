-- range_orders: the last of the next $2 orders after $1, so that checks can read them range by range.
SELECT id::text FROM (SELECT id FROM orders WHERE id > $1::uuid ORDER BY id LIMIT $2) AS next
ORDER BY id DESC LIMIT 1
