-- settled_orders: the ids of the next $3 orders after $1 up to and with $2, for their settlement.
SELECT id::text FROM orders WHERE id > $1::uuid AND id <= $2::uuid ORDER BY id LIMIT $3
